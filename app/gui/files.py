"""Commands that bring recipes and structures in and write pictures and recipes out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.gui.document.opening import STRUCTURE_PATTERNS, recipe_of
from sim.core.errors import InputError, NanophantomError
from sim.recipe.model import Recipe
from sim.recipe.toml import load_recipe

if TYPE_CHECKING:
    from app.gui.window import MainWindow

RECIPES = "Recipes (*.toml)"
EVERYTHING = f"Recipes, structures and datasets (*.toml *.json *.jsonl {STRUCTURE_PATTERNS})"
IMAGES = (
    "Picture as shown (*.png *.tif *.tiff)",
    "Values, 32-bit TIFF, unscaled (*.float.tif)",
    "Values (*.npy)",
)
#: The recipe behind the cards of the start page.
CLASSES_RECIPE = "au55_four_classes"


class FileCommands:
    """Open, save, recent files, recovery, drag and drop, pictures, clipboard."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    # --- opening -----------------------------------------------------------------------------

    def new(self) -> None:
        """A recipe of shipped defaults."""
        if self.may_discard():
            self._begin(Recipe(), None)

    def open(self) -> None:
        """Choose files and open them."""
        patterns = (
            f"Recipes, structures and datasets (*.toml *.json *.jsonl {STRUCTURE_PATTERNS});;All files (*)"
        )
        names, _ = QFileDialog.getOpenFileNames(
            self.window, "Open", self.window.choices.first_folder, patterns
        )
        if names:
            self.open_paths([Path(name) for name in names])

    def load_structures(self) -> None:
        """Choose structure files for the present recipe."""
        patterns = f"Structures ({STRUCTURE_PATTERNS});;All files (*)"
        names, _ = QFileDialog.getOpenFileNames(
            self.window, "Load structures", self.window.choices.first_folder, patterns
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
            for path in paths:
                window.recent.add(path)
            window.choices.remember_folder(paths[0].parent)
            self.update_recent()

        self._guarded("Open", work)

    def open_shipped(self, name: str) -> None:
        """A recipe that comes with the program, as a new document."""

        def work() -> None:
            if self.may_discard():
                self._begin(load_recipe(name), None)

        self._guarded("Open", work)

    def choose_cluster(self, geometry: str) -> None:
        """Image one of the Au55 clusters.

        On the start page this begins the shipped recipe of all four with that class in front; in a
        recipe it sets the specimen.
        """
        window = self.window

        def work() -> None:
            if window.on_start_page:
                if self.may_discard():
                    self._begin(load_recipe(CLASSES_RECIPE), None)
                    window.preview.choose_class(geometry)
                return
            values: dict[str, Any] = {"specimen.kind": "cluster", "specimen.geometry": geometry}
            if geometry == "garzon":
                values["specimen.form"] = "relaxed"
            window.document.set_many(values, label=f"Au55 {geometry}")
            if window.document.vary("specimen.geometry") is not None:
                window.preview.choose_class(geometry)

        self._guarded("Structure", work)

    def choose_icosahedron(self) -> None:
        self.choose_cluster("icosahedron")

    def choose_cuboctahedron(self) -> None:
        self.choose_cluster("cuboctahedron")

    def choose_decahedron(self) -> None:
        self.choose_cluster("decahedron")

    def choose_garzon(self) -> None:
        self.choose_cluster("garzon")

    def choose_preset(self, name: str) -> None:
        """Take a noise preset; what differed from the one before is dropped."""
        self._guarded("Noise preset", lambda: self.window.document.set("noise.preset", name))

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
        menu = self.window.menus_by_name["[recent]"]
        menu.clear()
        for entry in self.window.recent.entries():
            action = menu.addAction(str(entry.path.name))
            action.setToolTip(str(entry.path))
            action.setStatusTip(str(entry.path))
            action.setEnabled(not entry.missing)
            action.triggered.connect(lambda *_, path=entry.path: self.open_paths([path]))
        menu.setEnabled(not menu.isEmpty())

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

        return self._guarded("Save", work)

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
        for entry in self.window.autosaver.recoverable():
            self.window.notices.show_notice(
                f"Unsaved changes to {entry.title} from {entry.saved_at:%d %B, %H:%M} were found.",
                [
                    ("Restore", partial(self.recover, entry)),
                    ("Delete", partial(self.window.autosaver.forget, entry)),
                ],
                key=f"recovery {entry.folder}",
            )

    def recover(self, entry: Any) -> None:
        """Bring back what a program that ended without closing has left behind."""

        def work() -> None:
            if self.may_discard():
                self.window.autosaver.restore(entry)
                self.window.show_start_page(False)
                self.window.request()

        self._guarded("Restore", work)

    # --- pictures and clipboard --------------------------------------------------------------

    def export_image(self) -> None:
        """Write the image shown."""
        result = self.window.result
        if result is None:
            self.window.status.say("there is no image yet")
            return
        start = Path(self.window.choices.first_folder) / f"{result.job.image_id}.png"
        name, _ = QFileDialog.getSaveFileName(
            self.window, "Export image", str(start),
            ";;".join(IMAGES),
        )  # fmt: skip
        if name:
            self._guarded("Export image", lambda: self.write_image(Path(name)))

    def write_image(self, path: Path) -> None:
        """Write the image shown to a file; its name says how."""
        self.window.preview.export_picture(path)
        self.window.choices.remember_folder(path.parent)

    def export_structure_picture(self) -> None:
        """Write the picture of the 3D view, twice as large as on the screen."""
        start = Path(self.window.choices.first_folder) / "structure.png"
        name, _ = QFileDialog.getSaveFileName(
            self.window, "Export structure picture", str(start), "Pictures (*.png)"
        )
        if not name:
            return

        def work() -> None:
            path = Path(name) if Path(name).suffix else Path(name).with_suffix(".png")
            if not self.window.structure.grab_picture(2.0).save(str(path)):
                raise InputError(str(path), "cannot be written", remedy="choose another place or .png")
            self.window.status.say(f"wrote {path}")

        self._guarded("Export structure picture", work)

    def copy_image(self) -> None:
        """The view with the focus onto the clipboard: the 3D view, or the image."""
        if self.window.structure.hasFocus():
            QGuiApplication.clipboard().setImage(self.window.structure.grab_picture(2.0))
        else:
            self.window.preview.copy_picture()
        self.window.status.say("copied")

    def copy_parameters(self) -> None:
        """The recipe as JSON onto the clipboard."""
        QGuiApplication.clipboard().setText(self.window.document.parameters_json())
        self.window.status.say("copied the recipe as JSON")

    def paste_parameters(self) -> None:
        """The recipe on the clipboard in place of this one; undo brings it back."""
        text = QGuiApplication.clipboard().text()

        def work() -> None:
            self.window.document.paste_parameters(text)
            self.window.show_start_page(False)
            self.window.request()

        self._guarded("Paste parameters", work)

    def new_seed(self) -> None:
        """Another seed, nobody's favourite."""
        self._guarded("New seed", lambda: self.window.document.set("seed", secrets.randbelow(2**31)))

    def _guarded(self, title: str, work: Callable[[], object]) -> bool:
        """Do something; what the user can mend is said in a notice.  Whether it was done."""
        try:
            work()
        except NanophantomError as error:
            self.window.notices.show_notice(f"{title}: {error}", key=title)
            return False
        self.window.notices.remove(title)
        return True
