"""``nanophantom demo``: something to look at in seconds."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path

from app.cli.making import generate
from app.cli.options import add_output, add_progress
from app.cli.output import own_command, save_picture
from app.cli.parser import Parser
from app.cli.progress import working
from sim.core.errors import Cancelled, InputError

DESCRIPTION = """\
Make a small dataset of the four Au55 classes with a contact sheet, and say how to open it.

It is the shipped recipe au55_four_classes with fewer images; made again, it is the same to the bit.
"""

RECIPE = "au55_four_classes"
IMAGES = 24
FOLDER = "nanophantom-demo"


def add_arguments(parser: Parser) -> None:
    add_output(parser, f"folder of the dataset (default {FOLDER})", required=False)
    parser.add_argument("--overwrite", action="store_true", help="replace what is in the folder")
    add_progress(parser)


def run(arguments: argparse.Namespace) -> int:
    from sim.dataset.contact_sheet import dataset_sheet
    from sim.recipe.toml import read_recipe

    directory = Path(arguments.output or FOLDER).absolute()
    recipe = read_recipe(RECIPE).with_value("images", IMAGES).recipe()
    with working(arguments.progress) as work:
        # Resuming finds an earlier demo complete, or takes up one that was interrupted.
        try:
            summary = generate(
                recipe, directory, work, 1, resume=not arguments.overwrite, overwrite=arguments.overwrite
            )
        except Cancelled:
            raise Cancelled("interrupted; the same command takes it up again") from None
        except InputError as error:
            if not arguments.output and error.parameter == str(directory):
                raise InputError(
                    str(directory), error.problem, remedy="give another folder with --output"
                ) from None
            raise
        # Beside the folder: a dataset holds nothing but itself.
        sheet = directory.with_name(f"{directory.name}.png")
        save_picture(dataset_sheet(directory, IMAGES // 4, work.cancel), sheet)
        lines = [
            "The demo is there already, unchanged:"
            if summary.already_complete
            else "A small dataset is ready:",
            f"  {directory}  ({summary.images} images of four Au55 clusters, with truth)",
            f"  {sheet}  (open it with {_viewer(sheet)})",
            "",
            "Look further:",
            f"  {own_command()} info {shlex.quote(str(directory))}",
            f"  {own_command()} verify {shlex.quote(str(directory))}",
            f"  {own_command()} --help",
        ]
        work.finished(
            "\n".join(lines),
            directory=str(directory),
            images=summary.images,
            content_sha256=summary.content_sha256,
            contact_sheet=str(sheet),
        )
    return 0


def _viewer(picture: Path) -> str:
    """What opens a picture on this system."""
    if os.name == "nt":
        return f'start "" "{picture}"'
    return f"{'open' if sys.platform == 'darwin' else 'xdg-open'} {shlex.quote(str(picture))}"
