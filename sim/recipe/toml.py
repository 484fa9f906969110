"""Recipes as TOML files: load, save, the shipped ones, and ``--set path=value``."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w

from sim.core.atomic import write_whole
from sim.core.entries import position_of
from sim.core.errors import InputError, nearest, shorten
from sim.core.settings import model_fields, validate
from sim.recipe.migrations import migrate
from sim.recipe.model import SCHEMA_VERSION, Recipe

#: A recipe is text a person wrote; anything larger is some other file.
LARGEST_RECIPE = 32 * 1024 * 1024
#: Levels of a dotted path; settings need five.
DEEPEST_PATH = 20
#: A longer path is cut in the middle where an error names it.
LONGEST_SHOWN = 400


@dataclass(frozen=True)
class RecipeText:
    """A recipe's tree as read, before validation, and the folder its relative paths start from."""

    tree: dict[str, Any]
    directory: Path
    origin: str

    def with_value(self, path: str, value: Any) -> RecipeText:
        """One setting changed (list members go by their name)."""
        return RecipeText(set_path(self.tree, path, value), self.directory, self.origin)

    def recipe(self) -> Recipe:
        """The validated recipe, paths of structure files made absolute."""
        tree = absolute_files(migrate(self.tree, SCHEMA_VERSION), self.directory)
        return validate(Recipe, tree)


def shipped_recipes() -> dict[str, str]:
    """Names of the recipes that come with the program, and what each is for."""
    found = {}
    for entry in sorted((resources.files("resources") / "recipes").iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".toml"):
            tree = tomllib.loads(entry.read_text(encoding="utf-8"))
            found[entry.name.removesuffix(".toml")] = str(tree.get("description", ""))
    return found


def read_recipe(name_or_path: str | os.PathLike[str]) -> RecipeText:
    """A recipe file, or a shipped recipe by its name.

    Raises
    ------
    InputError
        If there is neither, or the file is no TOML.
    """
    text = os.fspath(name_or_path)
    path = Path(text)
    shown = text if text.isprintable() and len(text) <= LONGEST_SHOWN else shorten(text)
    try:
        if path.suffix == "" and os.sep not in text and not path.is_file():
            return _shipped_recipe(text)
        if path.is_dir():
            raise InputError(shown, "is a folder, not a recipe", remedy="give a .toml file")
        if not path.is_file():
            raise InputError(
                shown,
                "there is no such recipe file",
                remedy=nearest(path.stem, shipped_recipes()) or "check the path",
            )
        if path.stat().st_size > LARGEST_RECIPE:
            raise InputError(
                shown, "is too large for a recipe", allowed="up to 32 MB", remedy="give a .toml file"
            )
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            shown, f"cannot be read ({error.strerror})", remedy="check its name and its permissions"
        ) from None
    except ValueError:
        # Python's own word for a path with a NUL in it.
        raise InputError(shown, "cannot be the path of a file", remedy="check the path") from None
    return parse_recipe(content, path.resolve().parent, text)


def _shipped_recipe(name: str) -> RecipeText:
    shipped = resources.files("resources") / "recipes" / f"{name}.toml"
    if not shipped.is_file():
        names = list(shipped_recipes())
        raise InputError(
            "recipe",
            "is neither a file nor a shipped recipe",
            value=name,
            allowed=", ".join(names),
            remedy=nearest(name, names) or "give a .toml file or one of these names",
        )
    # A shipped recipe's structure files lie beside it; the package is always unpacked.
    return parse_recipe(shipped.read_bytes(), Path(str(shipped)).parent, name)


