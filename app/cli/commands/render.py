"""``nanophantom render``: one image of a recipe, without a dataset."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.making import make_plan
from app.cli.options import add_no_cache, add_recipe, cache_folder, chosen_recipe, whole_number
from app.cli.parser import Parser
from app.cli.progress import working
from app.cli.remarks import show_remarks
from app.remarks import sample_warnings
from sim.core.errors import InputError, nearest

if TYPE_CHECKING:
    from sim.plan.plan import Plan
    from sim.recipe.model import Job

DESCRIPTION = """\
Write one image of a recipe: the same bytes that a dataset of this recipe holds.

    nanophantom render au55_four_classes --index 7 -o seven.tif

.npy holds the values as they are, .tif too, with the pixel size; .png is a preview in 256 greys.
"""


def add_arguments(parser: Parser) -> None:
    add_recipe(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--index", metavar="I", help="which image, from 0")
    which.add_argument("--image-id", metavar="ID", help="which image, by its image_id")
    parser.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="file to write (.npy, .tif or .png)"
    )
    parser.add_argument(
        "--clean", action="store_true", help="the noise-free expectation instead of the image"
    )
    add_no_cache(parser)


def run(arguments: argparse.Namespace) -> int:
    from app.cli.picture import check_target
    from sim.dataset.export.images import write_image
    from sim.render.cache import StageCache
    from sim.render.context import RenderContext
    from sim.render.render import render

    target = Path(arguments.output)
    check_target(target)
    recipe = chosen_recipe(arguments)
    with working("none") as work:
        plan = make_plan(recipe, work.cancel)
        job = _job(plan, arguments)
        cache = StageCache(directory=cache_folder(arguments))
        sample = render(job, RenderContext(structures=plan.catalogue, cache=cache, cancel=work.cancel))
    show_remarks("warning", sample_warnings(sample, job.image_id))
    write_image(target, sample.clean if arguments.clean else sample.image, job.image.pixel_size)
    height, width = sample.image.shape
    print(
        f"{target}: {job.image_id}, {height} x {width} px, {job.image.pixel_size:g} Å/px, seed {recipe.seed}"
    )
    return 0


def _job(plan: Plan, arguments: argparse.Namespace) -> Job:
    if arguments.index is not None:
        return plan[whole_number("--index", arguments.index, 0, len(plan) - 1)]
    ids = []
    for job in plan:
        if job.image_id == arguments.image_id:
            return job
        ids.append(job.image_id)
    raise InputError(
        "--image-id",
        "the recipe makes no such image",
        value=arguments.image_id,
        remedy=nearest(arguments.image_id, ids[:10_000]) or "see the manifest for the names",
    )
