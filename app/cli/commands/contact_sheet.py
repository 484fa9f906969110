"""``nanophantom contact-sheet``: one picture of a dataset."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.options import whole_number
from app.cli.output import save_picture
from app.cli.parser import Parser

DESCRIPTION = """\
Draw an overview picture of a dataset: the grid of a sweep, or examples of every class.

Below each panel stands what varies and is not in a heading; the caption says which panels share a range of
grey levels.
"""


def add_arguments(parser: Parser) -> None:
    parser.add_argument("dataset", metavar="DIR", help="folder of the dataset")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="picture to write (default: DIR.png beside the folder)"
    )
    parser.add_argument("--examples", metavar="N", default="6", help="images a class, 1 to 12 (default 6)")


def run(arguments: argparse.Namespace) -> int:
    from sim.dataset.contact_sheet import dataset_sheet

    directory = Path(arguments.dataset)
    examples = whole_number("--examples", arguments.examples, 1, 12)
    target = (
        Path(arguments.output)
        if arguments.output
        else directory.absolute().with_name(f"{directory.absolute().name}.png")
    )
    save_picture(dataset_sheet(directory, examples), target)
    print(target)
    return 0
