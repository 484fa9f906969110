"""The stage with a specimen on it: colours by what its spheres are, volumes, the chosen node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.gui.structure.colouring import (
    COLOURINGS,
    PARTICLE_COLOURINGS,
    ColourBy,
    ParticlesBy,
    colours_by,
    tinted,
)
from app.gui.structure.details import Details, LegendEntry
from app.gui.structure.scene import Scene
from app.gui.structure.stage import Stage


class SpecimenStage(Stage):
    """Draws a specimen with the volumes of its nodes; one node may be emphasised."""

    # Of the class, because the stage draws while it is made.
    _details = Details(Scene.empty())
    _colour_by: ColourBy = "element"
    _colour_particles_by: ParticlesBy = "species"
    _show_volumes = True
    _highlighted = ""
    #: The very object of that name, and not all members of the node.
    _only_one = False
    _shown: Scene | None = None

    @property
    def details(self) -> Details:
        """What is known of the specimen's parts."""
        return self._details

    @property
    def colour_by(self) -> ColourBy:
        """What the colours of atoms mean."""
        return self._colour_by

    @colour_by.setter
    def colour_by(self, wanted: ColourBy) -> None:
        if wanted not in COLOURINGS:
            raise ValueError(f"atoms are coloured by {', '.join(COLOURINGS)}, not by {wanted!r}")
        if wanted != self._colour_by:
            self._colour_by = wanted
            self._draw_anew()

    @property
    def colour_particles_by(self) -> ParticlesBy:
        """What the colours of particles mean."""
        return self._colour_particles_by

    @colour_particles_by.setter
    def colour_particles_by(self, wanted: ParticlesBy) -> None:
        if wanted not in PARTICLE_COLOURINGS:
            raise ValueError(f"particles are coloured by {', '.join(PARTICLE_COLOURINGS)}, not by {wanted!r}")
        if wanted != self._colour_particles_by:
            self._colour_particles_by = wanted
            self._draw_anew()
            self._show()

    @property
    def legend(self) -> tuple[LegendEntry, ...]:
        """What the colours on the stage mean, where the specimen says it."""
        own = self._details.colourings.get(self._colour_particles_by)
        return () if own is None else own.legend

    @property
    def show_volumes(self) -> bool:
        """Whether the outlines of the nodes' volumes, or the marks of a specimen's contacts, are drawn."""
        return self._show_volumes

    @show_volumes.setter
    def show_volumes(self, shown: bool) -> None:
        if shown != self._show_volumes:
            self._show_volumes = shown
            self._draw_anew()

    @property
    def highlighted(self) -> str:
        """Name of the node that is emphasised; empty for none."""
        return self._highlighted

    def highlight_node(self, name: str) -> None:
        """Emphasise all that a name stands for: every member of a node, everything in a group; "" nothing.

        A single member that was picked stays alone when its node is named.
        """
        if self._only_one and name and self._highlighted.partition("#")[0] == name:
            return
        self._emphasise(name, only_one=False)

    def look_state(self) -> dict[str, Any]:
        """How the specimen is shown, as plain values for a settings file."""
        return {
            "volumes": self._show_volumes,
            "colour_by": self._colour_by,
            "colour_particles_by": self._colour_particles_by,
        }

    def restore_look(self, state: Mapping[str, Any]) -> None:
        """Take up :meth:`look_state` again; what makes no sense is left alone."""
        if isinstance(state.get("volumes"), bool):
            self.show_volumes = state["volumes"]
        if state.get("colour_by") in COLOURINGS:
            self.colour_by = state["colour_by"]
        if state.get("colour_particles_by") in PARTICLE_COLOURINGS:
            self.colour_particles_by = state["colour_particles_by"]

    # inside

    def _emphasise(self, name: str, *, only_one: bool) -> None:
        if (name, only_one) != (self._highlighted, self._only_one):
            self._highlighted, self._only_one = name, only_one
            self._draw_anew()

    def _take(self, details: Details) -> None:
        """Another specimen, or the same with other names."""
        self._details = details
        self._scene = details.scene
        self._shown = None

    def _shown_scene(self) -> Scene:
        if self._shown is None:
            self._shown = self._made()
        return self._shown if self._show_cell else self._shown.without_cell()

    def _made(self) -> Scene:
        details = self._details
        own = details.colourings.get(self._colour_particles_by)
        colours = colours_by(self._colour_by, details) if own is None else own.colours
        numbers = details.numbers_of(self._highlighted, only_one=self._only_one)
        if numbers:
            atoms, strong = details.atoms_of(numbers), details.lines_of(numbers)
            colours = tinted(colours, atoms)
        else:
            strong = np.zeros(len(details.lines), dtype=np.bool_)
        drawn = strong if not self._show_volumes else np.ones(len(strong), dtype=np.bool_)
        if len(details.marked):
            strong = strong | details.marked
        return details.scene.coloured(colours).with_lines(details.lines[drawn], strong[drawn])

    def _draw_anew(self) -> None:
        self._shown = None
        super()._draw_anew()
