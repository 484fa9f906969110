"""``nanophantom presets``: the named noise presets."""

from __future__ import annotations

import argparse
import json

from app.cli.output import print_table
from app.cli.parser import Parser

DESCRIPTION = "List the noise presets, or show all values of one."


def add_arguments(parser: Parser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="show this preset in full")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: argparse.Namespace) -> int:
    import tomli_w

    from sim.noise.presets import preset, presets

    if arguments.name is not None:
        chosen = preset(arguments.name)
        if arguments.json:
            print(json.dumps({"name": chosen.name, "text": chosen.text, "settings": chosen.tree()}, indent=2))
            return 0
        print(f"# {chosen.text}\n")
        print(tomli_w.dumps({"noise": chosen.tree()}).rstrip())
        return 0
    if arguments.json:
        print(
            json.dumps({name: entry.text for name, entry in presets().items()}, indent=2, ensure_ascii=False)
        )
        return 0
    print_table((name, entry.text) for name, entry in presets().items())
    return 0
