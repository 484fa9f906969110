"""``nanophantom plan``: what a recipe would make, before it is made."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

from app.cli.making import make_plan
from app.cli.options import add_recipe, chosen_recipe
from app.cli.output import bytes_text, print_table, seconds_text
from app.cli.parser import Parser
from app.cli.progress import working

DESCRIPTION = "Say what a recipe would make: images, classes, bytes, time.  Nothing is written."

#: Images rendered to measure the time of one, and the seconds after which fewer must do.
TRIALS = 4
ENOUGH_SECONDS = 2.0
#: Compressed writing on one processor, bytes of arrays a second.
WRITE_RATE = 150e6


def add_arguments(parser: Parser) -> None:
    add_recipe(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    recipe = chosen_recipe(arguments)
    with working("none") as work:
        plan = make_plan(recipe, work.cancel)
        facts = _facts(plan, _seconds_per_image(plan, work.cancel))
    if arguments.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return 0
    height, width = plan.shape
    rows = [
        ("recipe", facts["recipe"]),
        ("images", f"{facts['images']} of {height} x {width} px ({facts['dtype']})"),
        ("varied", ", ".join(facts["varied"]) or "nothing"),
        ("structures", str(facts["structures"])),
        ("shards", str(facts["shards"])),
        ("on disk", f"up to {bytes_text(facts['bytes'])}, before compression"),
        ("memory", f"about {bytes_text(facts['memory_bytes'])} a worker for rendering"),
        ("time", f"about {seconds_text(facts['seconds'])} on one processor of this machine"),
    ]
    print_table(rows)
    return 0


def _facts(plan: Any, seconds_per_image: float) -> dict[str, Any]:
    total = len(plan)
    seconds = total * (seconds_per_image + plan.bytes_per_image / WRITE_RATE)
    return {
        "recipe": plan.recipe.name,
        "images": total,
        "height": plan.shape[0],
        "width": plan.shape[1],
        "dtype": plan.count_dtype,
        "varied": [entry.path for entry in plan.recipe.vary],
        "structures": len(plan.catalogue),
        "shards": plan.shard_count,
        "bytes_per_image": plan.bytes_per_image,
        "bytes": total * plan.bytes_per_image,
        "memory_bytes": plan.memory_bytes,
        "seconds": round(seconds, 2),
    }


def _seconds_per_image(plan: Any, cancel: Callable[[], None]) -> float:
    """Time of one image: the first warms up, a few more are measured unless that takes long."""
    from sim.render.context import RenderContext
    from sim.render.render import render

    context = RenderContext(structures=plan.catalogue, cancel=cancel)
    step = max(1, len(plan) // TRIALS)
    times: list[float] = []
    for index in (0, *range(0, len(plan), step)[:TRIALS]):
        started = time.perf_counter()
        render(plan[index], context)
        times.append(time.perf_counter() - started)
        if sum(times) > ENOUGH_SECONDS:
            break
    measured = times[1:] or times
    return sum(measured) / len(measured)
