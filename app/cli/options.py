"""Options that several commands share, and options whose help comes from a setting's own description."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.parser import Parser
from app.machine import processors
from sim.core.errors import InputError, InputErrors

if TYPE_CHECKING:
    from sim.recipe.toml import RecipeText

#: Numbers are written in one way everywhere: plain decimal digits, a sign, where the number is no whole
#: one a point and an exponent.  No hexadecimal, no digits in groups, no digits of other scripts.
WHOLE = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
NOT_FINITE = re.compile(r"[+-]?(nan|inf)", re.IGNORECASE)
#: No number of this program has as many characters.
LONGEST_NUMBER = 40
SIZE = re.compile(r"([0-9]+)(?:[x×]([0-9]+))?")
SIZES = "N, HEIGHTxWIDTH or auto; 8 to 16384 px a side"
MOST_WORKERS = 256


def add_output(parser: Parser, about: str, *, required: bool = True) -> None:
    """``--output DIR`` under both of its names."""
    parser.add_argument(
        "--output", "--output-dir", dest="output", metavar="DIR", required=required, help=about
    )


def add_run_options(parser: Parser) -> None:
    """What every command that makes a dataset takes."""
    parser.add_argument(
        "--workers", metavar="N", default="1",
        help="worker processes, or 'auto' for one a processor; the result does not depend on it (default 1)",
    )  # fmt: skip
    parser.add_argument(
        "--resume", action="store_true", help="go on with an unfinished dataset, or start one"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is in the folder")
    add_no_cache(parser)
    add_progress(parser)


def add_no_cache(parser: Parser) -> None:
    """``--no-cache``: keep no exit waves on disk."""
    parser.add_argument(
        "--no-cache", action="store_true",
        help="neither take exit waves and scans from earlier runs nor keep them for later ones (at most 5 GB "
        "in the program's cache folder); the result does not depend on it",
    )  # fmt: skip


def cache_folder(arguments: argparse.Namespace) -> Path | None:
    """Where costly results are kept; None with ``--no-cache``."""
    from sim.core.places import stages_folder

    return None if arguments.no_cache else stages_folder()


def add_progress(parser: Parser) -> None:
    """``--progress``: a line for people or lines for programs."""
    parser.add_argument(
        "--progress", choices=("auto", "json", "none"), default="auto",
        help="auto: a line on stderr if that is a terminal; json: one JSON object a line on stdout, and "
        "'pause', 'resume' and 'cancel' lines are read from stdin, whose end cancels; none: nothing",
    )  # fmt: skip


def add_assignments(parser: Parser) -> None:
    """``--set path=value``, any number of times."""
    parser.add_argument(
        "--set", dest="assignments", metavar="PATH=VALUE", action="append", default=[],
        help="change one setting, e.g. imaging.sigma=0.9 or noise.preset=titan_scan (repeatable)",
    )  # fmt: skip


def with_assignments(text: RecipeText, assignments: list[str]) -> RecipeText:
    """The recipe with every ``--set`` put in."""
    from sim.recipe.toml import parse_assignment

    for assignment in assignments:
        text = text.with_value(*parse_assignment(assignment))
    return text


def add_recipe(parser: Parser) -> None:
    """The recipe and changes to it."""
    parser.add_argument("recipe", metavar="RECIPE", help="a .toml file, or the name of a shipped recipe")
    add_assignments(parser)
    parser.add_argument("--images", metavar="N", help="number of images in all, spread evenly")
    parser.add_argument("--seed", metavar="N", help="another seed gives another dataset of the same kind")


def chosen_recipe(arguments: argparse.Namespace) -> Any:
    """The validated recipe with every change of the command line put in."""
    from sim.recipe.toml import read_recipe

    text = with_assignments(read_recipe(arguments.recipe), arguments.assignments)
    options = {"images": "--images", "seed": "--seed"}
    for path in options:
        if (given := getattr(arguments, path)) is not None:
            text = text.with_value(path, typed(options[path], given))
    with named_as_typed(
        {path: option for path, option in options.items() if getattr(arguments, path) is not None}
    ):
        return text.recipe()


def typed(option: str, text: str) -> int | float | str:
    """A number as typed on the command line, or text where it is none.

    Wrong numbers ("0,6", "nan", "1O", "0x10") pass through, so that the setting itself refuses them
    in its own words.

    Raises
    ------
    InputError
        If it has more digits than any number of this program.
    """
    word = text.strip()
    if WHOLE.fullmatch(word):
        return int(_of_bearable_length(option, word))
    if NUMBER.fullmatch(word) or NOT_FINITE.fullmatch(word):
        return float(_of_bearable_length(option, word))
    return text


def _of_bearable_length(option: str, word: str, allowed: str = "") -> str:
    if len(word) > LONGEST_NUMBER:
        raise InputError(
            option, "has too many digits", value=word, allowed=allowed, remedy="write a shorter number"
        )
    return word


def working_folder() -> Path:
    """The current folder; where it was deleted, a relative path leads nowhere anyway."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path()


