"""``nanophantom structure``: the atoms or particles of one image of a recipe, as a file."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.atoms import atom_formats, atom_rows, atom_statistics, write_atoms
from app.cli.making import make_plan
from app.cli.options import add_recipe, chosen_recipe, whole_number
from app.cli.output import print_table
from app.cli.parser import Parser
from app.cli.particles import particle_formats, particle_rows, particle_statistics, write_particles
from app.cli.progress import working
from sim.core.errors import InputError

if TYPE_CHECKING:
    from sim.recipe.imaging_entry import Yield
    from sim.recipe.model import Job

Rows = list[tuple[str, str]]

DESCRIPTION = """\
Write the atoms or particles behind one image of a recipe, exactly those that are imaged.

    nanophantom structure scene_cdse_on_carbon --index 3 -o scene.xyz

.xyz is extended XYZ with the object, grain, side of the defect planes and role of every atom; .cif and
--format prismatic (XYZ for Prismatic and computem) carry Debye-Waller factors.  Without -o: what the
specimen is made of; --statistics adds densities, shortest distances, neighbours and the first peak of g(r).

Aggregates of spherical particles are written as .csv (place, radius, species, material and contacts of every
particle; lengths in Å) or as .xyz with radii, for OVITO; --statistics adds their descriptors.
"""


@dataclass(frozen=True)
class Told:
    """How specimens of one yield are told.

    Attributes
    ----------
    formats
        () → names of the files' formats and the endings of their names.
    write
        (file, job, as built, as posed or None, title, name of the format) → how much it was, in words.
    rows
        (job, as built, as posed or None) → what it is made of.
    statistics
        (job, as built) → numbers about it.
    """

    formats: Callable[[], Mapping[str, tuple[str, ...]]]
    write: Callable[[Path, Job, Any, Any, str, str], str]
    rows: Callable[[Job, Any, Any], Rows]
    statistics: Callable[[Job, Any], Rows]


TOLD: Mapping[Yield, Told] = {
    "atoms": Told(atom_formats, write_atoms, atom_rows, atom_statistics),
    "particles": Told(particle_formats, write_particles, particle_rows, particle_statistics),
}


def add_arguments(parser: Parser) -> None:
    add_recipe(parser)
    parser.add_argument("--index", metavar="I", default="0", help="which image, from 0 (default: 0)")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="file to write (.xyz, .extxyz, .cif; .csv of particles)"
    )
    parser.add_argument(
        "--format", default="", help="extxyz, cif, prismatic or csv instead of by the file's name"
    )
    parser.add_argument(
        "--posed", action="store_true", help="as it lies under the beam: turned and shifted by the pose"
    )
    parser.add_argument(
        "--statistics",
        action="store_true",
        help="densities, shortest distances, neighbours, g(r); descriptors",
    )


def run(arguments: argparse.Namespace) -> int:
    from sim.recipe.kinds import SPECIMENS
    from sim.render.context import RenderContext
    from sim.render.specimen import build_specimen, pose_specimen
    from sim.specimen.writing import format_of

    target = Path(arguments.output) if arguments.output is not None else None
    recipe = chosen_recipe(arguments)
    told = TOLD[SPECIMENS[recipe.specimen.kind].yields]
    if target is not None or arguments.format:
        format_of(target or Path("structure.xyz"), arguments.format, told.formats())
    if target is not None:
        _check_place(target)
    with working("none") as work:
        plan = make_plan(recipe, work.cancel)
        job = plan[whole_number("--index", arguments.index, 0, len(plan) - 1)]
        context = RenderContext(structures=plan.catalogue, cancel=work.cancel)
        built = build_specimen(job, context)
        posed = pose_specimen(job, context)[0] if arguments.posed else None
    if target is not None:
        title = f"{job.image_id}, recipe {recipe.name}, seed {recipe.seed}"
        written = told.write(target, job, built, posed, title, arguments.format)
        print(f"{target}: {written} of {job.image_id}, seed {recipe.seed}")
        rows = []
    else:
        rows = told.rows(job, built, posed)
    if arguments.statistics:
        rows += told.statistics(job, built)
    print_table(rows)
    return 0


def _check_place(target: Path) -> None:
    """Refuse a file that could not be written later."""
    if not target.name or target.is_dir():
        raise InputError(str(target), "is a folder", remedy="give the name of a file")
    if os.path.lexists(target) and not target.is_file():
        raise InputError(str(target), "is there and is no ordinary file", remedy="choose another name")
    if not target.parent.is_dir():
        raise InputError(str(target.parent), "there is no such folder", remedy="make it first")
