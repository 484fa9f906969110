"""From a recipe to a dataset on disk: what ``generate``, ``run`` and ``demo`` have in common."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.options import cache_folder, whole_number, worker_count
from app.cli.output import own_command
from app.cli.progress import Work, working
from app.cli.remarks import show_remarks
from app.remarks import flag_warnings, notes_of, split_warnings
from sim.core.errors import Cancelled, InputError

if TYPE_CHECKING:
    from sim.dataset.run import Summary
    from sim.plan.plan import Plan
    from sim.recipe.model import Recipe

MOST_SHARDS = 1_000_000


def make_plan(recipe: Recipe, cancel: Callable[[], None]) -> Plan:
    """Read the structures and plan the recipe."""
    from sim.plan.plan import Plan, collect_structures

    return Plan(recipe, collect_structures(recipe, cancel))


def make_dataset(recipe: Recipe, arguments: argparse.Namespace) -> int:
    """Plan and generate, with progress, cancel and a closing sentence; the exit code.

    Parameters
    ----------
    recipe
        The validated recipe.
    arguments
        Of a command that has :func:`app.cli.options.add_run_options` and ``output``.
    """
    workers = worker_count(arguments.workers)
    shards = shard_range(getattr(arguments, "shards", None))
    with working(arguments.progress) as work:
        try:
            summary = generate(
                recipe,
                Path(arguments.output),
                work,
                workers,
                arguments.resume,
                arguments.overwrite,
                shards,
                cache_folder(arguments),
            )
        except (Cancelled, KeyboardInterrupt):
            raise Cancelled(f"interrupted; finished shards are kept, go on with: {_to_resume()}") from None
        report(work, summary)
    return 0


def generate(
    recipe: Recipe,
    directory: Path,
    work: Work,
    workers: int,
    resume: bool,
    overwrite: bool,
    shards: tuple[int, int] | None = None,
    cache: Path | None = None,
) -> Summary:
    """The engine's run with this command line's progress and cancel."""
    from sim.dataset.run import generate_dataset

    plan = make_plan(recipe, work.cancel)
    show_remarks("note", notes_of(plan))
    return generate_dataset(
        plan, directory, workers=workers, resume=resume, overwrite=overwrite, shards=shards,
        progress=work.report, cancel=work.cancel, cache=cache,
    )  # fmt: skip


def shard_range(text: str | None) -> tuple[int, int] | None:
    """``--shards A:B``: the first shard and the one after the last, as Python counts."""
    if text is None:
        return None
    first, colon, last = text.partition(":")
    if not colon:
        raise InputError(
            "--shards",
            "is no range",
            value=text,
            allowed="A:B",
            remedy="write for example 0:8 for the first eight",
        )
    start = whole_number("--shards", first or "0", 0, MOST_SHARDS - 1)
    return start, whole_number("--shards", last, start + 1, MOST_SHARDS)


def report(work: Work, summary: Summary) -> None:
    """Say what there is now and what to do with it."""
    directory = summary.directory
    warnings = _warnings(summary)
    if not summary.complete:
        text = f"{summary.made} images made, a part of the dataset; join the parts with nanophantom merge"
    elif summary.already_complete:
        text = f"{directory} is complete: {summary.images} images, content_sha256 {summary.content_sha256}"
    else:
        text = f"{summary.images} images in {directory}, content_sha256 {summary.content_sha256}"
    work.finished(
        text,
        directory=str(directory),
        complete=summary.complete,
        images=summary.images,
        made=summary.made,
        content_sha256=summary.content_sha256,
        warnings=warnings,
    )
    show_remarks("warning", warnings)


def _warnings(summary: Summary) -> list[str]:
    """What the finished dataset's own counts say of its splits and masks."""
    if not summary.complete:
        return []
    document = summary.document
    shares = document["recipe"]["dataset"]["split"]
    return [
        *split_warnings(document["splits"], list(document["classes"]), shares),
        *flag_warnings(document.get("flagged", {}), document["images"]),
    ]


def _to_resume() -> str:
    """The command line that was typed, made to go on."""
    words = [word for word in sys.argv[1:] if word != "--overwrite"]
    return f"{own_command()} {shlex.join(words if '--resume' in words else [*words, '--resume'])}"
