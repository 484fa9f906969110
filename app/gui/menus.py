"""Which command stands where: the menus and the toolbar, by the keys of the commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.gui.frame.aggregates import AGGREGATES
from app.gui.frame.clusters import CLUSTERS

#: Names of the menus that are filled while the program runs.
RECENT, PRESETS, PANES = "[recent]", "[presets]", "[panes]"

#: Titles and keys; ``-`` is a separator, a pair is a submenu: of keys, or of what fills it while it runs.
MENUS: Sequence[tuple[str, Sequence[Any]]] = (
    (
        "&File",
        (
            "file.new",
            "file.open",
            ("Open &recent", RECENT),
            "-",
            "file.save",
            "file.save_as",
            "-",
            "file.export_image",
            "file.export_structure_picture",
            "dataset.export",
            "-",
            "file.start_page",
            "-",
            "file.quit",
        ),
    ),
    (
        "&Edit",
        (
            "edit.undo",
            "edit.redo",
            "-",
            "edit.copy_image",
            "edit.copy_parameters",
            "edit.paste_parameters",
            "-",
            "edit.find",
            "edit.reset_section",
            "-",
            "edit.preferences",
        ),
    ),
    (
        "&View",
        (
            "view.plus_x",
            "view.plus_y",
            "view.plus_z",
            "view.minus_x",
            "view.minus_y",
            "view.minus_z",
            "view.along_beam",
            "-",
            "view.fit",
            "view.perspective",
            "view.cell",
            "view.volumes",
            (
                "Colour b&y",
                (
                    "view.colour_by_element",
                    "view.colour_by_object",
                    "view.colour_by_grain",
                    "view.colour_by_side",
                    "-",
                    "view.colour_particles_by_species",
                    "view.colour_particles_by_coordination",
                    "view.colour_particles_by_hetero",
                    "view.colour_particles_by_size",
                    "view.colour_particles_by_cluster",
                ),
            ),
            "-",
            "view.clean",
            "view.auto_contrast",
            "view.lock_levels",
            "view.mask",
            "view.scale_bar",
            "view.fft",
            "view.profile",
            "view.atoms",
            "view.optics",
            "-",
            ("Th&eme", ("view.theme_system", "view.theme_light", "view.theme_dark")),
            "view.full_screen",
        ),
    ),
    (
        "&Structure",
        (
            *(cluster.command for cluster in CLUSTERS),
            ("&Hetero-aggregate", tuple(aggregate.command for aggregate in AGGREGATES)),
            "structure.load",
            "-",
            "structure.view_as_beam",
            "structure.random",
            "structure.rotate",
        ),
    ),
    (
        "S&imulate",
        (
            "simulate.refresh",
            "simulate.live",
            "-",
            "simulate.previous",
            "simulate.next",
            "simulate.new_seed",
            "-",
            "simulate.compare",
            ("N&oise preset", PRESETS),
        ),
    ),
    (
        "&Dataset",
        (
            "dataset.sweep",
            "dataset.export",
            "-",
            "dataset.pause",
            "dataset.resume",
            "dataset.cancel",
            "-",
            "dataset.verify",
            "dataset.folder",
        ),
    ),
    ("&Window", (("&Panes", PANES), "-", "window.reset_layout")),
    (
        "&Help",
        (
            "help.shortcuts",
            "help.palette",
            "help.whats_this",
            "-",
            "help.theory",
            "-",
            "help.logs",
            "help.diagnostics",
            "-",
            "help.about",
        ),
    ),
)

TOOLBAR = (
    "file.open",
    "file.save",
    "-",
    "edit.undo",
    "edit.redo",
    "-",
    "view.plus_x",
    "view.plus_y",
    "view.plus_z",
    "view.along_beam",
    "view.fit",
    "view.perspective",
    "structure.view_as_beam",
    "-",
    "view.fft",
    "view.profile",
    "-",
    "simulate.new_seed",
    "simulate.live",
    "-",
    "dataset.export",
)
