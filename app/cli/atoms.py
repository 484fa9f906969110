"""What ``nanophantom structure`` says and writes of specimens of atoms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.core.types import Built
    from sim.recipe.model import Job

Rows = list[tuple[str, str]]


def atom_formats() -> Mapping[str, tuple[str, ...]]:
    """Names of the files' formats and the endings of their names."""
    from sim.specimen.writing import FORMATS

    return FORMATS


def write_atoms(target: Path, job: Job, built: Built, posed: Any, title: str, format_name: str) -> str:
    """Write the atoms; how many there are, in words."""
    from sim.recipe.kinds import SPECIMENS
    from sim.specimen.scene.settings import SceneSpecimen
    from sim.specimen.writing import write_structure

    box, periodic = None, False
    if posed is None and isinstance(job.specimen, SceneSpecimen):
        box, periodic = (job.specimen.width, job.specimen.height), job.specimen.periodic
    shown = built if posed is None else _as_built(posed)
    objects = SPECIMENS[job.specimen.kind].objects(job.specimen)
    write_structure(target, shown.structure, shown.parts, objects, box, title, format_name, periodic)
    return f"{len(shown.structure):,} atoms"


def _elements(numbers: Any) -> str:
    """Which elements there are, and how many atoms of each."""
    import numpy as np

    from sim.physics.elements import symbol_of

    found, counts = np.unique(numbers, return_counts=True)
    return ", ".join(
        f"{symbol_of(number)} {count:,}"
        for number, count in zip(found.tolist(), counts.tolist(), strict=True)
    )


def atom_rows(job: Job, built: Built, posed: Any) -> Rows:
    """What the specimen is made of, object by object; as it is posed where that is given."""
    from sim.recipe.kinds import SPECIMENS

    shown = built if posed is None else _as_built(posed)
    structure, parts = shown.structure, shown.parts
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


def atom_statistics(job: Job, built: Built) -> Rows:
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


def _as_built(specimen: Any) -> Built:
    from sim.core.types import Built, Structure

    return Built(Structure(specimen.numbers, specimen.positions), specimen.parts)
