"""Commands that change how things look; none of them changes the recipe."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.gui.structure.colouring import COLOURINGS, PARTICLE_COLOURINGS, ColourBy, ParticlesBy

if TYPE_CHECKING:
    from app.gui.window import MainWindow

MASK = "particle_mask"


class ViewCommands:
    """Camera, contrast, panes, theme."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    # --- camera ------------------------------------------------------------------------------

    def look_from(self, direction: str) -> None:
        """Look from one side, as ``+x``, towards the origin."""
        self.window.structure.view_along(direction)

    def along_beam(self) -> None:
        self.window.structure.along_beam()

    def fit(self) -> None:
        self.window.structure.fit()
        self.window.preview.fit()

    def set_perspective(self, on: bool) -> None:
        self.window.structure.set_perspective(on)

    def show_cell(self, on: bool) -> None:
        self.window.structure.show_cell = on

    def show_volumes(self, on: bool) -> None:
        self.window.structure.show_volumes = on

    def colour_atoms_by(self, what: ColourBy) -> None:
        self.window.structure.colour_by = what
        self.update_checks()

    def colour_particles_by(self, what: ParticlesBy) -> None:
        self.window.structure.colour_particles_by = what
        self.update_checks()

    # --- the image ---------------------------------------------------------------------------

    def auto_contrast(self, on: bool) -> None:
        self.window.preview.set_locked(not on)
        self.update_checks()

    def lock_levels(self, on: bool) -> None:
        self.window.preview.set_locked(on)
        self.update_checks()

    def set_clean(self, on: bool) -> None:
        preview = self.window.preview
        preview.set_display(replace(preview.display(), shown="clean" if on else "noisy"))

    def show_mask(self, on: bool) -> None:
        preview = self.window.preview
        display = preview.display()
        labels = display.labels | {MASK} if on else display.labels - {MASK}
        preview.set_display(replace(display, labels=frozenset(labels)))

    def show_scale_bar(self, on: bool) -> None:
        self.window.preview.show_scale_bar = on
        self.window.structure.show_scale_bar = on

    def hold_as_b(self, on: bool) -> None:
        self.window.preview.hold_as_b(on)

    def show_spectrum(self, on: bool) -> None:
        self._show("spectrum", on)

    def show_profile(self, on: bool) -> None:
        self.window.preview.show_profile_line(on)
        self._show("profile", on)

    def show_atoms(self, on: bool) -> None:
        self._show("atoms", on)

    def show_optics(self, on: bool) -> None:
        self._show("optics", on)

    def _show(self, name: str, on: bool) -> None:
        if on:
            self.window.show_pane(name)
        else:
            self.window.docks[name].hide()

    def update_checks(self) -> None:
        """Let the check marks of the menus say what is so."""
        window = self.window
        display = window.preview.display()
        truth = {
            "view.auto_contrast": display.levels == "auto",
            "view.lock_levels": display.levels == "locked",
            "view.clean": display.shown == "clean",
            "view.mask": MASK in display.labels,
            "view.fft": not window.docks["spectrum"].isHidden(),
            "view.profile": not window.docks["profile"].isHidden(),
            "view.perspective": window.structure.perspective,
            "view.cell": window.structure.show_cell,
            "view.volumes": window.structure.show_volumes,
            **{f"view.colour_by_{what}": window.structure.colour_by == what for what in COLOURINGS},
            **{
                f"view.colour_particles_by_{what}": window.structure.colour_particles_by == what
                for what in PARTICLE_COLOURINGS
            },
            "view.atoms": not window.docks["atoms"].isHidden(),
            "view.optics": not window.docks["optics"].isHidden(),
            "view.scale_bar": window.preview.show_scale_bar,
            "view.full_screen": window.isFullScreen(),
            "view.theme_system": window.preferences.theme == "system",
            "view.theme_light": window.preferences.theme == "light",
            "view.theme_dark": window.preferences.theme == "dark",
            "simulate.live": window.controller.enabled,
            "simulate.compare": window.preview.held,
        }
        for key, on in truth.items():
            window.actions_by_key[key].setChecked(on)

    # --- the window --------------------------------------------------------------------------

    def choose_theme(self, name: str) -> None:
        self.window.choices.change(theme=name)

    def full_screen(self, on: bool) -> None:
        if on:
            self.window.showFullScreen()
        else:
            self.window.showNormal()