class named_as_typed:
    """Inside the block, input errors about a setting name the option that the user typed.

    Parameters
    ----------
    options
        Dotted path of a setting → option.
    """

    def __init__(self, options: dict[str, str]) -> None:
        self._options = options

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if isinstance(error, InputErrors):
            # Height and width of one --size are wrong in one sentence.
            renamed = list({str(one): one for one in map(self._renamed, error.errors)}.values())
            raise (renamed[0] if len(renamed) == 1 else InputErrors(renamed)) from None
        if isinstance(error, InputError) and error.parameter in self._options:
            raise self._renamed(error) from None

    def _renamed(self, error: InputError) -> InputError:
        option = self._options.get(error.parameter)
        if option is None:
            return error
        value = {} if error.value is None else {"value": error.value}
        return InputError(option, error.problem, allowed=error.allowed, remedy=error.remedy, **value)


def whole_number(option: str, text: str, low: int, high: int) -> int:
    """A whole number that belongs to the command line and to no setting.

    Raises
    ------
    InputError
        If it is none, or outside its range.
    """
    allowed = f"{low} to {high}"
    word = text.strip()
    if not WHOLE.fullmatch(word):
        raise InputError(
            option, "not a whole number", value=text, allowed=allowed, remedy="correct the value"
        )
    number = int(_of_bearable_length(option, word, allowed))
    if not low <= number <= high:
        raise InputError(
            option, "outside its range", value=number, allowed=allowed, remedy="choose a value in that range"
        )
    return number


def worker_count(text: str) -> int:
    """``--workers``: a number, or as many as there are processors."""
    if text.strip() == "auto":
        return processors()
    return whole_number("--workers", text, 1, MOST_WORKERS)


def image_size(text: str) -> tuple[int | str, int | str]:
    """``--size N``, ``HxW`` or ``auto``: (height, width)."""
    word = text.strip().lower()
    if word == "auto":
        return "auto", "auto"
    match = SIZE.fullmatch(word)
    if match is None:
        raise InputError(
            "--size",
            "is no image size",
            value=text,
            allowed=SIZES,
            remedy="write for example 128, 256x128 or auto",
        )
    _of_bearable_length("--size", word, SIZES)
    height = int(match[1])
    return height, int(match[2]) if match[2] else height


def setting_help(path: str) -> str:
    """Help of an option from the setting behind it: meaning, range, default."""
    from sim.core.settings import Quantity, model_fields
    from sim.recipe.model import Recipe

    leaf = next(leaf for leaf in model_fields(Recipe) if leaf.path == path)
    notes = []
    if isinstance(leaf.description, Quantity):
        notes.append(leaf.description.allowed)
    if leaf.choices:
        notes.append(", ".join(map(str, leaf.choices)))
    if leaf.default not in (None, ""):
        notes.append(f"default {leaf.default}")
    about = leaf.description.about if leaf.description else ""
    return f"{about} ({'; '.join(notes)})".replace("%", "%%")
