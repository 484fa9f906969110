"""``nanophantom recipes``: the recipes that come with the program."""

from __future__ import annotations

import argparse

from app.cli.output import print_table
from app.cli.parser import Parser

DESCRIPTION = """\
List the recipes that come with the program, or print one.

A shipped recipe's name works wherever a recipe file does.  To start your own:

    nanophantom recipes au55_four_classes > mine.toml
"""


def add_arguments(parser: Parser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="print this recipe")


def run(arguments: argparse.Namespace) -> int:
    from importlib import resources

    from sim.core.errors import InputError, nearest
    from sim.recipe.toml import shipped_recipes

    shipped = shipped_recipes()
    if arguments.name is None:
        print_table((name, " ".join(about.split())) for name, about in shipped.items())
        return 0
    if arguments.name not in shipped:
        raise InputError("NAME", "is no shipped recipe", value=arguments.name, allowed=", ".join(shipped),
                         remedy=nearest(arguments.name, shipped) or "choose one of these")  # fmt: skip
    # The file itself and not its parsed form: its comments explain the choices.
    print(
        (resources.files("resources") / "recipes" / f"{arguments.name}.toml")
        .read_text(encoding="utf-8")
        .rstrip()
    )
    return 0
