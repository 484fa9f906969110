"""What the preview's thread does: plan, render, prepare for the screen.  No Qt.

Used by one thread at a time.  Structures are read again only when the recipe's sources change, and the
plan is made again only when the recipe does; the stage cache keeps what earlier images share.

An image of electron waves takes seconds to minutes.  Where its waves are not there yet, a draft is handed
over first and the exact image follows from the same request.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from app.gui.preview import draft, processing
from app.gui.preview.results import Display, Failure, Made, Result, Selection
from app.gui.structure.details import Details
from app.gui.structure.specimens import view_of
from app.machine import processors
from app.remarks import sample_warnings
from sim.core.errors import Cancelled, InputErrors, NanophantomError
from sim.core.places import stages_folder
from sim.core.types import Sample
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Job, Recipe
from sim.render.cache import KeptOnly, MemoryOnly, NotKept, StageCache
from sim.render.context import RenderContext
from sim.render.render import render as render_job
from sim.render.specimen import build_specimen, pose_specimen
from sim.specimen.catalogue import Catalogue

Render = Callable[[Job, RenderContext], Sample]
Cancel = Callable[[], None]

#: Stage results kept in memory, bytes.
CACHE_BYTES = 512 * 2**20
#: Threads of one image, at most; one processor is left to the window.
MOST_THREADS = 4


def _unheard(what: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Listener:
    """What is told while an image is made, in the worker's threads.

    Attributes
    ----------
    draft
        Called with a draft; its exact image is being made.
    stage
        Called with the name of every stage of the exact image as it begins.
    """

    draft: Callable[[Result], None] = field(default=_unheard)
    stage: Callable[[str], None] = field(default=_unheard)


UNHEARD = Listener()


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
    folder
        Where costly stage results are kept between starts; by default where all programs keep them.
    """

    def __init__(self, render: Render | None = None, folder: Path | None = None) -> None:
        self._render = render or render_job
        self._cache = StageCache(CACHE_BYTES, directory=stages_folder() if folder is None else folder)
        self._threads = max(1, min(MOST_THREADS, processors() - 1))
        self._policy = draft.DraftPolicy()
        self._sources: tuple[object, ...] | None = None
        self._catalogue = Catalogue()
        self._plan: Plan | None = None
        self._structure: tuple[object, Any, Details] | None = None
        self._last: Result | None = None

    def make(self, request: Request, cancel: Cancel, listener: Listener = UNHEARD) -> Result | None:
        """The result of a request; None where there is no sample yet that could be shown another way.

        Parameters
        ----------
        request
            What to make.
        cancel
            Raises ``Cancelled`` when nobody wants it any more; called between stages and inside slow ones.
        listener
            Gets a draft where the exact image is slow, and hears of its stages.
        """
        if request.only_display:
            return self._shown_anew(request)
        try:
            return self._made(request, cancel, listener)
        except NanophantomError:
            raise
        except Exception:
            # Whatever went wrong may have left something half-made behind.
            self._forget()
            raise

    def _made(self, request: Request, cancel: Cancel, listener: Listener) -> Result:
        begin = time.perf_counter()
        plan = self._planned(request, cancel)
        selection = self._selected(plan, request, cancel)
        work = _Work(request, plan, selection, plan[selection.index], cancel, listener, begin)
        if draft.has_waves(work.job):
            return self._made_of_waves(work)
        pixels, model = work.pixels, work.job.imaging.model
        drafted = None
        if request.moving and self._policy.wants_draft(pixels, model):
            drafted = draft.drafted_noise(work.job, draft.needed_labels(request.display))
        result = self._rendered(work, self._context(work), drafted)
        if drafted is None:
            self._policy.note_exact(pixels, result.seconds, model)
        return result

    def _made_of_waves(self, work: _Work) -> Result:
        """From waves that are there if that is quick, else a draft and, at rest, the exact image."""
        moving = work.request.moving
        if self._policy.may_be_exact(work.pixels, work.job.imaging.model, moving=moving):
            try:
                return self._of_kept_waves(work)
            except NotKept:
                pass
        drafted = self._drafted(work)
        if drafted is not None:
            if moving:
                return drafted
            work.listener.draft(drafted)
        try:
            return self._of_kept_waves(work)
        except NotKept:
            return self._rendered(work, self._context(work))

    def _of_kept_waves(self, work: _Work) -> Result:
        begin = time.perf_counter()
        result = self._rendered(work, replace(self._context(work), cache=KeptOnly(self._cache)))
        self._policy.note_exact(work.pixels, time.perf_counter() - begin, work.job.imaging.model)
        return result

    def _drafted(self, work: _Work) -> Result | None:
        """The draft of an image of waves; None where it has none, or cannot be made."""
        request, last = work.request, self._last
        if (
            last is not None
            and last.draft
            and (last.recipe is request.recipe and last.selection == work.selection)
            and last.display == request.display
        ):
            return replace(last, token=request.token)
        context = replace(self._context(work), cache=MemoryOnly(self._cache), progress=_unheard)
        work.listener.stage("draft")
        try:
            specimen, _ = pose_specimen(work.job, context)
            drafted = draft.drafted_waves(work.job, specimen, draft.needed_labels(request.display))
            return None if drafted is None else self._rendered(work, context, drafted)
        except Cancelled:
            raise
        except NanophantomError:
            if request.moving:
                raise
            return None  # the exact image has the same to say
        except Exception:
            if request.moving:
                raise
            # That there is no draft is no reason against the exact image.
            logging.getLogger(__name__).warning("a draft could not be made", exc_info=True)
            return None

    def _context(self, work: _Work) -> RenderContext:
        return RenderContext(
            structures=work.plan.catalogue,
            cache=self._cache,
            cancel=work.cancel,
            progress=work.listener.stage,
            workers=self._threads,
        )

    def _rendered(self, work: _Work, context: RenderContext, drafted: draft.Drafted | None = None) -> Result:
        """Render one job, exact or drafted, and prepare it for the screen."""
        request, plan, job = work.request, work.plan, work.job
        sample = self._render(job if drafted is None else drafted.job, context)
        work.cancel()
        picture = processing.prepare(sample, job, request.display)
        # Not every specimen has one pose.
        pose = sample.truth.get("quaternion")
        built, details = self._before_posing(context, job)
        result = Result(
            token=request.token,
            recipe=request.recipe,
            selection=work.selection,
            display=request.display,
            job=job,
            sample=sample,
            draft="" if drafted is None else drafted.mark,
            structure=view_of(job.specimen.kind).subject(built),
            parts=built.parts,
            details=details,
            quaternion=None if pose is None else np.asarray(pose, dtype=np.float64),
            picture=picture,
            classes=plan.class_names,
            total=len(plan),
            # A hash of the whole recipe costs as much as an image; a draft is over in a moment.
            digest=plan.sha256 if drafted is None else "",
            bytes_per_image=plan.bytes_per_image,
            seconds=time.perf_counter() - work.begun,
            notes=(*plan.catalogue.warnings, *sample_warnings(sample, job.image_id)),
            differs=() if drafted is None else drafted.differs,
            made=self._made_from(job if drafted is None else drafted.job, context),
        )
        self._last = result
        return result

    def _made_from(self, job: Job, context: RenderContext) -> Made:
        """For views that ask for more: in one thread beside the preview's, heard of by nobody."""
        cache = self._cache if isinstance(context.cache, KeptOnly) else context.cache
        return Made(job, RenderContext(context.structures, cache))

    def _shown_anew(self, request: Request) -> Result | None:
        self._last = None if self._last is None else shown_anew(self._last, request)
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

    def _before_posing(self, context: RenderContext, job: Job) -> tuple[Any, Details]:
        """The specimen before posing; the same objects for as long as it is the same specimen."""
        key = (job.specimen, job.structures, job.orientation_seed)
        if self._structure is None or self._structure[0] != key:
            built = build_specimen(job, context)
            self._structure = (key, built, view_of(job.specimen.kind).details(job.specimen, built))
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


@dataclass(frozen=True)
class _Work:
    """One request on its way: its plan, its image, and who wants to hear."""

    request: Request
    plan: Plan
    selection: Selection
    job: Job
    cancel: Cancel
    listener: Listener
    begun: float

    @property
    def pixels(self) -> int:
        return self.plan.shape[0] * self.plan.shape[1]


def shown_anew(result: Result, request: Request) -> Result:
    """A result with the display of a request; nothing is rendered."""
    begin = time.perf_counter()
    picture = processing.prepare(result.sample, result.job, request.display)
    return replace(
        result,
        token=request.token,
        display=request.display,
        picture=picture,
        seconds=time.perf_counter() - begin,
    )


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
