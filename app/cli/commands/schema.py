"""``nanophantom schema``: every setting of a recipe."""

from __future__ import annotations

import argparse
import inspect
import json
from typing import TYPE_CHECKING, Any, get_origin

from app.cli.output import print_table
from app.cli.parser import Parser
from sim.core.errors import InputError, nearest

if TYPE_CHECKING:
    from sim.core.settings import Leaf

DESCRIPTION = """\
List every setting of a recipe with its range, default and meaning.

    nanophantom schema imaging          the settings of one group
    nanophantom schema imaging.sigma    one setting in full
    nanophantom schema vary             the laws by which settings vary, with an example of each

The path in the first column is what --set and [[vary]] take.
"""

#: On a terminal, how wide path, range and default may be.
WIDEST = (36, 26, 14)
#: In place of a default.
REQUIRED = "(required)"
#: Kinds of value in words.
VALUES = {bool: "true | false", int: "a whole number", float: "a number", str: "text", tuple: "a list"}


def add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "section", nargs="?", default="", metavar="PATH", help="only this setting or group, e.g. imaging"
    )
    parser.add_argument("--json", action="store_true", help="the whole recipe as a JSON schema")


def run(arguments: argparse.Namespace) -> int:
    from sim.core.settings import model_fields
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
    if len(chosen) > 1 or section != chosen[0].path:
        print_table((_row(leaf) for leaf in chosen), widest=WIDEST)
    elif chosen[0].groups and not chosen[0].choices:
        _show_list(chosen[0])
    else:
        _show_setting(chosen[0])
    return 0


def _row(leaf: Leaf) -> tuple[str, str, str, str]:
    meaning = _about(leaf)
    if leaf.only_if:
        meaning += f" ({leaf.only_if})"
    if leaf.groups and not leaf.choices:
        meaning += f" A list: see nanophantom schema {leaf.path}."
    return leaf.path, _allowed(leaf), _default(leaf), meaning.strip()


def _show_setting(leaf: Leaf) -> None:
    """One setting in full."""
    rows = [
        ("setting", leaf.path),
        ("only if", leaf.only_if),
        ("allowed", _allowed(leaf)),
        ("default", _default(leaf)),
        ("meaning", _about(leaf)),
        ("reference", leaf.description.reference if leaf.description else ""),
    ]
    print_table((title, text) for title, text in rows if text)
    if leaf.groups:
        print()
        name = leaf.path.rpartition(".")[2]
        print_table(((_word(group, name), _docstring(group)) for group in leaf.groups), indent="  ")


def _show_list(leaf: Leaf) -> None:
    """A list of tables: what every entry holds, then what only some of them hold, with examples."""
    from app.cli.examples import ENTRIES, VARY
    from sim.core.settings import model_fields

    members = {group: {entry.path: entry for entry in model_fields(group)} for group in leaf.groups}
    common = [name for name in next(iter(members.values())) if all(name in held for held in members.values())]
    kind = next((name for name in common if len({_word(group, name) for group in members}) > 1), "")
    print_table([("setting", leaf.path), ("meaning", _about(leaf))])
    print(f"\nIn every [[{leaf.path}]]:")
    rows = []
    for name in common:
        path, allowed, default, meaning = _entry_row(leaf.groups[0], next(iter(members.values()))[name])
        if name == kind:
            words = [_word(group, kind) for group in members]
            allowed, default, meaning = " | ".join(words), REQUIRED, "Which of the kinds below."
        rows.append((path, allowed, default, meaning))
    print_table(rows, indent="  ", widest=WIDEST)
    if leaf.path in ENTRIES:
        example, remark = ENTRIES[leaf.path]
        _show_example(leaf.path, example)
        print(f"\n{remark}")
    if not kind:
        return
    for group, held in members.items():
        word = _word(group, kind)
        print(f"\n{kind} = {json.dumps(word)}")
        print_table([(_docstring(group),)], indent="  ")
        own = [_entry_row(group, entry) for name, entry in held.items() if name not in common]
        print_table(own, indent="    ", widest=WIDEST)
        if leaf.path == "vary":
            _show_example(leaf.path, VARY[word])


def _entry_row(group: Any, leaf: Leaf) -> tuple[str, str, str, str]:
    path, allowed, default, meaning = _row(leaf)
    return path, allowed, REQUIRED if group.model_fields[leaf.path].is_required() else default, meaning


def _show_example(path: str, text: str) -> None:
    print()
    for line in (f"[[{path}]]", *text.splitlines()):
        print(f"    {line}")


def _word(group: Any, name: str) -> str:
    """The word by which a kind is told from the others; empty where the field is no such word."""
    from sim.core.settings import model_fields

    choices = next((leaf.choices for leaf in model_fields(group) if leaf.path == name), ())
    return str(choices[0]) if len(choices) == 1 else ""


def _docstring(group: Any) -> str:
    """What a kind is, from its class, in one paragraph."""
    return " ".join((inspect.getdoc(group) or "").replace("``", "").split())


def _about(leaf: Leaf) -> str:
    return leaf.description.about if leaf.description else ""


def _allowed(leaf: Leaf) -> str:
    from sim.core.settings import Quantity

    ranges = [leaf.description.allowed] if isinstance(leaf.description, Quantity) else []
    words = " | ".join('""' if word == "" else str(word) for word in leaf.choices)
    return " or ".join([*ranges, words] if words else ranges) or _kind_of_value(leaf.annotation)


def _kind_of_value(annotation: Any) -> str:
    """What is written for a setting that has neither a range nor words to choose from."""
    from sim.core.description import members_of

    kinds = {get_origin(member) or member for member in members_of(annotation)} - {type(None)}
    found = [VALUES[kind] for kind in VALUES if kind in kinds]
    return " or ".join(found)


def _default(leaf: Leaf) -> str:
    default = leaf.default
    if default is None:
        return ""
    if isinstance(default, (tuple, list)):
        # Entries that are groups by their names; what stands in them has paths of its own.
        return f"[{', '.join(str(getattr(entry, 'name', entry)) for entry in default)}]"
    return str(default).replace("True", "true").replace("False", "false")
