"""One image as a file that others open: npy, calibrated TIFF, 8-bit PNG."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from sim.core.atomic import whole_file
from sim.core.errors import InputError
from sim.dataset.durable import disk_full
from sim.dataset.export.scaling import Scaling, percentile_scaled

#: Percentiles that become black and white in an 8-bit preview.
PREVIEW_PERCENTILES = (0.1, 99.9)
SUFFIXES = (".npy", ".png", ".tif", ".tiff")


def write_image(path: Path, image: NDArray[Any], pixel_size: float) -> None:
    """Write one image in the format its name asks for.

    Parameters
    ----------
    image
        (H, W), row 0 at the top.
    pixel_size
        Å.

    Raises
    ------
    InputError
        For an unknown suffix or a place that cannot be written to.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            "output", "has a suffix that is no image format", value=str(path), allowed=", ".join(SUFFIXES),
            remedy="choose one of these",
        )  # fmt: skip
    try:
        with whole_file(path) as stream:
            plain = cast(BinaryIO, _PlainStream(stream))
            if suffix == ".npy":
                np.save(plain, image, allow_pickle=False)
            elif suffix == ".png":
                write_png(plain, image, preview_levels(image))
            else:
                write_tiff(plain, image, pixel_size)
    except OSError as error:
        remedy = "free some space or choose another place" if disk_full(error) else "choose another place"
        raise InputError(str(path), f"cannot be written ({error.strerror or error})", remedy=remedy) from None


class _PlainStream(io.RawIOBase):
    """A stream without a descriptor: libraries that write to that lose the reason of a failure."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        return self._stream.write(content)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


def write_tiff(stream: BinaryIO, image: NDArray[Any], pixel_size: float) -> None:
    """A calibrated TIFF: ImageJ's form for 8 and 16 bits and float32, OME for other whole numbers.

    Both carry the pixel size in nanometres; float64 is stored as float32, and an array of several
    pictures (H, W, S), such as the segments of a detector, as S channels.
    """
    import tifffile

    nanometres = pixel_size / 10.0
    if image.dtype == np.float64:
        image = image.astype(np.float32)
    if image.dtype == np.bool_:
        image = image.astype(np.uint8)
    axes = "YX"
    if image.ndim == 3:
        image, axes = np.ascontiguousarray(np.moveaxis(image, 2, 0)), "CYX"
    if image.dtype not in (np.uint8, np.uint16, np.float32):
        size = {"PhysicalSizeX": nanometres, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": nanometres,
                "PhysicalSizeYUnit": "nm"}  # fmt: skip
        per_centimetre = (1e7 / nanometres, 1e7 / nanometres)
        tifffile.imwrite(
            stream, image, ome=True, metadata={"axes": axes, **size}, resolution=per_centimetre,
            resolutionunit="CENTIMETER", software="Nanophantom",
        )  # fmt: skip
        return
    per_unit = (1.0 / nanometres, 1.0 / nanometres)
    tifffile.imwrite(
        stream,
        image,
        imagej=True,
        resolution=per_unit,
        metadata={"unit": "nm", "axes": axes},
        software="Nanophantom",
    )


def preview_levels(image: NDArray[Any]) -> Scaling:
    """Black and white of a preview."""
    return percentile_scaled(image, *PREVIEW_PERCENTILES)


def preview_greys(image: NDArray[Any], levels: Scaling | None = None) -> NDArray[np.uint8]:
    """An image (H, W) as 256 greys (H, W) between black and white; by default its own."""
    scaled = (levels or preview_levels(image)).apply(image)
    return np.floor(scaled * 255.0 + 0.5).astype(np.uint8)


def write_png(stream: BinaryIO, image: NDArray[Any], levels: Scaling) -> None:
    """An 8-bit preview; black and white are stated in its text chunks."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("black", repr(levels.offset))
    info.add_text("white", repr(levels.offset + levels.scale))
    Image.fromarray(preview_greys(image, levels)).save(stream, format="PNG", pnginfo=info)


@contextlib.contextmanager
def npy_stack(path: Path, shape: tuple[int, ...], dtype: Any) -> Any:
    """A function that appends one image after another to an ``.npy`` file of known shape.

    The file gets its name when the block ends, with every image written.
    """
    written = 0
    with whole_file(path) as stream:
        header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype).newbyteorder("<")),
                  "fortran_order": False, "shape": shape}  # fmt: skip
        np.lib.format.write_array_header_1_0(stream, header)

        def append(image: NDArray[Any]) -> None:
            nonlocal written
            stream.write(np.ascontiguousarray(image, dtype=np.dtype(dtype).newbyteorder("<")).tobytes())
            written += 1

        yield append
        if written != shape[0]:
            raise ValueError(f"{path.name}: {written} of {shape[0]} images were written")
