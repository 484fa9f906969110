"""The pane about the specimen: of atoms or of particles, whatever is imaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.gui.preview.results import Result
from app.gui.scene_statistics.pane import SceneStatisticsView
from sim.recipe.kinds import SPECIMENS

if TYPE_CHECKING:
    from app.gui.particle_statistics.pane import ParticleStatisticsView


class SpecimenStatistics(QStackedWidget):
    """One page for each yield of the specimen kinds.

    Attributes
    ----------
    atoms
        The page about atoms.

    Signals
    -------
    copied
        Something was copied to the clipboard (what).
    turned
        Another page is shown: its title.
    """

    copied = Signal(str)
    turned = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("specimen_statistics")
        self.atoms = SceneStatisticsView(self)
        self.atoms.copied.connect(self.copied)
        self.addWidget(self.atoms)
        self._particles: ParticleStatisticsView | None = None

    @property
    def particles(self) -> ParticleStatisticsView:
        """The page about particles, made when the first are imaged."""
        if self._particles is None:
            from app.gui.particle_statistics.pane import ParticleStatisticsView

            self._particles = ParticleStatisticsView(self)
            self._particles.copied.connect(self.copied)
            self.addWidget(self._particles)
        return self._particles

    def set_result(self, result: Result) -> None:
        """Count what is imaged, once the pane is open."""
        of_particles = SPECIMENS[result.job.specimen.kind].yields == "particles"
        page = self.particles if of_particles else self.atoms
        page.set_result(result)
        if page is not self.currentWidget():
            self.setCurrentWidget(page)
            self.turned.emit("Particles" if of_particles else "Atoms")

    def set_node(self, name: str) -> None:
        """The node that is chosen in the window."""
        self.atoms.set_node(name)

    def shutdown(self) -> None:
        """Stop counting."""
        self.atoms.shutdown()
        if self._particles is not None:
            self._particles.shutdown()
