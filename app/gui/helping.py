"""Commands of the help menu, and the preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWhatsThis

from app.gui.frame.logs import open_log_folder

if TYPE_CHECKING:
    from app.gui.window import MainWindow


class HelpCommands:
    """Dialogs that explain; each is imported when it is first asked for."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    def shortcuts(self) -> None:
        from app.gui.frame.shortcut_help import ShortcutHelp

        ShortcutHelp(self.window.actions_by_key, self.window).show()

    def palette(self) -> None:
        from app.gui.frame.command_palette import CommandPalette

        CommandPalette(self.window.actions_by_key, self.window).show()

    def whats_this(self) -> None:
        QWhatsThis.enterWhatsThisMode()

    def theory(self) -> None:
        from app.gui.frame.about import TheoryDialog

        TheoryDialog(self.window).show()

    def about(self) -> None:
        from app.gui.frame.about import AboutDialog

        AboutDialog(self.window).show()

    def open_logs(self) -> None:
        open_log_folder()

    def copy_diagnostics(self) -> None:
        QGuiApplication.clipboard().setText(self.diagnostics())
        self.window.status.say("copied the diagnostics")

    def diagnostics(self) -> str:
        """Versions, graphics and the last log lines as text."""
        from app.gui.frame.diagnostics import diagnostics

        result = self.window.result
        return diagnostics(
            renderer=self.window.structure.renderer_name, digest=result.digest if result else ""
        )

    def preferences(self) -> None:
        from app.gui.frame.preferences_dialog import PreferencesDialog

        dialog = PreferencesDialog(self.window.preferences, self.window)
        dialog.accepted.connect(lambda: self.window.choices.take(dialog.preferences()))
        dialog.show()
