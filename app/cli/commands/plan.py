"""``nanophantom plan``: what a recipe would make, before it is made."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from app.amounts import bytes_text, estimate_text
from app.cli.making import make_plan
from app.cli.options import add_recipe, chosen_recipe
from app.cli.output import print_table
from app.cli.parser import Parser
from app.cli.progress import working
from app.cli.remarks import show_remarks
from app.forecast import (
    MOST_COUNTED,
    Forecast,
    dose_text,
    expected_warnings,
    forecast,
    points_text,
    seconds_per_image,
)
from app.remarks import notes_of

if TYPE_CHECKING:
    from sim.plan.plan import Plan

DESCRIPTION = f"""\
Say what a recipe would make: images, classes, splits, dose, bytes, time.  Nothing is written.

Images are counted one by one up to {MOST_COUNTED:,}; beyond, their shares are estimated.
"""


def add_arguments(parser: Parser) -> None:
    add_recipe(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    recipe = chosen_recipe(arguments)
    with working("none") as work:
        plan = make_plan(recipe, work.cancel)
        expected = forecast(plan, work.cancel)
        facts = _facts(plan, expected, seconds_per_image(plan, work.cancel))
    if arguments.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        print_table([(name, text) for name, text in _rows(facts, expected) if text])
    show_remarks("note", facts["notes"])
    show_remarks("warning", facts["warnings"])
    return 0


def _rows(facts: dict[str, Any], expected: Forecast) -> list[tuple[str, str]]:
    rows = [
        ("recipe", facts["recipe"]),
        ("images", f"{facts['images']} of {facts['height']} x {facts['width']} px ({facts['dtype']})"),
        ("varied", ", ".join(facts["varied"]) or "nothing"),
        ("sweep points", points_text(expected)),
        ("structures", str(facts["structures"])),
        ("classes", _classes_text(expected)),
    ]
    for name, split in expected.splits.items():
        if expected.exact:
            rows.append((name, f"{split['images']} images, {split['specimens']} specimens"))
        else:
            rows.append((name, f"about {split['images'] / facts['images']:.0%} of the images"))
    return [
        *rows,
        ("dose", dose_text(expected)),
        ("shards", str(facts["shards"])),
        ("on disk", f"up to {bytes_text(facts['bytes'])}, before compression"),
        ("memory", f"about {bytes_text(facts['memory_bytes'])} a worker for rendering"),
        ("time", f"{estimate_text(facts['seconds'])} on one processor of this machine"),
    ]


def _classes_text(expected: Forecast, most: int = 12) -> str:
    counts = list(expected.classes.items())
    if not expected.exact:
        if len(counts) > most:
            return f"at least {len(counts)}"  # a sample may miss some
        total = sum(expected.classes.values())
        return "about " + ", ".join(f"{count / total:.0%} {name}" for name, count in counts)
    shown = ", ".join(f"{count} {name}" for name, count in counts[:most])
    if len(counts) <= most:
        return shown
    few, many = min(expected.classes.values()), max(expected.classes.values())
    each = str(few) if few == many else f"{few} to {many}"
    return f"{shown} and {len(counts) - most} more ({each} images each)"


def _facts(plan: Plan, expected: Forecast, seconds_each: float) -> dict[str, Any]:
    total = len(plan)
    return {
        "recipe": plan.recipe.name,
        "images": total,
        "height": plan.shape[0],
        "width": plan.shape[1],
        "dtype": plan.count_dtype,
        "varied": [entry.path for entry in plan.recipe.vary],
        "structures": len(plan.catalogue),
        **expected.tree(),
        "shards": plan.shard_count,
        "bytes_per_image": plan.bytes_per_image,
        "bytes": total * plan.bytes_per_image,
        "memory_bytes": plan.memory_bytes,
        "seconds": round(total * seconds_each, 2),
        "notes": notes_of(plan),
        "warnings": expected_warnings(plan, expected),
    }
