"""Commands that open and save: recipes, structures, datasets, recent files, recovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.gui.document.opening import STRUCTURE_PATTERNS, recipe_of
from app.gui.document.sections import with_values
from app.gui.document.usual import with_usual
from app.gui.frame.start_thumbnails import CLASSES_RECIPE
from app.gui.menus import RECENT
from sim.recipe.model import Recipe
from sim.recipe.toml import load_recipe

if TYPE_CHECKING:
    from app.gui.document.autosave import Leftover
    from app.gui.window import MainWindow

RECIPES = "Recipes (*.toml)"
#: Left-over autosaves that the window offers by itself.
MOST_OFFERED = 4
EVERYTHING = f"Recipes, structures and datasets (*.toml *.json *.jsonl {STRUCTURE_PATTERNS});;All files (*)"
STRUCTURES = f"Structures ({STRUCTURE_PATTERNS});;All files (*)"


class FileCommands:
    """Open, save, recent files, recovery, and what is dropped on the window."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    # --- opening -----------------------------------------------------------------------------

    def new(self) -> None:
        """A recipe of shipped defaults."""
        if self.may_discard():
            self._begin(Recipe(), None)

    def open(self) -> None:
        """Choose files and open them."""
        self._choose("Open", EVERYTHING)

    def load_structures(self) -> None:
        """Choose structure files for the present recipe."""
        self._choose("Load structures", STRUCTURES)

    def _choose(self, title: str, patterns: str) -> None:
        names, _ = QFileDialog.getOpenFileNames(
            self.window, title, self.window.choices.first_folder, patterns
        )
        if names:
            self.open_paths([Path(name) for name in names])

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open whatever the paths are: a recipe, a dataset's recipe, or structures into this recipe."""
        window = self.window

        def work() -> None:
            opened = recipe_of(list(paths), window.document.recipe)
            if opened.new_document:
                if not self.may_discard():
                    return
                self._begin(opened.recipe, opened.path)
            else:
                window.document.replace(opened.recipe, label=opened.label)
                window.show_start_page(False)
                window.request()
            window.recent.add(*paths)
            window.choices.remember_folder(paths[0].parent)
            self.update_recent()

        self.window.notices.guard("Open", work)

    def open_shipped(self, name: str) -> None:
        """A recipe that comes with the program, as a new document."""

        def work() -> None:
            if self.may_discard():
                self._begin(load_recipe(name), None)

        self.window.notices.guard("Open", work)

    def open_classes(self, geometry: str) -> None:
        """The shipped recipe of all Au55 clusters, with one of the classes in front."""

        def work() -> None:
            if self.may_discard():
                self._begin(load_recipe(CLASSES_RECIPE), None)
                self.window.preview.choose_class(geometry)

        self.window.notices.guard("Open", work)

    def begin_with(self, values: Mapping[str, Any], *, name: str) -> None:
        """A recipe of shipped defaults in which some settings are others, with what goes with them."""
        if self.may_discard():
            usual = Recipe(name=name)
            self._begin(with_values(usual, with_usual(usual, values)), None)

    def show_start_page(self) -> None:
        """The start page; the recipe stays."""
        self.window.show_start_page(True)

    def _begin(self, recipe: Recipe, path: Path | None) -> None:
        window = self.window
        window.document.new(recipe, path)
        window.preview.reset_selection()
        window.show_start_page(False)
        window.request()

    def update_recent(self) -> None:
        """Fill the menu of recent files; missing ones are greyed."""
        menu = self.window.menus_by_name[RECENT]
        menu.clear()
        for entry in self.window.recent.entries():
            action = menu.addAction(str(entry.path.name))
            action.setToolTip(str(entry.path))
            action.setStatusTip(str(entry.path))
            action.setEnabled(not entry.missing)
            action.triggered.connect(lambda *_, path=entry.path: self.open_paths([path]))
        menu.setEnabled(not menu.isEmpty())
        if menu.isEmpty():
            return
        menu.addSeparator()
        clear = menu.addAction("&Clear list")
        clear.setObjectName("recent.clear")
        clear.setStatusTip("Forget the recent files; the files stay.")
        clear.triggered.connect(lambda *_: self.clear_recent())

    def clear_recent(self) -> None:
        """Forget the recent files."""
        self.window.recent.clear()
        self.update_recent()
        if self.window.on_start_page:
            self.window.show_start_page(True)

    # --- saving ------------------------------------------------------------------------------

    def save(self) -> bool:
        """Save; whether the recipe is saved now."""
        if self.window.document.path is None:
            return self.save_as()
        return self._save(self.window.document.path)

    def save_as(self) -> bool:
        """Choose a name and save."""
        window = self.window
        start = window.document.path or Path(window.choices.first_folder) / (
            f"{window.document.recipe.name or 'recipe'}.toml"
        )
        name, _ = QFileDialog.getSaveFileName(window, "Save recipe", str(start), RECIPES)
        if not name:
            return False
        path = Path(name)
        return self._save(path if path.suffix else path.with_suffix(".toml"))

    def _save(self, path: Path) -> bool:
        def work() -> None:
            self.window.document.save(path)
            self.window.recent.add(path)
            self.window.choices.remember_folder(path.parent)
            self.update_recent()
            self.window.status.say(f"saved {path}")

        return self.window.notices.guard("Save", work)

    def may_discard(self) -> bool:
        """Whether the present recipe may go: saved, not changed, or the user says so."""
        document = self.window.document
        if not document.dirty or not self.window.preferences.confirm_discard:
            return True
        answer = QMessageBox.question(
            self.window,
            "Unsaved changes",
            f"Save the changes to {document.title}?",
            QMessageBox.StandardButton.Save
            | QMessageBox.StandardButton.Discard
            | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Save,
        )
        if answer == QMessageBox.StandardButton.Save:
            return self.save()
        return answer == QMessageBox.StandardButton.Discard

    def may_close(self) -> bool:
        """The same question when the window closes; what is given up does not come back at the next start."""
        document = self.window.document
        asks = document.dirty and self.window.preferences.confirm_discard
        if not self.may_discard():
            return False
        if asks and document.dirty:
            document.revert()
        return True

    def offer_recovery(self) -> None:
        """Offer what a program that ended without closing has left behind."""
        # The newest; the start page has all of them.
        for entry in self.window.autosaver.recoverable()[:MOST_OFFERED]:
            self._offer(entry)

    def _offer(self, entry: Leftover) -> None:
        self.window.notices.show_notice(
            f"Unsaved changes to {entry.title} from {entry.saved_at:%d %B, %H:%M} were found.",
            [
                ("Restore", partial(self.recover, entry)),
                ("Delete", partial(self.window.autosaver.forget, entry)),
            ],
            key=_recovery_key(entry),
        )

    def recover(self, entry: Leftover) -> None:
        """Bring back what a program that ended without closing has left behind."""

        def work() -> None:
            if self.may_discard():
                self.window.autosaver.restore(entry)
                self.window.show_start_page(False)
                self.window.request()

        self.window.notices.guard("Restore", work)
        if entry.folder.exists():
            self._offer(entry)
        else:
            self.window.notices.remove(_recovery_key(entry))


def _recovery_key(entry: Leftover) -> str:
    """What the notice that offers a left-over is about."""
    return f"recovery {entry.folder}"