def parse_recipe(content: bytes, directory: Path, origin: str = "recipe") -> RecipeText:
    """TOML text to a tree; the error names the line."""
    try:
        tree = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(origin, "is not UTF-8 text", remedy="save the recipe as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(origin, f"is no valid TOML: {error}", remedy="correct that line") from None
    except ValueError:
        # Python reads no decimal number of more than 4300 digits.
        raise InputError(
            origin, "holds a number with too many digits", remedy="choose a smaller number"
        ) from None
    except RecursionError:
        raise InputError(
            origin, "has tables or lists nested too deeply", remedy="no setting lies that deep"
        ) from None
    return RecipeText(tree, directory, origin)


def load_recipe(name_or_path: str | os.PathLike[str]) -> Recipe:
    """Read and validate in one step."""
    return read_recipe(name_or_path).recipe()


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as TOML text; loading it gives an equal recipe."""
    tree = _without_none(recipe.sparse_tree())
    # TOML reads a carriage return in a text of several lines as part of a line break: it must be escaped.
    escaped = tomli_w.dumps(tree)
    return escaped if "\\r" in escaped else tomli_w.dumps(tree, multiline_strings=True)


def save_recipe(recipe: Recipe, path: Path) -> None:
    """Write the recipe; the file is either the old one or the new one, whatever happens."""
    try:
        write_whole(path, dump_recipe(recipe).encode("utf-8"))
    except OSError as error:
        raise InputError(
            str(path), f"cannot be written ({error.strerror})", remedy="choose another place"
        ) from None


def parse_assignment(text: str) -> tuple[str, Any]:
    """``imaging.sigma=0.9`` to a path and a value; what is no TOML value is taken as text."""
    path, equals, raw = text.partition("=")
    path, raw = path.strip(), raw.strip()
    if not equals or not path or not path.isprintable():
        raise InputError(
            "--set",
            "is not of the form path=value",
            value=text,
            remedy="write for example --set imaging.sigma=0.9",
        )
    try:
        tree = tomllib.loads(f"value = {raw}")
    except tomllib.TOMLDecodeError:
        return path, raw
    except (ValueError, RecursionError):
        raise InputError(
            f"--set {path}",
            "has too many digits or is nested too deeply",
            value=raw,
            remedy="choose a smaller value",
        ) from None
    if list(tree) != ["value"]:
        raise InputError(
            f"--set {path}",
            "sets more than one value",
            value=raw,
            remedy="give one --set for each, or quote a text of several lines",
        )
    return path, tree["value"]


def setting_paths() -> list[str]:
    """Every leaf of the recipe by its dotted path."""
    return [leaf.path for leaf in model_fields(Recipe)]


def set_path(tree: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of the tree with one value changed; untouched branches are shared.

    Raises
    ------
    InputError
        If the path leads through something that is no table, or has too many levels.
    """
    if path.count(".") >= DEEPEST_PATH:
        raise InputError(
            shorten(path), "has too many levels", allowed=f"up to {DEEPEST_PATH}", remedy="check the path"
        )
    head, _, rest = path.partition(".")
    copy = dict(tree)
    if not rest:
        copy[head] = value
        return copy
    branch = copy.get(head, {})
    if isinstance(branch, (list, tuple)):
        name, _, below = rest.partition(".")
        members = list(branch)
        place = position_of(members, name)
        if place is not None and isinstance(members[place], dict) and below:
            members[place] = set_path(members[place], below, value)
            copy[head] = members
            return copy
        names = [member["name"] for member in members if isinstance(member, dict) and member.get("name")]
        raise InputError(
            path,
            f"{head} has no member named {name!r}",
            allowed=", ".join(map(str, names)),
            remedy=nearest(name, names) or "check the name",
        )
    if not isinstance(branch, dict):
        raise InputError(
            path,
            f"{head} is a single value, not a group",
            remedy=nearest(path, setting_paths()) or "check the path",
        )
    copy[head] = set_path(branch, rest, value)
    return copy


def absolute_files(tree: dict[str, Any], directory: Path) -> dict[str, Any]:
    """Structure paths of a recipe made absolute: they are written relative to the recipe file."""
    specimen = tree.get("specimen")
    if not isinstance(specimen, dict):
        return tree
    return {**tree, "specimen": _placed_files(specimen, directory)}


def _placed_files(part: dict[str, Any], directory: Path) -> dict[str, Any]:
    """A specimen or one of its parts with the paths of all files in it made absolute."""
    placed = dict(part)
    if isinstance(part.get("path"), str) and part["path"]:
        placed["path"] = str(directory / part["path"])
    for name in ("crystal", "shell"):
        if isinstance(part.get(name), dict):
            placed[name] = _placed_files(part[name], directory)
    for name in ("files", "nodes"):
        if isinstance(part.get(name), (list, tuple)):
            placed[name] = [
                _placed_files(entry, directory) if isinstance(entry, dict) else entry for entry in part[name]
            ]
    return placed


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_without_none(item) for item in value]
    return value
