"""The user's preferences in the running window: kept, saved, and put into effect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.gui.document.preferences import Preferences, change_preferences, load_preferences
from app.gui.frame import theme

if TYPE_CHECKING:
    from app.gui.window import MainWindow


class UserChoices:
    """Owner of the preferences.

    Parameters
    ----------
    preferences
        What to use instead of the file's, for tests.
    """

    def __init__(self, window: MainWindow, preferences: Preferences | None = None) -> None:
        self._window = window
        #: Why the file's preferences could not be used; empty if they could.
        self.fault = ""
        if preferences is None:
            preferences, self.fault = load_preferences()
        self.preferences: Preferences = preferences

    def change(self, **values: Any) -> None:
        """Change some preferences."""
        self.take(self.preferences.model_copy(update=values))

    def take(self, preferences: Preferences) -> None:
        """Use these preferences from now on, and remember them."""
        if preferences == self.preferences:
            return
        before, self.preferences = self.preferences, preferences
        self.apply(before)
        changed = {name: value for name, value in preferences if value != getattr(before, name)}
        sentence = change_preferences(changed, preferences)
        if sentence:
            self._window.notices.show_notice(sentence, key="preferences")

    def apply(self, before: Preferences | None = None) -> None:
        """Put into effect what differs from ``before``; everything where that is None."""
        window, now = self._window, self.preferences

        def differs(name: str) -> bool:
            return before is None or getattr(before, name) != getattr(now, name)

        if differs("theme"):
            theme.apply_theme(now.theme)
        if differs("structure_view"):
            window.structure.use_backend(now.structure_view)
        if differs("colour_map"):
            window.preview.set_display(replace(window.preview.display(), colour_map=now.colour_map))
        if differs("live_preview"):
            window.controller.set_enabled(now.live_preview)
        if differs("autosave") or differs("autosave_seconds"):
            window.set_autosave(now.autosave_seconds if now.autosave else 0.0)
        window.view.update_checks()

    def remember_folder(self, folder: Path) -> None:
        """Begin there the next time files are chosen."""
        self.change(last_folder=str(folder))

    @property
    def first_folder(self) -> str:
        """Where choosing a file begins."""
        last = self.preferences.last_folder
        return last if last and Path(last).is_dir() else str(Path.home())
