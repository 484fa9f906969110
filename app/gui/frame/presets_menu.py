"""The menu of noise presets: the shipped ones, with a mark at the one the recipe names."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from app.gui.document.wording import words_of
from sim.noise.presets import presets


class PresetsMenu(QObject):
    """Fills a menu, to which it belongs, and keeps its mark.

    Parameters
    ----------
    menu
        An empty menu, which owns the actions.
    chosen
        Gives the name of the recipe's preset; asked whenever the menu opens.
    choose
        Called with the name that the user picks.
    """

    def __init__(self, menu: QMenu, chosen: Callable[[], str], choose: Callable[[str], object]) -> None:
        super().__init__(menu)
        self.menu = menu
        self._chosen = chosen
        self._group = QActionGroup(menu)
        menu.setToolTipsVisible(True)
        for name, preset in presets().items():
            action = menu.addAction(words_of(name))
            action.setObjectName(f"preset.{name}")
            action.setToolTip(preset.text)
            action.setStatusTip(preset.text)
            action.setCheckable(True)
            action.setData(name)
            action.triggered.connect(lambda *_, picked=name: choose(picked))
            self._group.addAction(action)
        menu.aboutToShow.connect(self.update)

    def update(self) -> None:
        """Mark the recipe's preset."""
        name = self._chosen()
        # An exclusive group would keep the old mark where the recipe names a preset that is not shipped.
        self._group.setExclusionPolicy(QActionGroup.ExclusionPolicy.None_)
        for action in self._group.actions():
            action.setChecked(action.data() == name)
        self._group.setExclusionPolicy(QActionGroup.ExclusionPolicy.Exclusive)
