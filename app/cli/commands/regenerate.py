"""``nanophantom regenerate``: one image again from its manifest line."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.output import print_table
from app.cli.parser import Parser
from app.cli.progress import working

DESCRIPTION = """\
Rebuild one image from its manifest line and the structure snapshots, and compare every array.

The original structure files are not needed.  Exit code 0 if all arrays are equal, 1 if not.
"""


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
            "equal" if item.equal else "DIFFERENT",
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
    print(f"{made.image_id}: NOT equal to the manifest ({made.remark})")
    return 1
