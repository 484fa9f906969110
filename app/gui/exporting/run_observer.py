"""Looks at a growing dataset from outside: bytes written, bytes free, the newest image.

Everything that touches the disk happens in a thread; the window receives plain values.
"""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from app.gui.exporting.last_made import LastMade
from sim.core.errors import NanophantomError
from sim.dataset import layout
from sim.recipe.model import Recipe

#: Milliseconds between two looks.
INTERVAL = 2000
#: Pixels of a thumbnail's longer side, about: painting it must cost the window nothing.
SIDE = 256


@dataclass(frozen=True, eq=False)
class Thumbnail:
    """The newest image of the dataset: read back from its shard, or made again until there is one.

    Attributes
    ----------
    grey
        (h, w) uint8, contrast stretched like a PNG preview; large images are shrunk.
    image_id
        Its name.
    shard
        File it was read from; empty where it was rendered.
    """

    grey: NDArray[np.uint8]
    image_id: str
    shard: str


@dataclass(frozen=True, eq=False)
class Observation:
    """One look.

    Attributes
    ----------
    written, free
        Bytes of the dataset so far, and free bytes on its disk.
    thumbnail
        A new one; None where no image was finished since the last look.
    """

    written: int
    free: int
    thumbnail: Thumbnail | None


def look(directory: Path, seen: str = "", last_made: LastMade | None = None, done: int = 0) -> Observation:
    """Look at a dataset once.

    Parameters
    ----------
    directory
        Its folder, which need not exist yet; a replacement being built inside it is looked at instead.
    seen
        Shard of the last thumbnail.
    last_made
        Renders the newest image while there is no shard.
    done
        Images made so far.

    Raises
    ------
    OSError
        If the disk cannot be read.
    """
    from sim.dataset.folder import free_bytes
    from sim.dataset.info import bytes_on_disk

    inside = directory / layout.REPLACEMENT
    place = inside if inside.is_dir() else directory
    written = bytes_on_disk(place) if place.is_dir() else 0
    newest = _newest_shard(place)
    thumbnail = None
    if newest is not None and str(newest) != seen:
        with contextlib.suppress(NanophantomError):  # it was replaced in this moment
            thumbnail = _thumbnail(newest, place)
    elif newest is None and last_made is not None:
        with contextlib.suppress(NanophantomError):  # the run itself will say why
            thumbnail = _rendered(last_made, done)
    return Observation(written, free_bytes(directory), thumbnail)


def _newest_shard(directory: Path) -> Path | None:
    newest: tuple[int, str] | None = None
    with contextlib.suppress(FileNotFoundError), os.scandir(directory / layout.SHARDS) as entries:
        for entry in entries:
            if layout.SHARD_FILE.fullmatch(entry.name):
                with contextlib.suppress(FileNotFoundError):
                    stamp = (entry.stat(follow_symlinks=False).st_mtime_ns, entry.path)
                    newest = max(newest, stamp) if newest is not None else stamp
    return Path(newest[1]) if newest is not None else None


def _thumbnail(shard: Path, directory: Path) -> Thumbnail:
    from sim.dataset.export.images import preview_greys
    from sim.dataset.hostile import LARGEST_CHUNK, opened
    from sim.dataset.stored import child_dataset, shard_root

    # A chunk is one image; the shard is our own child's, and no larger than its file by much.
    with opened(shard, directory, largest_chunk=max(LARGEST_CHUNK, 1 << 30)) as file:
        root = shard_root(file, shard.name)
        image = child_dataset(root, f"{layout.IMAGES}/data")[-1]
        name = child_dataset(root, f"{layout.SAMPLES}/image_id")[-1]
    text = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return Thumbnail(preview_greys(shrunk(image)), text, str(shard))


def _rendered(last_made: LastMade, done: int) -> Thumbnail | None:
    from sim.dataset.export.images import preview_greys

    made = last_made.image(done)
    return None if made is None else Thumbnail(preview_greys(shrunk(made[0])), made[1], "")


def shrunk(image: NDArray[Any]) -> NDArray[Any]:
    """An image of at most about twice ``SIDE`` pixels a side: means of whole blocks.

    Parameters
    ----------
    image
        (H, W) counts.

    Returns
    -------
    (h, w) float64, or the image itself where it is small; what does not fill a block is left out.
    """
    factor = max(image.shape) // SIDE
    if factor < 2:
        return image
    height, width = (size // factor for size in image.shape)
    if not height or not width:
        return image
    whole = image[: height * factor, : width * factor]
    blocks = whole.reshape(height, factor, width, factor)
    means: NDArray[Any] = blocks.mean(axis=(1, 3), dtype=np.float64)
    return means


class RunObserver(QObject):
    """Looks at one dataset every other second while a run is going on.

    Attributes
    ----------
    done
        Images made so far, told from outside.
    """

    #: An :class:`Observation`.
    observed = Signal(object)

    def __init__(self, parent: QObject | None = None, interval: int = INTERVAL) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(interval)
        self._timer.timeout.connect(self.look_now)
        self._executor: ThreadPoolExecutor | None = None
        self._directory: Path | None = None
        self._seen = ""
        self._last_made: LastMade | None = None
        self.done = 0
        self._busy = False
        self._once_more = False
        self.observed.connect(self._note)

    def start(self, directory: Path, recipe: Recipe | None = None) -> None:
        """Begin with a folder, and with the recipe of what is made in it."""
        self._give_up_rendering()
        self._directory, self._seen, self._once_more = directory, "", False
        self._last_made = None if recipe is None else LastMade(recipe)
        self.done = 0
        self._timer.start()
        self.look_now()

    def stop(self) -> None:
        """Look once more, then no longer."""
        self._timer.stop()
        self._give_up_rendering()
        self._once_more = self._busy  # the look under way began before the end
        self.look_now()

    def look_now(self) -> None:
        """Look, unless a look is under way."""
        directory, seen, last_made, done = self._directory, self._seen, self._last_made, self.done
        if self._busy or directory is None:
            return
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="nanophantom-run-observer")
        self._busy = True

        def work() -> None:
            found: Observation | None = None
            try:
                found = look(directory, seen, last_made, done)
            except OSError:
                pass  # the folder vanished; the child will say so
            finally:
                with contextlib.suppress(RuntimeError):  # the window was closed in between
                    self.observed.emit(found)

        self._executor.submit(work)

    def _note(self, observation: Observation | None) -> None:
        self._busy = False
        if observation is not None and observation.thumbnail is not None:
            self._seen = observation.thumbnail.shard or self._seen
        if self._once_more:
            self._once_more = False
            self.look_now()

    def _give_up_rendering(self) -> None:
        last_made, self._last_made = self._last_made, None
        if last_made is not None:
            last_made.cancel()

    def close(self) -> None:
        """Stop the timer and the thread."""
        self._timer.stop()
        self._give_up_rendering()
        self._directory = None
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, cancel_futures=True)
