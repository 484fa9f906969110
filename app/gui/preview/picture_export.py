"""Pictures of the preview for reports, and its raw values: drawing, files, clipboard.

The picture is the whole image, unzoomed, with what is shown over it.  Pixels of small images are repeated, so
that the scale bar's words fit in.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from app.gui.preview import colour_maps
from app.gui.preview import image_layers as layers
from app.gui.preview.drawn_pictures import colour_list, indexed_image
from app.gui.preview.overlay_names import overlay_colour
from app.gui.preview.results import Result
from app.gui.preview.viewport import Viewport
from sim.core.errors import InputError, NanophantomError
from sim.core.types import FloatArray

#: The picture's longer side has at least this many pixels.
SMALLEST_SIDE = 512
#: Size of words in a picture, as a share of its longer side.
WORDS = 0.028
RAW_TIFF = (".float.tif", ".float.tiff")
PICTURES = (".png", ".tif", ".tiff")


@dataclass(frozen=True, eq=False)
class ShownPicture:
    """What a picture is made of.

    Attributes
    ----------
    values
        (H, W) intensities, for raw export.
    grey
        (H, W) uint8.
    colours
        (256, 3) uint8.
    pixel_size
        Å.
    scale_bar
        Whether it is burnt in.
    overlay
        (H, W, 4) uint8 RGBA, or None.
    points, point_colours
        (n, 2) fractional (column, row), and colours, by name.
    opacity
        Of the overlays.
    """

    values: NDArray[Any]
    grey: NDArray[np.uint8]
    colours: NDArray[np.uint8]
    pixel_size: float
    scale_bar: bool = True
    overlay: NDArray[np.uint8] | None = None
    points: Mapping[str, FloatArray] = field(default_factory=dict)
    point_colours: Mapping[str, QColor] = field(default_factory=dict)
    opacity: float = 1.0


def picture_of(result: Result | None, colour_map: str, *, scale_bar: bool, opacity: float) -> ShownPicture:
    """What a picture of a result is made of.

    Parameters
    ----------
    result
        What is shown; None where nothing is yet.
    colour_map
        Name of the colours.
    scale_bar, opacity
        As of :class:`ShownPicture`.

    Raises
    ------
    InputError
        While there is no image, or only a draft of it.
    """
    if result is None:
        raise InputError("image", "there is no image yet", remedy="wait until one is shown")
    if result.draft:
        raise InputError(
            "image",
            f"only a draft ({result.draft}) of it is shown so far",
            remedy="wait until the exact image is there",
        )
    picture = result.picture
    return ShownPicture(
        values=picture.values,
        grey=picture.grey,
        colours=colour_maps.lookup(colour_map),
        pixel_size=result.job.image.pixel_size,
        scale_bar=scale_bar,
        overlay=picture.overlay,
        points=picture.points,
        point_colours={name: overlay_colour(name) for name in picture.points},
        opacity=opacity,
    )


def enlargement(shape: tuple[int, int]) -> int:
    """How often a picture repeats every pixel of an image (H, W)."""
    return max(1, -(-SMALLEST_SIDE // max(shape)))


def draw_picture(shown: ShownPicture, font: QFont) -> QImage:
    """The picture as shown: colours, overlays and scale bar, every image pixel the same whole size."""
    rows, columns = shown.grey.shape
    times = enlargement((rows, columns))
    whole = QRectF(0.0, 0.0, columns * times, rows * times)
    image = QImage(columns * times, rows * times, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    try:
        painter.drawImage(whole, indexed_image(np.ascontiguousarray(shown.grey), colour_list(shown.colours)))
        painter.setOpacity(shown.opacity)
        if shown.overlay is not None:
            pixels = np.ascontiguousarray(shown.overlay)
            kind = QImage.Format.Format_RGBA8888
            painter.drawImage(whole, QImage(pixels.data, columns, rows, 4 * columns, kind))
        painter.setOpacity(1.0)
        view = Viewport.fit(columns, rows, columns * times, rows * times)
        layers.draw_points(painter, view, shown.points, shown.point_colours, shown.opacity)
        if shown.scale_bar:
            words = QFont(font)
            words.setPixelSize(max(12, round(WORDS * max(whole.width(), whole.height()))))
            layers.draw_scale_bar(painter, whole, times / shown.pixel_size, words)
    finally:
        painter.end()
    return image


def rgb_of(image: QImage) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of an image."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), dtype=np.uint8).reshape(plain.height(), plain.bytesPerLine())
    # A copy: the image's memory goes with it.
    return rows[:, : 3 * plain.width()].copy().reshape(plain.height(), plain.width(), 3)


def check_name(path: Path) -> None:
    """Refuse a name that says no format, or a place where there is no folder.

    Raises
    ------
    InputError
        With the endings that are known.
    """
    if path.suffix.lower() not in (*PICTURES, ".npy"):
        raise InputError(
            path.name or str(path),
            "its ending names no format for an image",
            allowed=", ".join((*PICTURES, RAW_TIFF[0], ".npy")),
            remedy="choose one of these endings",
        )
    # os.path, as pathlib raises for a name that is longer than the disk allows.
    if os.path.isdir(path):
        raise InputError(str(path), "is a folder", remedy="give the name of a file")
    if not os.path.isdir(path.parent):
        raise InputError(str(path.parent), "there is no such folder", remedy="make it first")


def write_picture(path: Path, shown: ShownPicture, font: QFont) -> None:
    """Write a picture or raw values, as the name says: whole, or not at all.

    Parameters
    ----------
    path
        ``.png``, ``.tif``: 8-bit RGB as shown, the TIFF calibrated.  ``.float.tif``: 32-bit float values,
        unscaled, calibrated.  ``.npy``: the values as they are.
    shown
        What to write.
    font
        Of the scale bar's words.

    Raises
    ------
    InputError
        If the place cannot be written to.
    """
    from sim.core.atomic import whole_file
    from sim.dataset.durable import disk_full
    from sim.dataset.export.images import write_image

    check_name(path)
    name = path.name.lower()
    if name.endswith(RAW_TIFF):
        write_image(path, shown.values.astype(np.float32), shown.pixel_size)
        return
    if name.endswith(".npy"):
        write_image(path, shown.values, shown.pixel_size)
        return
    pixels = rgb_of(draw_picture(shown, font))
    spacing = shown.pixel_size / enlargement((shown.grey.shape[0], shown.grey.shape[1]))
    try:
        with whole_file(path) as stream:
            if name.endswith(".png"):
                _write_png(stream, pixels, spacing)
            else:
                _write_tiff(stream, pixels, spacing)
    except OSError as error:
        remedy = "free some space or choose another place" if disk_full(error) else "choose another place"
        raise InputError(str(path), f"cannot be written ({error.strerror or error})", remedy=remedy) from None


def _write_png(stream: BinaryIO, pixels: NDArray[np.uint8], spacing: float) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    note = PngInfo()
    note.add_text("pixel_size_angstrom", repr(spacing))
    Image.fromarray(pixels).save(stream, format="PNG", pnginfo=note)


def _write_tiff(stream: BinaryIO, pixels: NDArray[np.uint8], spacing: float) -> None:
    import tifffile

    per_nanometre = 10.0 / spacing
    tifffile.imwrite(
        stream, pixels, photometric="rgb", imagej=True, resolution=(per_nanometre, per_nanometre),
        metadata={"unit": "nm", "axes": "YXS"}, software="Nanophantom",
    )  # fmt: skip


class PictureWriter(QObject):
    """Writes pictures one after another in a thread of its own: encoding and a slow disk take their time.

    Signals
    -------
    written
        The path.
    failed
        The sentence.
    """

    written = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executor: ThreadPoolExecutor | None = None

    def write(self, path: Path, shown: ShownPicture, font: QFont) -> None:
        """Begin to write; ``written`` or ``failed`` follows.

        Raises
        ------
        InputError
            If the name says no format or there is no such folder.
        """
        check_name(path)
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="nanophantom-picture-export")
        self._executor.submit(self._work, path, shown, QFont(font))

    def _work(self, path: Path, shown: ShownPicture, font: QFont) -> None:
        try:
            write_picture(path, shown, font)
        except NanophantomError as error:
            self.failed.emit(str(error))
        except Exception as error:
            self.failed.emit(f"{path.name} could not be written: {type(error).__name__}: {error}.")
        else:
            self.written.emit(str(path))

    def close(self) -> None:
        """Finish what is being written; no thread is left."""
        if self._executor is not None:
            self._executor.shutdown(wait=True)
            self._executor = None
