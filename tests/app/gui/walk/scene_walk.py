"""A new user's way through a scene, from the start page to a verified dataset, each step in a picture.

    python tests/app/gui/walk/scene_walk.py FOLDER [--theme dark] [--renderer gl] [--size 1280x800]

As in ``walk.py`` every step is done by mouse and keys on the real window, and what it should have done is
checked.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
for place in (str(HERE), str(ROOT)):
    if place not in sys.path:
        sys.path.insert(0, place)

import numpy as np  # noqa: E402
from PySide6.QtCore import QPoint, QPointF, QRect, Qt, QTimer  # noqa: E402
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import (  # noqa: E402
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)
from walk import Walk, walked  # noqa: E402

from app.gui.panels.slider import POSITIONS  # noqa: E402

#: Images of the dataset that is made.
IMAGES = 4
#: The recipe that is walked through, and where its nodes are.
RECIPE, TOP = "scene_twinned_gold", "specimen.nodes"
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class SceneWalk(Walk):
    """The steps, in order."""

    # --- the tree ----------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Nodes of the scene from the top down."""
        model = self.window.scene.editor.model
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def cell(self, name: str, column: int = 0) -> QRect:
        """Where a node stands in the tree."""
        tree = self.window.scene.editor.tree
        index = tree.model().index_of(f"{TOP}.{name}", column)
        assert index.isValid(), f"{name} is not in the tree"
        tree.scrollTo(index)
        return tree.visualRect(index)

    def choose_node(self, name: str) -> None:
        """Click a node in the tree."""
        tree = self.window.scene.editor.tree
        QTest.mouseClick(tree.viewport(), LEFT, NONE, self.cell(name).center())
        self.hand.settle()
        assert self.window.scene.editor.panel.path == f"{TOP}.{name}"
        self.window.scene.editor.panel.finish()

    def tick(self, name: str) -> None:
        """Click the tick of a node."""
        tree = self.window.scene.editor.tree
        cell = self.cell(name)
        QTest.mouseClick(tree.viewport(), LEFT, NONE, QPoint(cell.left() + 10, cell.center().y()))
        self.hand.settle()

    def value(self, path: str) -> object:
        """A setting of a node."""
        return self.window.document.value(f"{TOP}.{path}")

    def undo(self, says: str) -> None:
        """Ctrl+Z, with the focus on the image; the menu said before what it would take back."""
        assert says.lower() in self.undo_word().lower(), self.undo_word()
        self.window.preview.setFocus()
        self.hand.keys(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    # --- the steps ---------------------------------------------------------------------------

    def choose_scene(self) -> None:
        """A click on a shipped scene shows its image, its atoms and its nodes."""
        window, hand = self.window, self.hand
        hand.click(QAbstractButton, f"start.recipe.{RECIPE}")
        self.exact()
        assert window.document.value("specimen.kind") == "scene"
        assert window.scene.isVisible() and not window.docks["scene"].isHidden()
        assert self.names() == ["gold", "carbon"]
        assert window.result.sample.image.shape[0] > 400, "as large as the scene"
        hand.pause(0.3)
        self.picture("scene_chosen")

    def drag_radius(self) -> None:
        """The slider of a radius; images follow, and the film is made once."""
        window, hand = self.window, self.hand
        self.choose_node("gold")
        path = f"{TOP}.gold.volume.radius"
        slider = hand.find(QWidget, f"field.{path}.slider")
        hand.see(slider)
        before = window.document.value(path)
        made = self.films_made()
        self.drafts.clear()
        middle = slider.height() // 2
        left, width = slider._line()
        start = QPoint(round(left + width * slider.value() / POSITIONS), middle)
        hand.drag(slider, start, start + QPoint(2, 0), 60)
        self.exact()
        radius = window.document.value(path)
        assert radius > before and window.result.job.specimen.nodes[0].volume.radius == radius
        assert len(self.drafts) >= 2, "images follow the drag"
        assert self.films_made() == made, "the film is not made again while the particle changes"
        self.picture("radius_dragged")
        self.undo("radius")
        assert window.document.value(path) == before, "one drag is one step"
        window.document.redo()
        self.exact()

    def films_made(self) -> int:
        """How often amorphous atoms were added one by one."""
        return len(FILMS)

    def add_cluster(self) -> None:
        """A kind picked in the menu of the button."""
        window = self.window
        self.pick_kind("cluster")
        self.exact()
        assert self.names() == ["gold", "cluster", "carbon"], self.names()
        assert window.scene.editor.current_path() == f"{TOP}.cluster"
        assert self.undo_word() == "Undo Add cluster"
        self.picture("cluster_added")

    def pick_kind(self, word: str) -> None:
        """Open the menu of kinds by the mouse, and click one."""
        menu = self.window.scene.editor.bar.kinds

        def click() -> None:
            action = next(one for one in menu.actions() if one.objectName() == f"scene.add.{word}")
            self.picture("kinds", menu)
            QTest.mouseClick(menu, LEFT, NONE, menu.actionGeometry(action).center())

        self.in_menu(menu, click, lambda: self.hand.click(QToolButton, "scene.add"))

    def in_menu(self, menu: QMenu, work: Callable[[], None], opening: Callable[[], None]) -> None:
        """Do something in a menu that holds whoever opens it until it is closed."""
        done: list[bool] = []

        def later() -> None:
            if menu.isVisible():
                looking.stop()
                try:
                    work()
                    done.append(True)
                finally:
                    menu.close()

        looking = QTimer()
        looking.timeout.connect(later)
        looking.start(20)
        opening()
        self.hand.until(lambda: bool(done), "the menu was used", 10.0)

    def drag_above(self) -> None:
        """Drag the cluster to the top: it has the highest priority then."""
        window = self.window
        tree = window.scene.editor.tree
        first = self.cell("gold")
        self.drop_in_tree("cluster", QPoint(first.center().x(), first.top() + 1))
        self.hand.until(lambda: self.names()[0] == "cluster", "the cluster is on top", 5.0)
        assert self.value("cluster.priority") > self.value("gold.priority")
        assert self.undo_word() == "Undo Move cluster"
        assert tree.currentIndex().data() == "cluster"
        self.exact()
        self.picture("dragged_to_the_top")

    def drop_in_tree(self, name: str, place: QPoint) -> None:
        """Bring a node to a place of the tree and drop it: platforms without a screen drag nothing."""
        tree = self.window.scene.editor.tree
        data = tree.model().mimeData([tree.model().index_of(f"{TOP}.{name}")])
        action = Qt.DropAction.MoveAction
        for event in (
            QDragEnterEvent(place, action, data, LEFT, NONE),
            QDragMoveEvent(place, action, data, LEFT, NONE),
            QDropEvent(QPointF(place), action, data, LEFT, NONE),
        ):
            QApplication.sendEvent(tree.viewport(), event)
        self.hand.settle()

    def rename(self) -> None:
        """F2 and a name; double-clicking does the same."""
        window = self.window
        tree = window.scene.editor.tree
        QTest.mouseClick(tree.viewport(), LEFT, NONE, self.cell("cluster").center())
        tree.setFocus()
        QTest.keyClick(tree, Qt.Key.Key_F2)
        line = tree.findChild(QLineEdit)
        assert line is not None, "the name can be edited in place"
        line.selectAll()
        QTest.keyClicks(line, "seeds")
        QTest.keyClick(line, Qt.Key.Key_Return)
        self.hand.settle()
        assert self.names() == ["seeds", "gold", "carbon"]
        assert window.scene.editor.panel.path == f"{TOP}.seeds"
        self.exact()

    def count_and_vary(self) -> None:
        """Three of them, with other numbers of shells each."""
        window, hand = self.window, self.hand
        self.choose_node("seeds")
        path = f"{TOP}.seeds"
        hand.type(f"field.{path}.count", "3")
        shells = f"{path}.shells"
        hand.click(QToolButton, f"field.{shells}.vary.open")
        hand.choose(f"vary.{shells}.law", "uniform")
        hand.type(f"vary.{shells}.low", "1")
        hand.type(f"vary.{shells}.high", "3")
        hand.choose(f"vary.{shells}.per", "instance")
        self.exact()
        entry = window.document.vary(shells)
        assert entry is not None and entry.tree()["per"] == "instance"
        objects = window.result.sample.truth["objects"]
        assert objects == 5, f"{objects} objects: gold, three seeds, carbon"
        self.picture("shells_vary")

    def switch_off_and_on(self) -> None:
        """The tick of a node."""
        self.tick("gold")
        assert self.value("gold.enabled") is False, "the tick switches the node off"
        self.exact()
        assert "gold" not in self.shown_nodes()
        self.picture("gold_off")
        self.hand.pause(0.9)  # two changes of one setting at once are one step
        self.tick("gold")
        assert self.value("gold.enabled") is True
        self.exact()
        assert "gold" in self.shown_nodes()

    def shown_nodes(self) -> set[str]:
        """Nodes with atoms in the 3D view."""
        details = self.window.structure.details
        return {name for name in ("gold", "seeds", "carbon") if details.numbers_of(name)}

    def new_sample(self) -> None:
        """Another member of the distribution, and the recipe as it was."""
        window, hand = self.window, self.hand
        recipe, before = window.document.recipe, window.result.job.orientation_seed
        hand.click(QToolButton, "scene.new_sample")
        hand.until(lambda: window.result.job.orientation_seed != before, "another sample is shown")
        assert window.document.recipe == recipe
        self.picture("new_sample")

    def pick_atom(self) -> None:
        """A click on an atom in the 3D view chooses its node in the tree."""
        window = self.window
        self.choose_node("carbon")
        self.picture("carbon_chosen")
        self.click_atom_of("gold")
        assert window.scene.editor.current_path() == f"{TOP}.gold"
        assert window.structure.highlighted.partition("#")[0] == "gold"
        self.picture("atom_picked")

    def click_atom_of(self, name: str) -> None:
        """Click an atom of a node where nothing lies before it."""
        window = self.window
        structure = window.structure
        numbers = structure.details.numbers_of(name)
        atoms = np.flatnonzero(structure.details.atoms_of(numbers))
        size = structure.width(), structure.height()
        x, y, *_ = structure.camera.project(structure.scene.positions[atoms], *size)
        middle = np.argsort((x - np.mean(x)) ** 2 + (y - np.mean(y)) ** 2, kind="stable")
        canvas = structure.childAt(structure.rect().center()) or structure
        spot = QPoint(round(x[middle[0]]), round(y[middle[0]]))
        QTest.mouseClick(canvas, LEFT, NONE, canvas.mapFrom(structure, spot))
        self.hand.settle()

    def show_volumes(self) -> None:
        """The outlines of the volumes, off from the menu and on again by the key."""
        window = self.window
        before = window.structure.show_volumes
        self.hand.action("view.volumes")
        assert window.structure.show_volumes is not before
        self.picture("volumes_off")
        window.structure.setFocus()
        self.hand.keys(Qt.Key.Key_V)
        assert window.structure.show_volumes is before
        self.picture("volumes_on")

    def overlay(self) -> None:
        """The instance map over the image."""
        window, hand = self.window, self.hand
        button = hand.find(QToolButton, "preview.tools.overlays")
        menu = button.menu()

        def click() -> None:
            action = window.preview.tools.overlay_action("instance_map")
            self.picture("overlays", menu)
            QTest.mouseClick(menu, LEFT, NONE, menu.actionGeometry(action).center())

        self.in_menu(menu, click, lambda: hand.click(QToolButton, "preview.tools.overlays"))
        hand.until(lambda: "instance_map" in window.result.display.labels, "the map is shown")
        colours = {tuple(colour) for colour in window.result.picture.overlay.reshape(-1, 4)[::7]}
        assert len(colours) >= 4, "gold and three seeds each in a colour"
        self.picture("instance_map")

    def undo_several(self) -> None:
        """Back to the scene without seeds, and forward again."""
        window, hand = self.window, self.hand
        recipe = window.document.recipe
        for says in ("switch on", "switch off"):
            self.undo(f"{says} gold")
        assert self.value("gold.enabled") is True
        steps = 0
        while "seeds" in self.names() or "cluster" in self.names():
            self.undo("undo")
            steps += 1
            assert steps < 12, "it ends"
        assert self.names() == ["gold", "carbon"] and not window.document.vary(f"{TOP}.seeds.shells")
        self.exact()
        self.picture("undone")
        while window.document.can_redo:
            hand.keys(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        assert window.document.recipe == recipe
        self.exact()

    def crowd(self) -> None:
        """Fifty do not fit: a sentence at the node, the last image stays; five do."""
        window, hand = self.window, self.hand
        self.choose_node("seeds")
        before = window.result
        hand.type(f"field.{TOP}.seeds.count", "50")
        hand.until(lambda: self.problems(), "a sentence says that they do not fit")
        said = self.problems()[0]
        assert "finds no room" in said and "seeds" in said, said
        assert window.result is before, "the last image stays"
        self.picture("crowded")
        hand.type(f"field.{TOP}.seeds.count", "2")
        self.exact()
        assert not self.problems()
        self.picture("corrected")

    def problems(self) -> list[str]:
        """Sentences that can be read in the scene's pane."""
        found = window_labels(self.window.scene)
        return [label.text() for label in found if "problem" in label.objectName() and label.text()]

    def statistics(self) -> None:
        """Numbers about the atoms, and g(r)."""
        window, hand = self.window, self.hand
        hand.action("view.atoms")
        atoms = window.atoms
        hand.until(lambda: atoms.report is not None and atoms.plot.curve is not None, "everything is counted")
        hand.pause(0.3)
        self.picture("atoms")
        assert atoms.whose.count() == 2, "the chosen node's own g(r) is offered"
        hand.find(QWidget, "scene_statistics.whose").setFocus()
        QTest.keyClick(atoms.whose, Qt.Key.Key_Down)
        hand.until(lambda: atoms.plot.curve is not None, "g(r) of the node")
        self.picture("g_of_r_of_the_node")

    def other_kind(self) -> None:
        """To a cluster and back to the scene: the pane goes and comes, the size of the image follows."""
        window, hand = self.window, self.hand
        scene = window.document.recipe.specimen
        window.show_pane("parameters")
        hand.settle()
        hand.choose("field.specimen.kind", "cluster")
        self.exact()
        assert window.docks["scene"].isHidden(), "no scene, no tree"
        assert (window.document.value("image.width"), window.document.value("image.height")) == (128, 128)
        self.picture("cluster")
        hand.pause(0.9)  # as above
        hand.choose("field.specimen.kind", "scene")
        self.exact()
        assert not window.docks["scene"].isHidden() and window.scene.isVisible()
        assert window.document.value("image.width") == "auto"
        self.picture("begun_scene")
        for _ in range(2):
            window.preview.setFocus()
            hand.keys(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert window.document.recipe.specimen == scene
        self.exact()

    def export(self) -> None:
        """The export dialog says what will be made; four images; verified."""
        window, hand = self.window, self.hand
        hand.action("dataset.export")
        hand.until(lambda: window.datasets.dialog is not None, "the dialog opens")
        dialog: QDialog = window.datasets.dialog
        hand.type("export.name", "scene", confirm=False)
        hand.type("export.images", str(IMAGES))
        hand.until(
            lambda: (
                window.document.value("images") == IMAGES
                and not dialog.fault()
                and "with one worker" in dialog.expectation.text("time")
            ),
            "the dialog knows what will be made",
        )
        self.picture("export_dialog", dialog)
        hand.click(QPushButton, "export.export")
        hand.until(lambda: window.run_panel.outcome is not None, "the run ends", 120.0)
        outcome = window.run_panel.outcome
        assert outcome.state == "finished" and outcome.images >= IMAGES, outcome.sentence()
        self.picture("exported")
        hand.click(QPushButton, "run.verify")
        hand.until(lambda: window.run_panel.outcome is not None, "the verification ends")
        assert window.run_panel.outcome.sound is True
        self.picture("verified")

    def steps(self) -> tuple[Callable[[], None], ...]:
        """From the start page to the verified dataset."""
        return (
            self.start,
            self.choose_scene,
            self.drag_radius,
            self.add_cluster,
            self.drag_above,
            self.rename,
            self.count_and_vary,
            self.switch_off_and_on,
            self.new_sample,
            self.pick_atom,
            self.show_volumes,
            self.overlay,
            self.undo_several,
            self.crowd,
            self.statistics,
            self.other_kind,
            self.export,
        )


#: One entry for each film that was filled with atoms.
FILMS: list[bool] = []


def count_films() -> None:
    """Note whenever a film is filled: a film that is remembered is not filled again."""
    from sim.specimen.scene import generators

    fill = generators.random_addition

    def counted(*given: object, **named: object) -> object:
        FILMS.append(True)
        return fill(*given, **named)

    generators.random_addition = counted


def window_labels(widget: QWidget) -> list[QLabel]:
    """Labels in a widget that are to be seen."""
    return [label for label in widget.findChildren(QLabel) if label.isVisible()]


def main(words: Sequence[str] | None = None) -> int:
    """Walk; 0 if everything was as it should be."""
    count_films()
    return walked(SceneWalk, words, __doc__)


if __name__ == "__main__":
    sys.exit(main())
