"""``nanophantom verify``: read and hash a whole dataset."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.options import add_progress, worker_count
from app.cli.output import complain, remark
from app.cli.parser import Parser
from app.cli.progress import working

DESCRIPTION = """\
Hash everything in a dataset again and compare it with the manifest; every difference is a line.

Exit code 0 if all is as it was made, 1 if not.
"""


def add_arguments(parser: Parser) -> None:
    parser.add_argument("dataset", metavar="DIR", help="folder of the dataset")
    parser.add_argument("--workers", metavar="N", default="1", help="worker processes, or 'auto' (default 1)")
    add_progress(parser)


def run(arguments: argparse.Namespace) -> int:
    from sim.dataset.verify import verify

    workers = worker_count(arguments.workers)
    with working(arguments.progress) as work:
        report = verify(Path(arguments.dataset), workers=workers, progress=work.report, cancel=work.cancel)
        if report.sound:
            text = (
                f"{report.directory} is sound: {report.images} images, content_sha256 {report.content_sha256}"
            )
        else:
            text = f"{report.directory} is not what was made ({len(report.problems)} differences)"
        work.finished(
            text,
            sound=report.sound,
            images=report.images,
            content_sha256=report.content_sha256,
            problems=list(report.problems),
            notes=list(report.notes),
        )
    if not work.machine:
        for note in report.notes:
            remark("note", note)
        for problem in report.problems:
            complain(problem, 1)
    return 0 if report.sound else 1
