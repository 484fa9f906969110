"""``nanophantom structure``: the atoms of one image of a recipe, as a structure file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.making import make_plan
from app.cli.options import add_recipe, chosen_recipe, whole_number
from app.cli.output import print_table
from app.cli.parser import Parser
from app.cli.progress import working
from sim.core.errors import InputError

if TYPE_CHECKING:
    from sim.core.types import Built
    from sim.recipe.model import Job

DESCRIPTION = """\
Write the atoms behind one image of a recipe, exactly those that are imaged.

    nanophantom structure scene_cdse_on_carbon --index 3 -o scene.xyz

.xyz is extended XYZ with the object, grain, side of the defect planes and role of every atom; .cif and
--format prismatic (XYZ for Prismatic and computem) carry Debye-Waller factors.  Without -o: what the
specimen is made of; --statistics adds densities, shortest distances, neighbours and the first peak of g(r).
"""


def add_arguments(parser: Parser) -> None:
    add_recipe(parser)
    parser.add_argument("--index", metavar="I", default="0", help="which image, from 0 (default: 0)")
    parser.add_argument("-o", "--output", metavar="FILE", help="file to write (.xyz, .extxyz or .cif)")
    parser.add_argument("--format", default="", help="extxyz, cif or prismatic instead of by the file's name")
    parser.add_argument(
        "--posed", action="store_true", help="as it lies under the beam: turned and shifted by the pose"
    )
    parser.add_argument(
        "--statistics", action="store_true", help="densities, shortest distances, neighbours, g(r)"
    )


def run(arguments: argparse.Namespace) -> int:
    from sim.recipe.kinds import SPECIMENS
    from sim.render.context import RenderContext
    from sim.render.specimen import build_specimen, pose_specimen
    from sim.specimen.scene.settings import SceneSpecimen
    from sim.specimen.writing import format_of, write_structure

    target = Path(arguments.output) if arguments.output is not None else None
    if target is not None or arguments.format:
        format_of(target or Path("structure.xyz"), arguments.format)
    if target is not None:
        _check_place(target)
    recipe = chosen_recipe(arguments)
    with working("none") as work:
        plan = make_plan(recipe, work.cancel)
        job = plan[whole_number("--index", arguments.index, 0, len(plan) - 1)]
        context = RenderContext(structures=plan.catalogue, cancel=work.cancel)
        built = build_specimen(job, context)
        shown = _posed(pose_specimen(job, context)[0]) if arguments.posed else built
    if target is not None:
        box, periodic = None, False
        if not arguments.posed and isinstance(job.specimen, SceneSpecimen):
            box, periodic = (job.specimen.width, job.specimen.height), job.specimen.periodic
        title = f"{job.image_id}, recipe {recipe.name}, seed {recipe.seed}"
        objects = SPECIMENS[job.specimen.kind].objects(job.specimen)
        write_structure(target, shown.structure, shown.parts, objects, box, title, arguments.format, periodic)
        print(f"{target}: {len(shown.structure):,} atoms of {job.image_id}, seed {recipe.seed}")
    rows = [] if target is not None else _rows(job, shown)
    if arguments.statistics:
        rows += _statistics(job, built)
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


def _posed(specimen: Any) -> Built:
    from sim.core.types import Built, Structure

    return Built(Structure(specimen.numbers, specimen.positions), specimen.parts)


def _elements(numbers: Any) -> str:
    """Which elements there are, and how many atoms of each."""
    import numpy as np

    from sim.physics.elements import symbol_of

    found, counts = np.unique(numbers, return_counts=True)
    return ", ".join(
        f"{symbol_of(number)} {count:,}"
        for number, count in zip(found.tolist(), counts.tolist(), strict=True)
    )


def _rows(job: Job, built: Built) -> list[tuple[str, str]]:
    """What the specimen is made of, object by object."""
    from sim.recipe.kinds import SPECIMENS

    structure, parts = built.structure, built.parts
    rows = [("image", job.image_id), ("atoms", f"{len(structure):,} ({_elements(structure.numbers)})")]
    for number, item in enumerate(SPECIMENS[job.specimen.kind].objects(job.specimen), start=1):
        own = structure.numbers[parts["object"] == number]
        if not len(own):
            words = "no room for it" if not parts["placed"][number - 1] else "no atoms"
        else:
            x, y, z = parts["origins"][number - 1].tolist()
            words = f"{len(own):,} atoms ({_elements(own)}) at {x:.1f}, {y:.1f}, {z:.1f} Å"
        rows.append((f"{item.name} ({item.role})" if item.role else item.name, words))
    if len(parts.get("planes", ())):
        rows.append(("defect planes", str(len(parts["planes"]))))
    return rows


def _statistics(job: Job, built: Built) -> list[tuple[str, str]]:
    """Distances, densities and neighbours of the specimen before posing."""
    import numpy as np

    from sim.physics.elements import symbol_of
    from sim.recipe.kinds import SPECIMENS
    from sim.specimen.search import kd_tree
    from sim.specimen.statistics.coordination import minimum_distances
    from sim.specimen.statistics.summary import REACH, between_objects, object_statistics

    numbers, positions = built.structure.numbers, built.structure.positions
    shortest = minimum_distances(numbers, positions, reach=REACH, candidates=kd_tree)
    rows = [
        (f"shortest {symbol_of(one)}-{symbol_of(two)}", f"{distance:.3f} Å")
        for (one, two), distance in shortest.items()
    ]
    objects = SPECIMENS[job.specimen.kind].objects(job.specimen)
    names = dict(enumerate((item.name for item in objects), start=1)) or {1: "specimen"}
    owners = built.parts.get("object", np.ones(len(numbers), dtype=np.int64))
    for (one, two), distance in between_objects(owners, positions, candidates=kd_tree).items():
        rows.append((f"between {names[one]} and {names[two]}", f"{distance:.3f} Å"))
    films = _films(job)
    for number, name in names.items():
        own = owners == number
        if not own.any():
            continue
        found = object_statistics(numbers[own], positions[own], films.get(name), candidates=kd_tree)
        words = []
        if found.number_density is not None:
            words.append(f"{found.number_density:.4f} atoms/Å³, {found.mass_density:.2f} g/cm³")
        if found.cutoff is not None:
            words.append(f"{found.neighbours:.2f} neighbours within {found.cutoff:.2f} Å")
        if found.first_peak is not None:
            words.append(f"g(r) first peaks at {found.first_peak:.3f} Å")
        rows.append((f"{name}, statistics", "; ".join(words) or "too small for any"))
    return rows


def _films(job: Job) -> dict[str, tuple[float, float]]:
    """Width and height of the films and sheets, by name."""
    from sim.specimen.scene.nodes import Amorphous, Sheet
    from sim.specimen.scene.settings import SceneSpecimen

    scene = job.specimen
    if not isinstance(scene, SceneSpecimen):
        return {}
    return {
        node.name: (scene.width, scene.height)
        for node in scene.all_nodes()
        if isinstance(node, Sheet) or (isinstance(node, Amorphous) and node.film)
    }
