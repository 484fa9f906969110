"""Pictures of the Au55 classes for the start page, made by the engine in a worker thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.gui.frame.errors import report_error
from sim.core.errors import Cancelled

#: Yields (geometry, (H, W) uint8 image); calls the function it is given to learn whether to stop.
RenderClasses = Callable[[Callable[[], None]], Iterator[tuple[str, NDArray[np.uint8]]]]
#: The recipe whose first image of every class is shown.
CLASSES_RECIPE = "au55_four_classes"
#: Share of pixels that are drawn fully black and fully white, per cent.
CLIPPED = (0.35, 99.65)
#: Share of each side of the image that a thumbnail shows.
SHOWN_SHARE = 0.65


def render_classes(cancel: Callable[[], None]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The first image of every class of the shipped recipe, as grey levels.

    Parameters
    ----------
    cancel
        Raises ``Cancelled`` when nobody wants the images any more.

    Yields
    ------
    Geometry of the class, and its (H, W) uint8 image.
    """
    from sim.plan.plan import Plan, collect_structures
    from sim.recipe.toml import load_recipe
    from sim.render.context import RenderContext
    from sim.render.render import render

    recipe = load_recipe(CLASSES_RECIPE)
    plan = Plan(recipe, collect_structures(recipe, cancel))
    shown: set[str] = set()
    # Classes take turns, so the first images are of all of them.
    for index in range(min(len(plan), 16)):
        cancel()
        job = plan[index]
        if job.geometry not in shown:
            shown.add(job.geometry)
            sample = render(job, RenderContext(structures=plan.catalogue, cancel=cancel))
            yield job.geometry, grey(middle(sample.image))


def middle(image: NDArray[np.generic]) -> NDArray[np.generic]:
    """The middle of an image (H, W), where the particle is: a thumbnail needs no empty surroundings."""
    height, width = image.shape
    top, left = round(height * (1.0 - SHOWN_SHARE) / 2.0), round(width * (1.0 - SHOWN_SHARE) / 2.0)
    return image[top : height - top, left : width - left]


def grey(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    """An image (H, W) as grey levels between its darkest and brightest pixels, (H, W) uint8."""
    values = np.asarray(image, dtype=np.float64)
    low, high = np.percentile(values, CLIPPED)
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    return np.asarray(np.clip((values - low) / (high - low) * 255.0, 0.0, 255.0) + 0.5, np.uint8)


class ThumbnailMaker(QObject):
    """Runs a renderer once in a thread of its own.

    Parameters
    ----------
    render
        Makes the pictures.
    """

    #: Geometry, and its (H, W) uint8 image.
    made = Signal(str, object)
    #: The renderer is through, whether it made every picture or not.
    finished = Signal()

    def __init__(self, render: RenderClasses, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._render = render
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def started(self) -> bool:
        """Whether :meth:`start` has been called."""
        return self._thread is not None

    def start(self) -> None:
        """Begin, the first time."""
        if self._thread is None and not self._stop.is_set():
            self._thread = threading.Thread(target=self._work, name="start thumbnails", daemon=True)
            self._thread.start()

    def shutdown(self) -> None:
        """Stop, and wait for the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def _cancel(self) -> None:
        if self._stop.is_set():
            raise Cancelled

    def _work(self) -> None:
        try:
            for geometry, image in self._render(self._cancel):
                self._cancel()
                self.made.emit(geometry, image)
        except Cancelled:
            return
        except Exception as error:
            report_error(error, quiet=True)
        if not self._stop.is_set():
            self.finished.emit()
