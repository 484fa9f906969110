"""``nanophantom merge``: parts made on several machines become one dataset."""

from __future__ import annotations

import argparse

from app.cli.making import report
from app.cli.options import add_output, add_progress
from app.cli.parser import Parser
from app.cli.progress import working

DESCRIPTION = """\
Join the folders that several runs of one recipe made with --shards; the folders stay as they are.

    nanophantom run mine.toml --output part0 --shards 0:8       (on one machine)
    nanophantom run mine.toml --output part1 --shards 8:16      (on another)
    nanophantom merge part0 part1 --output mine
"""


def add_arguments(parser: Parser) -> None:
    parser.add_argument("parts", nargs="+", metavar="PART", help="folder that a run with --shards made")
    add_output(parser, "folder of the whole dataset; it must be empty or new")
    add_progress(parser)


def run(arguments: argparse.Namespace) -> int:
    from sim.dataset.merge import merge

    with working(arguments.progress) as work:
        report(work, merge(arguments.parts, arguments.output, progress=work.report, cancel=work.cancel))
    return 0
