"""``nanophantom run``: a recipe becomes a dataset."""

from __future__ import annotations

import argparse

from app.cli.making import make_dataset
from app.cli.options import add_output, add_recipe, add_run_options, chosen_recipe
from app.cli.parser import Parser

DESCRIPTION = """\
Turn a recipe into a dataset.

    nanophantom run au55_four_classes --output four_classes --images 1000 --workers 2
    nanophantom run mine.toml --output mine --set imaging.sigma=0.9 --set noise.preset=titan_scan
"""


def add_arguments(parser: Parser) -> None:
    add_recipe(parser)
    add_output(parser, "folder of the dataset; it must be empty or new")
    parser.add_argument(
        "--shards", metavar="A:B",
        help="make only shards A to B-1, on one machine of several; join the folders with nanophantom merge",
    )  # fmt: skip
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    return make_dataset(chosen_recipe(arguments), arguments)
