"""``nanophantom regenerate``: one image again from its manifest line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.output import print_table
from app.cli.parser import Parser
from app.cli.progress import working

if TYPE_CHECKING:
    from sim.dataset.regenerate import Comparison

DESCRIPTION = """\
Rebuild one image from its manifest line and the structure snapshots, and compare every array.

The original structure files are not needed.  Exit code 0 if all arrays are equal, 1 if one differs.

Arrays of tier B (dataset.json names the tier of each) have equal bits only with the libraries and the
kind of processor that they were made with.  Made anywhere else they may differ within a tolerance:
no value further off than 0.001 of the largest value of its array, and of counts and labels a share
of 0.02 different at most.  Exit code 3 if that is all there is.
"""

#: What differs is within the tolerance of tier B.
WITHIN_TOLERANCE = 3


def add_arguments(parser: Parser) -> None:
    parser.add_argument("dataset", metavar="DIR", help="folder of the dataset")
    parser.add_argument(
        "--image-id", metavar="ID", required=True, help="image_id of a line of manifest.jsonl"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="also write the rebuilt image (.npy, .tif or .png)"
    )


def run(arguments: argparse.Namespace) -> int:
    from app.cli.picture import check_target
    from sim.dataset.export.images import write_image
    from sim.dataset.regenerate import regenerate

    target = Path(arguments.output) if arguments.output else None
    if target is not None:
        check_target(target)
    with working("none") as work:
        made = regenerate(Path(arguments.dataset), arguments.image_id, cancel=work.cancel)
    print_table(
        (
            item.name,
            f"tier {item.tier}" if item.tier else "",
            _outcome(item),
            item.found or "missing",
        )
        for item in made.comparisons
    )
    if target is not None:
        write_image(target, made.sample.image, made.pixel_size)
        print(target)
    if made.equal:
        print(f"{made.image_id}: all {len(made.comparisons)} arrays are equal to the manifest")
        return 0
    if made.verdict == "within tolerance":
        print(f"{made.image_id}: differs within the tolerance of tier B ({made.remark})")
        return WITHIN_TOLERANCE
    print(f"{made.image_id}: NOT equal to the manifest ({made.remark})")
    return 1


def _outcome(item: Comparison) -> str:
    if item.equal:
        return "equal"
    word = "within tolerance" if item.within_tolerance else "DIFFERENT"
    return f"{word}: {item.measured}" if item.measured else word
