"""Pictures of Au55 classes and aggregates for the start page, made by the engine in a worker thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.gui.frame.aggregates import AGGREGATES
from app.gui.frame.errors import report_error
from app.gui.latest import Cancel, LatestTask, Tell

#: Yields (geometry or name, (H, W) uint8 image); calls the function it is given to learn whether to stop.
RenderClasses = Callable[[Cancel], Iterator[tuple[str, NDArray[np.uint8]]]]
#: The recipe whose first image of every class is shown.
CLASSES_RECIPE = "au55_four_classes"
#: Share of each side of the image that a thumbnail shows.
SHOWN_SHARE = 0.65


def render_cards(cancel: Cancel) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Pictures of all cards: those of the Au55 classes, then those of the aggregates, by their names."""
    yield from render_classes(cancel)
    yield from render_aggregates(cancel)


def render_aggregates(cancel: Cancel) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The first image of every aggregate that the window offers, as grey levels; arguments as above."""
    from app.gui.document.sections import with_values
    from app.gui.document.usual import with_usual
    from sim.dataset.export.images import preview_greys
    from sim.plan.plan import Plan, collect_structures
    from sim.recipe.model import Recipe
    from sim.render.context import RenderContext
    from sim.render.render import render

    usual = Recipe()
    for aggregate in AGGREGATES:
        cancel()
        recipe = with_values(usual, with_usual(usual, aggregate.values()))
        plan = Plan(recipe, collect_structures(recipe, cancel))
        sample = render(plan[0], RenderContext(structures=plan.catalogue, cancel=cancel))
        yield aggregate.name, preview_greys(middle(sample.image))


def render_classes(cancel: Cancel) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The first image of every class of the shipped recipe, as grey levels.

    Parameters
    ----------
    cancel
        Raises ``Cancelled`` when nobody wants the images any more.

    Yields
    ------
    Geometry of the class, and its (H, W) uint8 image.
    """
    from app.gui.document.fields import sections
    from sim.dataset.export.images import preview_greys
    from sim.plan.plan import Plan, collect_structures
    from sim.recipe.toml import load_recipe
    from sim.render.context import RenderContext
    from sim.render.render import render

    # Imports the settings of every kind while nothing is open yet: the first recipe has its panel sooner.
    sections()
    cancel()
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
            yield job.geometry, preview_greys(middle(sample.image))


def middle(image: NDArray[np.generic]) -> NDArray[np.generic]:
    """The middle of an image (H, W), where the particle is: a thumbnail needs no empty surroundings."""
    height, width = image.shape
    top, left = round(height * (1.0 - SHOWN_SHARE) / 2.0), round(width * (1.0 - SHOWN_SHARE) / 2.0)
    return image[top : height - top, left : width - left]


class ThumbnailMaker(QObject):
    """Runs a renderer in a thread of its own, until it was once through.

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
        self._through = False
        self._task = LatestTask("nanophantom-start-page", self)
        self._task.told.connect(self._take)
        self._task.failed.connect(self._failed)

    @property
    def through(self) -> bool:
        """Whether there is nothing left to make."""
        return self._through

    def start(self) -> None:
        """Begin, from the beginning where it was interrupted."""
        if not self._through:
            self._task.request(self._work)

    def interrupt(self) -> None:
        """Make no more for now: somebody else needs the processor."""
        self._task.cancel()

    def shutdown(self) -> None:
        """Stop, and wait for the thread; nothing begins any more."""
        self._through = True
        self._task.close()

    def _work(self, cancel: Cancel, tell: Tell) -> None:
        for picture in self._render(cancel):
            cancel()
            tell(picture)
        tell(None)

    def _take(self, picture: tuple[str, NDArray[np.uint8]] | None) -> None:
        if picture is None:
            self._end()
        else:
            self.made.emit(*picture)

    def _failed(self, error: Exception) -> None:
        # A card without a picture works as well: nobody need be told.
        report_error(error, quiet=True)
        self._end()

    def _end(self) -> None:
        self._through = True
        self.finished.emit()
