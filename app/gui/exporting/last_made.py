"""The image that a run has made last, while no finished file holds it: rendered once more.  No Qt."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from sim.core.errors import Cancelled
from sim.recipe.model import Recipe

if TYPE_CHECKING:
    from sim.plan.plan import Plan

#: Structure files that are read for it; a small picture is worth no more.
MOST_STRUCTURES = 100


class LastMade:
    """Renders images of a recipe, in whatever thread asks; one at a time.

    Parameters
    ----------
    recipe
        What the run makes.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._plan: Plan | None = None
        self._cancelled = threading.Event()
        self._done = 0

    def image(self, done: int) -> tuple[NDArray[Any], str] | None:
        """The image that made it ``done`` images.

        Parameters
        ----------
        done
            Images made so far.

        Returns
        -------
        (H, W) counts with the bytes that the dataset gets, and the image's name; None where there is none
        yet, the last call gave it already, or the recipe has too many structures.

        Raises
        ------
        NanophantomError
            If it cannot be rendered, or was cancelled.
        """
        from sim.plan.plan import Plan, collect_structures
        from sim.render.context import RenderContext
        from sim.render.render import render

        files = getattr(self._recipe.specimen, "files", ())
        if done < 1 or done == self._done or len(files) > MOST_STRUCTURES:
            return None
        self._check()
        if self._plan is None:
            self._plan = Plan(self._recipe, collect_structures(self._recipe, self._check))
        if done > len(self._plan):
            return None
        job = self._plan[done - 1]
        sample = render(job, RenderContext(structures=self._plan.catalogue, cancel=self._check))
        self._done = done
        return sample.image, job.image_id

    def cancel(self) -> None:
        """Give up what is being rendered, and everything after; from any thread."""
        self._cancelled.set()

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled
