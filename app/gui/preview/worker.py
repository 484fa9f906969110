"""What the preview's thread does: plan, render, prepare for the screen.  No Qt.

Used by one thread at a time.  Structures are read again only when the recipe's sources change, and the
plan is made again only when the recipe does; the stage cache keeps what earlier images share.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from app.gui.preview import draft, processing
from app.gui.preview.results import Display, Failure, Result, Selection
from app.gui.structure.details import Details, details_of
from sim.core.errors import InputErrors, NanophantomError
from sim.core.types import Built, Sample
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Job, Recipe
from sim.render.cache import StageCache
from sim.render.context import RenderContext
from sim.render.render import render as render_job
from sim.render.specimen import build_specimen
from sim.specimen.catalogue import Catalogue

Render = Callable[[Job, RenderContext], Sample]
Cancel = Callable[[], None]

#: Stage results kept in memory, bytes.
CACHE_BYTES = 512 * 2**20


@dataclass(frozen=True, eq=False)
class Request:
    """What to make.

    Attributes
    ----------
    token
        Number of the request.
    recipe, selection, display
        What to show and how.
    steps
        Images of the selected class to go on from the selection; negative goes back.
    samples
        Specimens of the same kind to go on from there.
    moving
        Part of a movement: a draft will do where the exact image is slow.
    only_display
        Prepare the last sample another way; nothing is rendered.
    reread
        Read the structure files again though the recipe names the same.
    """

    token: int
    recipe: Recipe
    selection: Selection
    display: Display
    steps: int = 0
    samples: int = 0
    moving: bool = False
    only_display: bool = False
    reread: bool = False


class PreviewWorker:
    """Makes results, one after another.

    Parameters
    ----------
    render
        Makes a sample of a job; the program's own unless a test says otherwise.
    """

    def __init__(self, render: Render | None = None) -> None:
        self._render = render or render_job
        self._cache = StageCache(CACHE_BYTES)
        self._policy = draft.DraftPolicy()
        self._sources: tuple[object, ...] | None = None
        self._catalogue = Catalogue()
        self._plan: Plan | None = None
        self._structure: tuple[object, Built, Details] | None = None
        self._last: Result | None = None

    def make(self, request: Request, cancel: Cancel) -> Result | None:
        """The result of a request; None where there is no sample yet that could be shown another way.

        Parameters
        ----------
        request
            What to make.
        cancel
            Raises ``Cancelled`` when nobody wants it any more; called between stages.
        """
        if request.only_display:
            return self._shown_anew(request)
        try:
            return self._made(request, cancel)
        except NanophantomError:
            raise
        except Exception:
            # Whatever went wrong may have left something half-made behind.
            self._forget()
            raise

    def _made(self, request: Request, cancel: Cancel) -> Result:
        begin = time.perf_counter()
        plan = self._planned(request, cancel)
        selection = self._selected(plan, request, cancel)
        job = plan[selection.index]
        pixels = plan.shape[0] * plan.shape[1]
        drafted = request.moving and self._policy.wants_draft(pixels)
        context = RenderContext(structures=plan.catalogue, cache=self._cache, cancel=cancel)
        sample = self._render(draft.draft_job(job, request.display.labels) if drafted else job, context)
        cancel()
        picture = processing.prepare(sample, job, request.display)
        # Not every specimen has one pose.
        pose = sample.truth.get("quaternion")
        built, details = self._before_posing(context, job)
        seconds = time.perf_counter() - begin
        if not drafted:
            self._policy.note_exact(pixels, seconds)
        result = Result(
            token=request.token,
            recipe=request.recipe,
            selection=selection,
            display=request.display,
            job=job,
            sample=sample,
            draft=draft.NOISE_FREE if drafted else "",
            structure=built.structure,
            parts=built.parts,
            details=details,
            quaternion=None if pose is None else np.asarray(pose, dtype=np.float64),
            picture=picture,
            classes=plan.class_names,
            total=len(plan),
            # A hash of the whole recipe costs as much as an image; a draft is over in a moment.
            digest="" if drafted else plan.sha256,
            bytes_per_image=plan.bytes_per_image,
            seconds=seconds,
            notes=tuple(plan.catalogue.warnings),
        )
        self._last = result
        return result

    def _shown_anew(self, request: Request) -> Result | None:
        last = self._last
        if last is None:
            return None
        begin = time.perf_counter()
        picture = processing.prepare(last.sample, last.job, request.display)
        self._last = replace(
            last,
            token=request.token,
            display=request.display,
            picture=picture,
            seconds=time.perf_counter() - begin,
        )
        return self._last

    # --- what stays between requests ---------------------------------------------------------

    def _planned(self, request: Request, cancel: Cancel) -> Plan:
        recipe = request.recipe
        # The structures follow from the specimen and from what varies in it.
        sources = (
            recipe.specimen,
            tuple(entry for entry in recipe.vary if entry.path.startswith("specimen.")),
        )
        if request.reread or sources != self._sources:
            self._forget()
            self._catalogue = collect_structures(recipe, cancel)
            self._sources = sources
        plan = self._plan
        if plan is None or (plan.recipe is not recipe and plan.recipe != recipe):
            cancel()
            plan = self._plan = Plan(recipe, self._catalogue)
        return plan

    def _forget(self) -> None:
        self._sources = None
        self._catalogue = Catalogue()
        self._plan = None
        self._structure = None

    def _before_posing(self, context: RenderContext, job: Job) -> tuple[Built, Details]:
        """The specimen before posing; the same objects for as long as it is the same specimen."""
        key = (job.specimen, job.structures, job.orientation_seed)
        if self._structure is None or self._structure[0] != key:
            built = build_specimen(job, context)
            self._structure = (key, built, details_of(job.specimen, built))
        return self._structure[1:]

    # --- which image -------------------------------------------------------------------------

    def _selected(self, plan: Plan, request: Request, cancel: Cancel) -> Selection:
        index = min(max(request.selection.index, 0), len(plan) - 1)
        wanted = request.selection.class_name
        if wanted and wanted not in plan.class_names:
            wanted = ""  # the recipe has changed and no longer knows the class
        if wanted:
            found = find_image(plan, index, wanted, request.steps, cancel)
        else:
            found = min(max(index + request.steps, 0), len(plan) - 1)
        for _ in range(request.samples):
            found = plan.another_sample(found)
        return Selection(found, wanted)


def find_image(plan: Plan, index: int, class_name: str, steps: int, cancel: Cancel) -> int:
    """The image of a class that lies some steps from an index.

    Parameters
    ----------
    plan
        The sequence that is searched.
    index
        Where to begin.  An image of another class is first left for the nearest one of the class,
        forwards and then backwards.
    class_name
        Class that the image must have.
    steps
        Images of the class to go on; negative goes back.  The search stays at the last one before an end.
    cancel
        Called while searching.

    Returns
    -------
    The index found; ``index`` itself where the plan has no image of the class.
    """
    found = plan.next_of_class(index, class_name, 1, cancel)
    if found is None:
        found = plan.next_of_class(index - 1, class_name, -1, cancel)
    if found is None:
        return index
    direction = 1 if steps > 0 else -1
    for _ in range(abs(steps)):
        further = plan.next_of_class(found + direction, class_name, direction, cancel)
        if further is None:
            break
        found = further
    return found


def failure_of(token: int, error: Exception) -> Failure:
    """The failure that an exception stands for.

    Parameters
    ----------
    token
        Number of the request.
    error
        What was raised while it was made.
    """
    if isinstance(error, InputErrors):
        return Failure(token, str(error), error.errors[0].parameter)
    if isinstance(error, NanophantomError):
        return Failure(token, str(error), str(getattr(error, "parameter", "")))
    if isinstance(error, MemoryError):
        return Failure(token, "There is not enough memory for this image; make it smaller.", "image")
    return Failure(token, f"The image could not be made: {type(error).__name__}: {error}", unexpected=error)
