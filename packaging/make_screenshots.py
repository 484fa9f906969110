"""Make the README's pictures of the window anew, from the real program.

    python packaging/make_screenshots.py [FOLDER]

The window is drawn offscreen with the painter, so that the pictures depend on neither screen nor
graphics card; letters are those of the machine.  FOLDER is docs/ by default.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.pop("DISPLAY", None)
os.environ.pop("WAYLAND_DISPLAY", None)

from PySide6.QtCore import QEventLoop, QTimer  # noqa: E402
from PySide6.QtWidgets import QPushButton, QToolButton  # noqa: E402

from app.gui.document.preferences import Preferences  # noqa: E402
from app.gui.start import make_application  # noqa: E402
from sim.recipe.model import Recipe  # noqa: E402

SIZE = (1600, 1000)
#: What the pictures show: one of the classes, large enough for single columns to be seen.
VALUES = {
    "image.width": 256,
    "image.height": 256,
    "image.pixel_size": 0.08,
    "imaging.sigma": 0.5,
    "noise.preset": "poisson_low",
}
VARIED = {
    "imaging.sigma": {"law": "grid", "start": 0.4, "stop": 0.8, "count": 5},
    "imaging.alpha": {"law": "grid", "start": 1.0, "stop": 2.0, "count": 3},
}
IMAGES = 6000
#: Image of the defocus series that is shown.
WAVES = 2


def wait(true: Callable[[], object], what: str, seconds: float = 60.0) -> None:
    """Let the window live until something is so."""
    loop, looking, limit = QEventLoop(), QTimer(), time.monotonic() + seconds
    looking.timeout.connect(lambda: loop.quit() if true() or time.monotonic() > limit else None)
    looking.start(10)
    loop.exec()
    looking.stop()
    if not true():
        raise SystemExit(f"{what}: not so after {seconds:.0f} s")


def settle(seconds: float = 0.5) -> None:
    """Let layouts, histograms and thumbnails come to rest."""
    over = time.monotonic() + seconds
    wait(lambda: time.monotonic() > over, "time passes", seconds + 5.0)


def pictures(folder: Path) -> None:
    """Write the pictures into a folder."""
    from app.gui.window import MainWindow

    window = MainWindow(Preferences(theme="light", structure_view="painter"))
    window.resize(*SIZE)
    window.show()
    try:
        window.start_view.choose_class.emit("decahedron")
        for path, value in VALUES.items():
            window.document.set(path, value)
        window.document.set("images", IMAGES)
        for path, entry in VARIED.items():
            window.document.set_vary(path, entry)
        document = window.document
        # Everything that is shown belongs to a recipe that is saved and was not edited.
        document.new(document.recipe)

        def exact() -> bool:
            found = window.result
            return found is not None and found.recipe == document.recipe and not found.draft

        wait(exact, "the image of the recipe")
        window.actions_by_key["view.along_beam"].trigger()
        window.findChild(QToolButton, "field.imaging.sigma.vary.open").click()
        window.preview.setFocus()
        settle()
        for theme, name in (("light", "window.png"), ("dark", "window_dark.png")):
            window.choices.change(theme=theme)
            settle()
            save(window, folder / name)
        window.choices.change(theme="light")
        window.actions_by_key["dataset.export"].trigger()
        dialog = window.datasets.dialog
        # A folder that reads the same on every machine.
        dialog.destination._folder.setText("/tmp")
        dialog.destination._name.setText("au55_sigma_alpha")
        wait(lambda: not dialog.fault(), "the dialog knows the folder")
        wait(lambda: " with " in dialog.expectation.text("time"), "the time is measured")
        dialog.findChild(QPushButton, "export.export").setFocus()
        settle()
        save(dialog, folder / "export.png")
        dialog.reject()
        window.files.open_shipped("scene_twinned_gold")
        wait(exact, "the image of the scene")
        window.structure.highlight_node("gold")
        settle()
        save(window, folder / "scene.png")
        aggregate(window, folder)
        waves(window, folder)
    finally:
        window.close_without_asking()


def aggregate(window: Any, folder: Path) -> None:
    """Write aggregate.png: spheres by material, their image with the contacts, their descriptors."""
    window.document.new(Recipe())
    window.start_view.choose_aggregate.emit("well_mixed")
    document = window.document
    document.new(document.recipe)

    def exact() -> bool:
        found = window.result
        return found is not None and found.recipe == document.recipe and not found.draft

    wait(exact, "the image of the aggregate")
    window.panes.show("atoms")
    settle()
    save(window, folder / "aggregate.png")


def waves(window: Any, folder: Path) -> None:
    """Write waves_draft.png and waves_exact.png: what is seen at once, and what replaces it."""
    window.files.open_shipped("hrtem_defocus_small")
    window.panes.show("optics")
    window.preview.browser.index_box.setValue(WAVES)

    def shown(draft: bool) -> bool:
        found = window.result
        return found is not None and found.selection.index == WAVES and bool(found.draft) == draft

    wait(lambda: shown(True), "the draft")
    settle()
    if not shown(True):
        raise SystemExit("the exact image came before the draft could be drawn")
    save(window, folder / "waves_draft.png")
    wait(lambda: shown(False), "the exact image", 300.0)
    settle(2.0)
    save(window, folder / "waves_exact.png")


def save(widget: object, path: Path) -> None:
    """Write the picture of a window."""
    if not widget.grab().save(str(path)):  # type: ignore[attr-defined]
        raise SystemExit(f"{path} cannot be written")
    print(f"wrote {path}")


def main() -> int:
    """Make the pictures; the exit code."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nanophantom-pictures-") as home:
        os.environ["NANOPHANTOM_HOME"] = home
        make_application(["nanophantom"])
        pictures(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
