"""Pictures and raw values on disk and on the clipboard."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image
from PySide6.QtGui import QFont, QGuiApplication, QImage

from app.gui.preview import colour_maps
from app.gui.preview.pane import PreviewPane
from app.gui.preview.picture_export import PictureWriter, ShownPicture, draw_picture, rgb_of, write_picture
from sim.core.errors import InputError

pytestmark = pytest.mark.gui


def picture(*, scale_bar: bool = True) -> ShownPicture:
    """128 × 80 pixels, dark, with a bright corner at the top left."""
    grey = np.full((80, 128), 20, np.uint8)
    grey[:4, :6] = 240
    values = grey.astype(np.uint32) * 1000
    return ShownPicture(values, grey, colour_maps.lookup("grey"), 0.25, scale_bar)


@pytest.fixture(autouse=True)
def _gui(qapp):
    """Words are drawn with fonts."""


def longest_white_run(rgb: np.ndarray) -> int:
    white = (rgb == 255).all(axis=2)
    rows = ("".join("x" if on else " " for on in row) for row in white)
    return max(len(run) for row in rows for run in row.split(" "))


def test_picture_repeats_pixels_and_has_a_true_scale_bar():
    """128 pixels of 0.25 Å become 512; 32 Å are then 512 px, so that the 5 Å bar has 80 px."""
    rgb = rgb_of(draw_picture(picture(), QFont()))
    assert rgb.shape == (320, 512, 3)
    assert (rgb[:16, :24] == 240).all() and (rgb[17:40, :24] == 20).all()
    assert abs(longest_white_run(rgb) - 80) <= 1


def test_without_the_scale_bar_there_is_only_the_image():
    rgb = rgb_of(draw_picture(picture(scale_bar=False), QFont()))
    assert set(np.unique(rgb)) == {20, 240}


@pytest.mark.parametrize("name", ["shown.png", "shown.tif"])
def test_picture_files_are_rgb_with_the_bar(tmp_path, name):
    path = tmp_path / name
    write_picture(path, picture(), QFont())
    rgb = np.asarray(Image.open(path)) if name.endswith("png") else tifffile.imread(path)
    assert rgb.dtype == np.uint8 and rgb.shape == (320, 512, 3)
    assert abs(longest_white_run(rgb) - 80) <= 1
    assert list(tmp_path.iterdir()) == [path]


def test_tiff_picture_is_calibrated(tmp_path):
    """Four picture pixels to one of 0.25 Å: 160 to the nanometre."""
    path = tmp_path / "shown.tif"
    write_picture(path, picture(), QFont())
    with tifffile.TiffFile(path) as file:
        over, under = file.pages[0].tags["XResolution"].value
        assert over / under == pytest.approx(160.0)
        assert file.imagej_metadata["unit"] == "nm"


def test_raw_values_are_float32_and_unscaled(tmp_path):
    path = tmp_path / "raw.float.tif"
    write_picture(path, picture(), QFont())
    with tifffile.TiffFile(path) as file:
        values = file.asarray()
        over, under = file.pages[0].tags["XResolution"].value
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, picture().values.astype(np.float32))
    assert over / under == pytest.approx(40.0)


def test_npy_holds_the_values_as_they_are(tmp_path):
    write_picture(tmp_path / "raw.npy", picture(), QFont())
    values = np.load(tmp_path / "raw.npy")
    assert values.dtype == np.uint32
    np.testing.assert_array_equal(values, picture().values)


@pytest.mark.parametrize("name", ["shown.jpg", "shown", "missing/shown.png"])
def test_unusable_names_are_refused_before_anything_is_written(tmp_path, name):
    with pytest.raises(InputError):
        write_picture(tmp_path / name, picture(), QFont())
    assert list(tmp_path.iterdir()) == []


# --- through the pane ------------------------------------------------------------------------


@pytest.fixture
def pane(qtbot, make_result):
    widget = PreviewPane()
    qtbot.addWidget(widget)
    widget.show_result(make_result())
    yield widget
    widget.shutdown()


def test_copied_image_has_the_scale_bar_if_shown(pane):
    def copied() -> np.ndarray:
        pane.copy_picture()
        return rgb_of(QGuiApplication.clipboard().image().convertToFormat(QImage.Format.Format_RGB32))

    with_bar = copied()
    pane.show_scale_bar = False
    without = copied()
    assert with_bar.shape == without.shape == (384, 576, 3)
    assert longest_white_run(with_bar) > 40
    difference = np.argwhere((with_bar != without).any(axis=2))
    assert difference[:, 0].min() > 384 / 2 and difference[:, 1].max() < 576 / 2


def test_pane_writes_in_the_background(pane, qtbot, tmp_path):
    path = tmp_path / "image.png"
    with qtbot.waitSignal(pane.picture_written, timeout=5000) as heard:
        pane.export_picture(path)
    assert heard.args == [str(path)] and path.is_file()


def test_a_failed_write_is_said_in_the_pane(pane, qtbot, tmp_path, monkeypatch):
    def full(*arguments):
        raise InputError("image.png", "cannot be written (No space left on device)")

    monkeypatch.setattr("app.gui.preview.picture_export.write_picture", full)
    with qtbot.waitSignal(pane.picture_failed, timeout=5000):
        pane.export_picture(tmp_path / "image.png")
    assert "No space left" in pane.banner.sentence


def test_a_draft_is_not_exported(pane, make_result, tmp_path):
    from dataclasses import replace

    pane.show_result(replace(make_result(), draft="noise-free"))
    with pytest.raises(InputError, match="draft"):
        pane.export_picture(tmp_path / "image.png")
    with pytest.raises(InputError, match="draft"):
        pane.copy_picture()


def test_shutdown_leaves_no_thread(pane, qtbot, tmp_path):
    import threading

    pane.export_picture(tmp_path / "image.png")
    pane.shutdown()
    assert (tmp_path / "image.png").is_file()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("picture-export")]


def test_a_name_that_is_too_long_for_the_disk_is_a_sentence(tmp_path, qtbot):
    writer = PictureWriter()
    said: list[str] = []
    writer.failed.connect(said.append)
    try:
        writer.write(tmp_path / f"{'x' * 300}.png", picture(), QFont())
        qtbot.waitUntil(lambda: bool(said))
        assert "cannot be written" in said[0]
    finally:
        writer.close()
