"""A new user's way through the window, from the start page to a verified dataset, each step in a picture.

    python tests/app/gui/walk/walk.py FOLDER [--theme dark] [--renderer gl] [--size 1280x800]

Every step is done by mouse and keys on the real window, and what it should have done is checked.  It
runs offscreen (``QT_QPA_PLATFORM=offscreen``) and on a display (``xvfb-run -a -s "-screen 0 1600x1200x24"
env QT_QPA_PLATFORM=xcb``), where the picture of the screen is saved as well.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
for place in (str(HERE), str(ROOT)):
    if place not in sys.path:
        sys.path.insert(0, place)

import numpy as np  # noqa: E402
from PySide6.QtCore import QPoint, Qt  # noqa: E402
from PySide6.QtWidgets import (  # noqa: E402
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.gui.document.preferences import Preferences  # noqa: E402
from app.gui.start import make_application  # noqa: E402

#: Images of the dataset that is made: enough to be cancelled in the middle.
IMAGES = 320
#: The names of its folders.
DATASET, UNBROKEN = "walk", "by_command_line"


class Walk:
    """The steps, in order.

    Parameters
    ----------
    folder
        Where pictures and datasets go.
    theme, renderer
        Preferences of the window.
    size
        Of the window, device-independent pixels.
    """

    def __init__(self, folder: Path, theme: str, renderer: str, size: tuple[int, int]) -> None:
        from hand import Hand

        from app.gui.window import MainWindow

        self.folder = folder
        self.window = MainWindow(
            Preferences(
                theme=theme,
                structure_view=renderer,
                last_dataset_folder=str(folder),
                export_workers=1,
                restore_workspace=False,
            )
        )
        self.hand = Hand(self.window)
        self.renderer = renderer
        self.drafts: list[str] = []
        self._number = 0
        self.window.resize(*size)
        self.window.show()
        self.window.open_first([])
        self.window.shown.connect(self._note)

    def _note(self, result: object) -> None:
        self.drafts.append(self.badge())

    # --- looking -----------------------------------------------------------------------------

    def picture(self, name: str, widget: QWidget | None = None) -> None:
        """Save what is to be seen: the window or a dialog, and the screen where there is one."""
        self.hand.pause(0.15)
        self._number += 1
        base = f"{self._number:02d}_{name}"
        seen = (widget or self.window).grab()
        assert seen.save(str(self.folder / f"{base}.png")), f"{base}.png cannot be written"
        image = seen.toImage()
        colours = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
        assert len(colours) > 8, f"{base}: the picture is empty"
        application = make_application([])
        if application.platformName() != "offscreen":
            screen = self.window.screen().grabWindow(0)
            assert screen.save(str(self.folder / f"{base}_screen.png"))

    def badge(self) -> str:
        """What the badge over the image says."""
        return str(self.hand.find(QWidget, "preview.badge").accessibleName())

    def exact(self) -> None:
        """Wait for the image that belongs to the recipe as it is now."""
        window = self.window

        def there() -> bool:
            result = window.result
            return (
                result is not None
                and result.recipe == window.document.recipe
                and not result.draft
                and self.badge() == "exact"
            )

        self.hand.until(there, "the exact image of the recipe")

    def undo_word(self) -> str:
        """What the menu offers to undo."""
        return str(self.window.actions_by_key["edit.undo"].text().replace("&", ""))

    # --- the steps ---------------------------------------------------------------------------

    def start(self) -> None:
        """The start page, with a picture on each of the four cards."""
        window, hand = self.window, self.hand
        assert window.on_start_page
        cards = [
            hand.find(QAbstractButton, f"start.class.{name}")
            for name in ("icosahedron", "cuboctahedron", "decahedron", "garzon")
        ]
        hand.until(lambda: all(card._picture is not None for card in cards), "the cards have pictures")
        self.picture("start")

    def choose_class(self) -> None:
        """A click on a card images that class."""
        self.hand.click(QAbstractButton, "start.class.decahedron")
        self.exact()
        assert not self.window.on_start_page
        assert self.window.result.job.geometry == "decahedron"
        if self.renderer == "gl":
            structure = self.window.structure
            self.hand.until(
                lambda: structure.renderer_name not in ("", "painter"), "OpenGL draws the structure"
            )
            print(f"renderer: {structure.renderer_name}")
        self.hand.pause(0.3)
        self.picture("class_chosen")

    def drag_sigma(self) -> None:
        """Drag the slider of sigma; drafts or exact images on the way, exact at rest, one undo step."""
        window, hand = self.window, self.hand
        slider = hand.find(QWidget, "field.imaging.sigma.slider")
        hand.see(slider)
        before = window.document.value("imaging.sigma")
        self.drafts.clear()
        middle = slider.height() // 2
        hand.drag(slider, QPoint(slider.width() // 6, middle), QPoint(slider.width() // 3, middle), 25)
        self.exact()
        sigma = window.document.value("imaging.sigma")
        assert sigma > before and window.result.recipe.imaging.sigma == sigma
        assert len(self.drafts) >= 3, "images follow the drag"
        assert "Sigma" in self.undo_word(), self.undo_word()
        self.picture("sigma_dragged")
        window.document.undo()
        assert window.document.value("imaging.sigma") == before, "one drag is one step"
        window.document.redo()
        self.exact()

    def choose_preset(self) -> None:
        """Another noise preset from the panel."""
        self.hand.choose("field.noise.preset", "titan_scan")
        self.exact()
        assert self.window.document.value("noise.preset") == "titan_scan"
        assert "reset" in self.undo_word().lower(), self.undo_word()
        self.picture("preset_chosen")

    def rotate(self) -> None:
        """Turn the 3D view with the mouse; the recipe does not change by that."""
        window, hand = self.window, self.hand
        recipe, before = window.document.recipe, window.structure.view_rotation().copy()
        canvas = window.structure.childAt(window.structure.rect().center()) or window.structure
        middle = canvas.rect().center()
        hand.drag(canvas, middle, middle + QPoint(70, -45))
        turned = window.structure.view_rotation()
        assert np.abs(turned - before).max() > 0.2 and window.document.recipe == recipe
        self.picture("rotated")

    def use_as_beam(self) -> None:
        """One click makes the view the beam direction; the preview turns with it."""
        window, hand = self.window, self.hand
        view = window.structure.view_rotation().copy()
        hand.click(QToolButton, "toolbar.structure.view_as_beam")
        self.exact()
        assert window.document.value("pose.kind") == "euler"
        from sim.specimen.pose import quaternion_to_matrix

        assert np.abs(quaternion_to_matrix(window.result.quaternion) - view).max() < 3e-6
        assert self.undo_word() == "Undo View as beam direction", self.undo_word()
        self.picture("view_is_beam")

    def undo_twice(self) -> None:
        """Back to random poses, then back to the first noise."""
        window, hand = self.window, self.hand
        window.preview.setFocus()
        control = Qt.KeyboardModifier.ControlModifier
        hand.keys(Qt.Key.Key_Z, control)
        assert window.document.value("pose.kind") == "random"
        assert window.document.value("noise.preset") == "titan_scan"
        hand.keys(Qt.Key.Key_Z, control)
        assert window.document.value("noise.preset") == "poisson_medium"
        assert "Sigma" in self.undo_word(), self.undo_word()
        assert window.actions_by_key["edit.redo"].isEnabled()
        self.exact()
        self.picture("undone_twice")

    def vary(self) -> None:
        """Let sigma and alpha vary, through the buttons beside their fields."""
        window, hand = self.window, self.hand
        for name, start, stop, count in (("sigma", "0.4", "0.8", "3"), ("alpha", "1", "2", "2")):
            path = f"imaging.{name}"
            hand.click(QToolButton, f"field.{path}.vary.open")
            hand.choose(f"vary.{path}.law", "even")
            for part, text in (("start", start), ("stop", stop), ("count", count)):
                hand.type(f"vary.{path}.{part}", text)
            entry = window.document.vary(path)
            assert entry is not None
            tree = entry.tree()
            assert (tree["start"], tree["stop"], tree["count"]) == (float(start), float(stop), int(count))
        self.exact()
        assert {"imaging.sigma", "imaging.alpha"} <= set(window.result.job.varied)
        footer = hand.find(QLabel, "sweep.footer").text()
        assert "24" in footer, footer
        self.picture("sigma_and_alpha_varied")

    def export(self) -> None:
        """The export dialog, and a run begun from it."""
        window, hand = self.window, self.hand
        hand.action("dataset.export")
        hand.until(lambda: window.datasets.dialog is not None, "the dialog opens")
        dialog: QDialog = window.datasets.dialog
        hand.type("export.name", DATASET, confirm=False)
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
        counts: list[int] = []
        window.run_panel.process.progressed.connect(lambda done, total: counts.append(done))
        hand.click(QPushButton, "export.export")
        hand.until(lambda: counts and counts[-1] >= 5, "images are made")
        self.picture("exporting")

    def pause(self) -> None:
        """Pause holds the run; Continue lets it go on."""
        window, hand = self.window, self.hand
        hand.click(QPushButton, "run.pause")
        hand.until(lambda: window.run_panel.process.state == "paused", "the run is held")
        self.picture("paused")
        hand.click(QPushButton, "run.pause")

    def cancel(self) -> None:
        """Cancel ends within two seconds."""
        window, hand = self.window, self.hand
        begun = time.monotonic()
        hand.click(QPushButton, "run.cancel")
        hand.until(lambda: window.run_panel.outcome is not None, "the run ends")
        assert time.monotonic() - begun < 2.0, "cancel takes two seconds at most"
        assert window.run_panel.outcome.state == "cancelled"
        assert not (self.folder / DATASET / "dataset.json").exists()
        self.picture("cancelled")

    def resume(self) -> None:
        """Resume finishes, and gives what an unbroken run of the command line gives."""
        window, hand = self.window, self.hand
        hand.click(QPushButton, "run.resume")
        hand.until(lambda: window.run_panel.outcome is not None, "the run ends", 120.0)
        outcome = window.run_panel.outcome
        assert outcome.state == "finished" and outcome.images == IMAGES, outcome.sentence()
        hand.until(lambda: window.run_panel.thumbnail.image is not None, "the last image is shown")
        self.picture("resumed")
        from sim.recipe.toml import save_recipe

        recipe = self.folder / "walk.toml"
        save_recipe(window.document.recipe, recipe)
        subprocess.run(
            [
                sys.executable,
                "-P",
                "-m",
                "app",
                "run",
                str(recipe),
                "--output",
                str(self.folder / UNBROKEN),
                "--workers",
                "1",
            ],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        digests = [
            json.loads((self.folder / name / "dataset.json").read_text("utf-8"))["content_sha256"]
            for name in (DATASET, UNBROKEN)
        ]
        assert digests[0] == digests[1] == outcome.content_sha256
        assert hand.find(QLineEdit, "run.digest").text() == digests[0]

    def verify(self) -> None:
        """The button that hashes the dataset again."""
        window, hand = self.window, self.hand
        hand.click(QPushButton, "run.verify")
        hand.until(lambda: window.run_panel.outcome is not None, "the verification ends")
        assert window.run_panel.outcome.sound is True
        assert hand.find(QLabel, "run.state").text().startswith(f"Verified: {IMAGES} images")
        self.picture("verified")

    def steps(self) -> tuple[Callable[[], None], ...]:
        """From the start page to the verified dataset."""
        return (
            self.start,
            self.choose_class,
            self.drag_sigma,
            self.choose_preset,
            self.rotate,
            self.use_as_beam,
            self.undo_twice,
            self.vary,
            self.export,
            self.pause,
            self.cancel,
            self.resume,
            self.verify,
        )

    def all_steps(self) -> None:
        """Take them, and say how long each took."""
        for step in self.steps():
            begun = time.monotonic()
            try:
                step()
            except AssertionError:
                over = QApplication.activeModalWidget() or self.window.datasets.dialog
                self.picture(f"{step.__name__}_failed", over)
                raise
            print(f"{step.__name__:18s} {time.monotonic() - begun:6.2f} s", flush=True)


def walked(kind: type[Walk], words: Sequence[str] | None, about: str | None) -> int:
    """Take the steps of a walk as the command line says; 0 if everything was as it should be."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="for pictures and datasets; made where it is not there")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--renderer", choices=("auto", "gl", "painter"), default="auto")
    parser.add_argument("--size", default="1440x900", help="of the window, such as 1280x800")
    chosen = parser.parse_args(words)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    width, height = (int(number) for number in chosen.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="nanophantom-walk-") as home:
        os.environ["NANOPHANTOM_HOME"] = home
        application = make_application(["nanophantom"])
        walk = kind(chosen.folder.resolve(), chosen.theme, chosen.renderer, (width, height))
        try:
            walk.all_steps()
        finally:
            walk.window.close_without_asking()
            application.processEvents()
    print("walked")
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """Walk; 0 if everything was as it should be."""
    return walked(Walk, words, __doc__)


if __name__ == "__main__":
    sys.exit(main())
