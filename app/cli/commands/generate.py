"""``nanophantom generate``: a folder of structure files becomes a dataset."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.making import make_dataset
from app.cli.options import (
    add_assignments,
    add_output,
    add_run_options,
    image_size,
    named_as_typed,
    setting_help,
    typed,
    whole_number,
    with_assignments,
    working_folder,
)
from app.cli.output import remark
from app.cli.parser import Parser
from sim.core.errors import InputError, nearest

if TYPE_CHECKING:
    from sim.recipe.model import Recipe

DESCRIPTION = """\
Turn a folder of structure files into a dataset, each structure in random orientations.

    nanophantom generate --xyz-dir structures --output-dir my_dataset \\
        --sigma 0.6 --alpha 1.0 --pixel-size 0.2 --seed 42

Formats: xyz, extended xyz, Prismatic xyz, cif, pdb, POSCAR, LAMMPS data; 1 to 100 000 atoms a file.
Everything else that can be set (nanophantom schema) is set with --set, or in the recipe that
--write-recipe writes; without --output-dir only the recipe is written:

    nanophantom generate --xyz-dir structures --write-recipe mine.toml
    nanophantom run mine.toml --output my_dataset
"""

#: Option → setting that it gives.
SETTINGS = {
    "--sigma": "imaging.sigma",
    "--alpha": "imaging.alpha",
    "--pixel-size": "image.pixel_size",
    "--seed": "seed",
    "--noise-preset": "noise.preset",
}
IMAGES_PER_STRUCTURE = 100
MOST_IMAGES = 100_000_000


def add_arguments(parser: Parser) -> None:
    parser.add_argument("--xyz-dir", metavar="DIR", required=True, help="folder of structure files")
    add_output(parser, "folder of the dataset; it must be empty or new", required=False)
    for option, path in SETTINGS.items():
        parser.add_argument(option, metavar=option[2:].replace("-", "_").upper(), help=setting_help(path))
    parser.add_argument(
        "--images-per-structure", metavar="N", default=str(IMAGES_PER_STRUCTURE),
        help=f"images of every structure, each in its own orientation (default {IMAGES_PER_STRUCTURE})",
    )  # fmt: skip
    parser.add_argument(
        "--size", metavar="N|HxW|auto", default="auto",
        help="pixels of an image; auto fits the largest structure (default auto)",
    )  # fmt: skip
    parser.add_argument(
        "--geometry", metavar="NAME|STEM=NAME", action="append", default=[],
        help="geometry of all structures, or of the file called STEM; otherwise a file's stem (repeatable)",
    )  # fmt: skip
    parser.add_argument("--name", default="", help="name of the dataset (default: the folder's name)")
    add_assignments(parser)
    parser.add_argument(
        "--write-recipe", metavar="FILE",
        help="write the recipe with its list of files; nanophantom run with it makes this dataset",
    )  # fmt: skip
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.output is None and arguments.write_recipe is None:
        raise InputError(
            "--output-dir",
            "is missing",
            remedy="give the folder of the dataset, or --write-recipe FILE for the recipe alone",
        )
    recipe = _recipe(arguments)
    if arguments.write_recipe is not None:
        target = Path(arguments.write_recipe)
        _write(recipe, target, arguments.overwrite)
        if arguments.output is None:
            print(target)
            return 0
    return make_dataset(recipe, arguments)


def _write(recipe: Recipe, target: Path, overwrite: bool) -> None:
    """Write the recipe, but never over one that somebody may have edited."""
    from sim.recipe.toml import dump_recipe, save_recipe

    if target.is_dir():
        raise InputError(str(target), "is a folder", remedy="give the name of a file")
    if os.path.lexists(target) and not target.is_file():
        raise InputError(str(target), "is there and is no ordinary file", remedy="choose another name")
    if not target.absolute().parent.is_dir():
        raise InputError(str(target.parent), "there is no such folder", remedy="make it first")
    if target.exists() and not overwrite and target.read_bytes() != dump_recipe(recipe).encode("utf-8"):
        raise InputError(
            str(target),
            "is there already, with other content",
            remedy="choose another name, or replace it with --overwrite",
        )
    save_recipe(recipe, target)


def _recipe(arguments: argparse.Namespace) -> Recipe:
    """The recipe that these options describe; ``run`` with this recipe gives the same dataset."""
    from sim.recipe.toml import RecipeText
    from sim.specimen.files import list_structure_files

    each = whole_number("--images-per-structure", arguments.images_per_structure, 1, MOST_IMAGES)
    height, width = image_size(arguments.size)
    listing = list_structure_files(arguments.xyz_dir)
    for name, reason in listing.skipped:
        remark("note", f"leaving out {name} ({reason})")
    stems = [stem for stem, _ in listing.files]
    geometries = _geometries(arguments.geometry, stems)
    tree: dict[str, Any] = {
        "name": arguments.name or os.path.basename(os.path.abspath(arguments.output or arguments.xyz_dir)),
        "description": f"{len(stems)} structure files in random orientations.",
        "images": each * len(stems),
        "specimen": {
            "kind": "file",
            "structure": stems[0],
            "files": [
                {"name": stem, "path": str(Path(path).absolute()), "geometry": geometries.get(stem, "")}
                for stem, path in listing.files
            ],
        },
        "image": {"height": height, "width": width},
        "vary": [{"path": "specimen.structure", "law": "grid", "values": stems}],
    }
    text = RecipeText(tree, working_folder(), "generate")
    given = {path: getattr(arguments, option[2:].replace("-", "_")) for option, path in SETTINGS.items()}
    for option, path in SETTINGS.items():
        value = given[path]
        if value is not None:
            text = text.with_value(path, value if path == "noise.preset" else typed(option, value))
    text = with_assignments(text, arguments.assignments)
    names = {path: option for option, path in SETTINGS.items() if given[path] is not None}
    names |= {"image.height": "--size", "image.width": "--size", "images": "--images-per-structure"}
    with named_as_typed(names):
        return text.recipe()


def _geometries(given: list[str], stems: list[str]) -> dict[str, str]:
    """Class by stem; a bare name holds for every file that has none of its own."""
    every = ""
    named: dict[str, str] = {}
    for text in given:
        stem, equals, name = text.partition("=")
        if not equals:
            every = text
        elif stem not in stems:
            raise InputError(
                "--geometry",
                f"there is no structure file called {stem!r}",
                value=text,
                remedy=nearest(stem, stems) or "give the file's name without its ending",
            )
        elif not name:
            raise InputError("--geometry", "names no class", value=text, remedy="write STEM=NAME")
        else:
            named[stem] = name
    return {**(dict.fromkeys(stems, every) if every else {}), **named}
