"""Commands that change the recipe: undo, the specimen, the orientation, the seed, the clipboard."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication

from app.gui.document.sections import PRESET
from app.gui.frame.aggregates import BY_NAME
from app.gui.structure.beam import euler_of_view

if TYPE_CHECKING:
    from app.gui.preview.results import Result
    from app.gui.window import MainWindow

#: Decimals of the angles that a view gives, degrees.
ANGLE_DIGITS = 4


class EditCommands:
    """Every change is one step of the document's history."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        window.shown.connect(self._update_enabled)

    def undo(self) -> None:
        self.window.document.undo()

    def redo(self) -> None:
        self.window.document.redo()

    def find_parameter(self) -> None:
        """Put the keyboard into the search of the parameters."""
        self.window.show_pane("parameters")
        self.window.panel.focus_search()

    def reset_section(self) -> None:
        self.window.panel.reset_focused_section()

    # --- specimen, orientation, noise, seed --------------------------------------------------

    def choose_cluster(self, geometry: str) -> None:
        """Image one of the Au55 clusters.

        On the start page this begins the shipped recipe of all four with that class in front; in a
        recipe it sets the specimen.
        """
        window = self.window
        if window.on_start_page:
            window.files.open_classes(geometry)
            return

        def work() -> None:
            values: dict[str, Any] = {"specimen.kind": "cluster", "specimen.geometry": geometry}
            if geometry == "garzon":
                # The only form in which it is given.
                values["specimen.form"] = "relaxed"
            window.document.set_many(values, label=f"Au55 {geometry}")
            if window.document.vary("specimen.geometry") is not None:
                window.preview.choose_class(geometry)

        window.notices.guard("Structure", work)

    def choose_aggregate(self, name: str) -> None:
        """Image a hetero-aggregate, with all that goes with it, in one step.

        On the start page this begins a recipe of its own.
        """
        window = self.window
        aggregate = BY_NAME[name]

        def work() -> None:
            if window.on_start_page:
                window.files.begin_with(aggregate.values(), name=f"aggregates_{name}")
            else:
                window.document.set_many(aggregate.values(), label=aggregate.label)

        window.notices.guard("Structure", work)

    def use_view_as_beam(self) -> None:
        """Turn the specimen as the view shows it: every image then has this pose."""
        document = self.window.document
        turned = euler_of_view(self.window.structure.view_rotation())
        # No view is chosen finer than that by hand, and the numbers can be read in the panel.
        angles = {path: round(angle, ANGLE_DIGITS) for path, angle in turned.items()}
        values = {"pose.kind": "euler", **angles}
        self.window.notices.guard(
            "Orientation", lambda: document.set_many(values, label="View as beam direction")
        )

    def _update_enabled(self, result: Result) -> None:
        # Where the specimen has no pose there is none that a view could become.
        self.window.actions_by_key["structure.view_as_beam"].setEnabled(result.quaternion is not None)

    def random_orientation(self) -> None:
        """Random poses again."""
        document = self.window.document
        self.window.notices.guard(
            "Orientation", lambda: document.set("pose.kind", "random", label="Random orientation")
        )

    def orientation_by_numbers(self) -> None:
        """Show the numbers of the orientation."""
        self.window.show_pane("parameters")
        self.window.panel.reveal("pose.kind")

    def choose_preset(self, name: str) -> None:
        """Take a noise preset; what differed from the one before is dropped."""
        self.window.notices.guard("Noise preset", lambda: self.window.document.set(PRESET, name))

    def new_seed(self) -> None:
        """Another seed, nobody's favourite."""
        seed = secrets.randbelow(2**31)
        self.window.notices.guard("New seed", lambda: self.window.document.set("seed", seed))

    # --- the clipboard -----------------------------------------------------------------------

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

        self.window.notices.guard("Paste parameters", work)
