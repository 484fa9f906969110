"""``nanophantom schema``: every setting of a recipe."""

from __future__ import annotations

import argparse
import json

from app.cli.output import print_table
from app.cli.parser import Parser
from sim.core.errors import InputError, nearest

DESCRIPTION = """\
List every setting of a recipe with its range, default and meaning.

The path in the first column is what --set and [[vary]] take.
"""


def add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "section", nargs="?", default="", metavar="PATH", help="only this setting or group, e.g. imaging"
    )
    parser.add_argument("--json", action="store_true", help="the whole recipe as a JSON schema")


def run(arguments: argparse.Namespace) -> int:
    from sim.core.settings import Leaf, Quantity, model_fields
    from sim.recipe.model import Recipe

    if arguments.json:
        print(json.dumps(Recipe.model_json_schema(), indent=2, ensure_ascii=False))
        return 0
    leaves = list(model_fields(Recipe))
    section = arguments.section
    chosen = [
        leaf for leaf in leaves if not section or leaf.path == section or leaf.path.startswith(f"{section}.")
    ]
    if not chosen:
        paths = [leaf.path for leaf in leaves]
        groups = {path.rpartition(".")[0] for path in paths if "." in path}
        raise InputError("PATH", "is no setting of a recipe", value=section,
                         remedy=nearest(section, [*paths, *groups]) or "see nanophantom schema")  # fmt: skip

    def allowed(leaf: Leaf) -> str:
        if leaf.choices and not isinstance(leaf.description, Quantity):
            return " | ".join(map(str, leaf.choices))
        return leaf.description.allowed if isinstance(leaf.description, Quantity) else ""

    if len(chosen) == 1:
        leaf = chosen[0]
        print_table(
            (title, text)
            for title, text in (
                ("setting", leaf.path),
                ("allowed", allowed(leaf)),
                ("default", _default(leaf)),
                ("meaning", leaf.description.about if leaf.description else ""),
                ("reference", leaf.description.reference if leaf.description else ""),
            )
            if text
        )
        return 0
    about = {leaf.path: leaf.description.about if leaf.description else "" for leaf in chosen}
    print_table((leaf.path, allowed(leaf)[:40], _default(leaf), about[leaf.path]) for leaf in chosen)
    return 0


def _default(leaf: object) -> str:
    default = getattr(leaf, "default", None)
    if default is None:
        return ""
    if isinstance(default, (tuple, list)):
        return f"[{', '.join(map(str, default))}]"[:24]
    return str(default).replace("True", "true").replace("False", "false")
