"""A new user's way to images of electron waves, from a small recipe to a verified dataset, in pictures.

    python tests/app/gui/walk/wave_walk.py FOLDER [--theme dark] [--renderer gl] [--size 1280x800]

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
from PySide6.QtCore import QPoint, Qt, QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import (  # noqa: E402
    QAbstractButton,
    QCheckBox,
    QDialog,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)
from walk import Walk, walked  # noqa: E402

from sim.recipe.toml import read_recipe, save_recipe  # noqa: E402

#: Images of the dataset that is made.
IMAGES = 4
SIDE, PIXEL = 96, 0.2
DEFOCUS = "imaging.focus.defocus"
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class WaveWalk(Walk):
    """The steps, in order."""

    def value(self, path: str) -> object:
        """A setting of the recipe."""
        return self.window.document.value(path)

    def page(self, name: str) -> None:
        """Click the tab of a page of the optics."""
        view = self.window.optics.view
        page = getattr(view, name)
        bar = view.tabs.tabBar()
        spot = bar.tabRect(view.tabs.indexOf(page)).center()
        QTest.mouseClick(bar, LEFT, NONE, spot)
        self.hand.settle()
        assert view.tabs.currentWidget() is page

    def open_section(self, path: str) -> None:
        """Click the head of a section of the parameters; its rows are made then."""
        head = self.hand.find(QAbstractButton, f"section.{path}.header")
        if not head.isChecked():
            self.hand.click(QAbstractButton, head.objectName())
        self.hand.pause(0.2)

    def in_menu(self, button: str, entry: str, picture: str) -> None:
        """Open the menu of a tool, which holds whoever opens it until it is closed, and click an entry."""
        menu: QMenu = self.hand.find(QToolButton, button).menu()
        done: list[bool] = []

        def later() -> None:
            if menu.isVisible():
                looking.stop()
                try:
                    self.picture(picture, menu)
                    action = next(one for one in menu.actions() if one.objectName() == entry)
                    QTest.mouseClick(menu, LEFT, NONE, menu.actionGeometry(action).center())
                    done.append(True)
                finally:
                    menu.close()

        looking = QTimer()
        looking.timeout.connect(later)
        looking.start(20)
        self.hand.click(QToolButton, button)
        self.hand.until(lambda: bool(done), "the menu was used", 10.0)

    # --- the steps ---------------------------------------------------------------------------

    def open_recipe(self) -> None:
        """A small recipe of Au55, imaged by the quick model."""
        text = read_recipe("au55_four_classes")
        small = {"images": IMAGES, "image.width": SIDE, "image.height": SIDE, "image.pixel_size": PIXEL}
        for path, value in small.items():
            text = text.with_value(path, value)
        file = self.folder / "small.toml"
        save_recipe(text.recipe(), file)
        self.window.files.open_paths([file])
        self.exact()
        self.picture("gaussian")

    def choose_model(self) -> None:
        """The panel's imaging model; first a draft, marked, then the exact image."""
        window, hand = self.window, self.hand
        marks: list[str] = []
        window.shown.connect(lambda result: marks.append(result.draft))
        hand.choose("field.imaging.model", "hrtem")
        hand.until(lambda: any(marks), "a draft is shown first")
        self.picture("draft")
        hand.until(lambda: self.badge() == "exact", "the exact image", 120.0)
        assert window.result.job.imaging.model == "hrtem"
        self.picture("exact")

    def coarser(self) -> None:
        """Waves that this machine makes at once: a sampling of 0.2 Å, two snapshots."""
        self.open_section("imaging.multislice")
        self.open_section("imaging.phonons")
        self.hand.type("field.imaging.multislice.sampling", f"{PIXEL}")
        self.hand.type("field.imaging.phonons.configurations", "2")
        assert self.value("imaging.phonons.configurations") == 2
        self.exact()
        self.picture("two_snapshots")

    def open_optics(self) -> None:
        """View > Optics: the transfer function."""
        window, hand = self.window, self.hand
        hand.action("view.optics")
        hand.until(
            lambda: window.optics._view is not None and window.optics.view.transfer.curve is not None,
            "the transfer function is drawn",
        )
        assert window.actions_by_key["view.optics"].isChecked()
        self.picture("transfer")

    def press_scherzer(self) -> None:
        """One click sets the defocus, and is one step."""
        window, hand = self.window, self.hand
        button = window.optics.view.transfer.scherzer_button
        self.open_section("imaging.aberrations")
        hand.type("field.imaging.aberrations.C30", "1.2 mm")
        self.exact()
        QTest.mouseClick(hand.see(button), LEFT, NONE, QPoint(12, button.height() // 2))
        hand.settle()
        assert 500.0 < self.value(DEFOCUS) < 700.0, self.value(DEFOCUS)
        assert "Scherzer" in self.undo_word(), self.undo_word()
        self.exact()
        self.picture("scherzer")

    def choose_in_strip(self) -> None:
        """The through-focus series of the stored waves; a click takes the defocus of an image."""
        window, hand = self.window, self.hand
        self.page("focus")
        strip = window.optics.view.focus.strip
        hand.until(lambda: strip.images and all(one is not None for one in strip.images), "the series")
        self.picture("series")
        wanted = strip.defoci[0]
        place = strip.cells()[0].center().toPoint()
        QTest.mouseClick(strip, LEFT, NONE, place)
        hand.settle()
        assert abs(self.value(DEFOCUS) - wanted) < 1e-3
        self.exact()
        hand.until(
            lambda: abs(strip.defoci[2] - wanted) < 1e-3 and all(one is not None for one in strip.images),
            "a series about the new defocus",
        )
        assert np.ptp(strip.images[2]) > 0.0
        self.picture("series_moved")

    def see_wave_and_pattern(self) -> None:
        """What left the specimen, and its diffraction pattern."""
        window, hand = self.window, self.hand
        self.page("wave")
        wave = window.optics.view.wave
        hand.until(lambda: wave.view.wave is not None, "the wave")
        assert wave.view.wave.phase.shape == (SIDE, SIDE)
        assert not wave.sentence.text(), "it is the exact one"
        self.picture("wave")
        self.page("pattern")
        pattern = window.optics.view.pattern
        hand.until(lambda: pattern.view.plane is not None, "the pattern")
        assert "2 snapshots" in pattern.sentence.text()
        self.picture("pattern")

    def phase_mask(self) -> None:
        """Stored as a label, and laid over the image."""
        window, hand = self.window, self.hand
        self.open_section("labels")
        for name in ("phase_mask", "exit_wave"):
            row = hand.find(QWidget, f"row.labels.{name}")
            box = row.findChild(QCheckBox)
            hand.see(box)
            QTest.mouseClick(box, LEFT, NONE, QPoint(10, box.height() // 2))
            hand.settle()
        # Columns of single atoms: a wide blur would leave nothing of them.
        hand.type("field.labels.phase_blur", "0.3")
        assert self.value("labels.phase_mask") is True and self.value("labels.exit_wave") is True
        self.exact()
        self.in_menu("preview.tools.overlays", "preview.tools.overlay.phase_mask", "overlays")
        hand.until(lambda: "phase_mask" in window.result.display.labels, "the mask is shown")
        assert window.result.sample.labels["phase_mask"].any() and window.result.picture.overlay is not None
        self.picture("phase_mask")

    def show_phase(self) -> None:
        """The exit wave's phase in place of the image."""
        window, hand = self.window, self.hand
        self.in_menu("preview.tools.array", "preview.tools.array.exit_wave_phase.-1", "arrays")
        hand.until(lambda: window.result.picture.unit == "rad", "the phase is shown")
        self.picture("phase")
        self.in_menu("preview.tools.array", "preview.tools.array.image.-1", "arrays_again")
        hand.until(lambda: window.result.picture.unit != "rad", "the image is shown")

    def export(self) -> None:
        """Four images, verified."""
        window, hand = self.window, self.hand
        hand.action("dataset.export")
        hand.until(lambda: window.datasets.dialog is not None, "the dialog opens")
        dialog: QDialog = window.datasets.dialog
        hand.type("export.name", "waves", confirm=False)
        hand.until(
            lambda: not dialog.fault() and "with one worker" in dialog.expectation.text("time"),
            "the dialog knows what will be made",
            60.0,
        )
        self.picture("export_dialog", dialog)
        hand.click(QPushButton, "export.export")
        hand.until(lambda: window.run_panel.outcome is not None, "the run ends", 180.0)
        outcome = window.run_panel.outcome
        assert outcome.state == "finished" and outcome.images == IMAGES, outcome.sentence()
        self.picture("exported")
        hand.click(QPushButton, "run.verify")
        hand.until(lambda: window.run_panel.outcome is not None, "the verification ends", 60.0)
        assert window.run_panel.outcome.sound is True
        self.picture("verified")

    def steps(self) -> tuple[Callable[[], None], ...]:
        """From a recipe to the verified dataset."""
        return (
            self.open_recipe,
            self.choose_model,
            self.coarser,
            self.open_optics,
            self.press_scherzer,
            self.choose_in_strip,
            self.see_wave_and_pattern,
            self.phase_mask,
            self.show_phase,
            self.export,
        )


def main(words: Sequence[str] | None = None) -> int:
    """Walk; 0 if everything was as it should be."""
    return walked(WaveWalk, words, __doc__)


if __name__ == "__main__":
    sys.exit(main())
