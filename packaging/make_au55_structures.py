"""Makes resources/structures: the Au55 clusters that the program ships, and the table of their hashes.

    python packaging/make_au55_structures.py [--check]

The ordered clusters come from ase.cluster with the lattice constant of gold; the disordered one
from packaging/Au55_garzon_like_C1.xyz, a minimum found by basin hopping with the same potential.
Relaxed forms are minima of the Gupta potential.  Relaxation is iterative, so another machine may
differ in the last digits: the shipped files are the reference, and ``--check`` compares with them
(energies to 1e-4 eV, distances to 1e-3 Å) and writes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from ase.cluster import Decahedron, Icosahedron, Octahedron

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sim.core.types import FloatArray, Structure, on_position_grid  # noqa: E402
from sim.physics.gupta import GOLD, energy_and_gradient, relax  # noqa: E402

TARGET = ROOT / "resources" / "structures"
DISORDERED = ROOT / "packaging" / "Au55_garzon_like_C1.xyz"
DISORDERED_SHA256 = "249db64ed16f8738780368cc54ce02066cddc27e06d23d03e32aba300f7b7761"
#: Lattice constant of gold, Å.
LATTICE_CONSTANT = 4.078
GOLD_NUMBER = 79

CALLS = {
    "icosahedron": "ase.cluster.Icosahedron('Au', 3, latticeconstant=4.078)",
    "cuboctahedron": "ase.cluster.Octahedron('Au', 5, cutoff=2, latticeconstant=4.078)",
    "decahedron": "ase.cluster.Decahedron('Au', 3, 3, 0, latticeconstant=4.078)",
}
DISORDERED_SOURCE = (
    "Disordered minimum without symmetry (C1) from basin hopping with the same potential; of the kind "
    "described by Garzón et al., Phys. Rev. Lett. 81, 1600 (1998), not their coordinates"
)


def ordered_clusters() -> dict[str, FloatArray]:
    """Ideal positions of the three ordered clusters, Å, centroid at the origin."""
    made = {
        "icosahedron": Icosahedron("Au", 3, latticeconstant=LATTICE_CONSTANT),
        "cuboctahedron": Octahedron("Au", 5, cutoff=2, latticeconstant=LATTICE_CONSTANT),
        "decahedron": Decahedron("Au", 3, 3, 0, latticeconstant=LATTICE_CONSTANT),
    }
    return {name: centred(np.asarray(atoms.get_positions(), np.float64)) for name, atoms in made.items()}


def disordered_cluster() -> FloatArray:
    """Positions of the disordered minimum, Å, as found (four decimals)."""
    content = DISORDERED.read_bytes()
    if hashlib.sha256(content).hexdigest() != DISORDERED_SHA256:
        raise SystemExit(f"{DISORDERED} is not the file it should be")
    rows = [line.split()[1:4] for line in content.decode("ascii").splitlines()[2:] if line.strip()]
    return centred(np.array(rows, dtype=np.float64))


def centred(positions: FloatArray) -> FloatArray:
    """Centroid at the origin."""
    return positions - positions.mean(axis=0)


def entries() -> list[tuple[dict[str, object], Structure]]:
    """Every shipped structure with its entry of the table."""
    made: list[tuple[str, str, FloatArray, str]] = []
    for name, positions in ordered_clusters().items():
        made.append((name, "ideal", positions, f"{CALLS[name]}, unrelaxed"))
        made.append(
            (name, "relaxed", centred(relax(positions)[0]), f"{CALLS[name]}, relaxed with {GOLD.name}")
        )
    relaxed = centred(relax(disordered_cluster())[0])
    made.append(("garzon", "relaxed", relaxed, f"{DISORDERED_SOURCE}, relaxed with {GOLD.name}"))
    result = []
    for geometry, form, positions, text in made:
        structure = Structure(np.full(len(positions), GOLD_NUMBER, np.int64), on_position_grid(positions))
        energy, _ = energy_and_gradient(structure.positions)
        entry: dict[str, object] = {
            "name": geometry,
            "form": form,
            "file": f"au55_{geometry}_{form}.xyz",
            "sha256": structure.sha256,
            "atoms": len(structure),
            "energy": round(energy, 4),
            "potential": GOLD.name,
            "text": text,
        }
        result.append((entry, structure))
    return result


def extended_xyz(entry: dict[str, object], structure: Structure) -> str:
    """The structure as extended XYZ; coordinates with all the digits that grid points have."""
    comment = (
        f'Properties=species:S:1:pos:R:3 energy={entry["energy"]} potential="{entry["potential"]}" '
        f'source="{str(entry["text"]).replace(chr(34), chr(39))}" pbc="F F F"'
    )
    rows = [f"Au {x!r} {y!r} {z!r}" for x, y, z in structure.positions.tolist()]
    return "\n".join([str(len(structure)), comment, *rows]) + "\n"


def check() -> int:
    """Compare what this machine makes with what is shipped."""
    index = {
        (e["name"], e["form"]): e
        for e in json.loads((TARGET / "index.json").read_text("utf-8"))["structures"]
    }
    worst = 0
    for entry, structure in entries():
        shipped = index[(entry["name"], entry["form"])]
        lines = (TARGET / str(shipped["file"])).read_text("utf-8").splitlines()[2:]
        positions = np.array([line.split()[1:4] for line in lines], dtype=np.float64)
        farthest = float(np.abs(distances(positions) - distances(structure.positions)).max())
        energy = abs(float(shipped["energy"]) - float(str(entry["energy"])))
        same = "same hash" if shipped["sha256"] == entry["sha256"] else "other last digits"
        good = farthest < 1e-3 and energy < 1.5e-4
        worst |= not good
        print(f"{entry['name']:14s}{entry['form']:9s} {entry['energy']:10.4f} eV  {same}, {farthest:.1e} Å",
              "" if good else "DIFFERS")  # fmt: skip
    return int(worst)


def distances(positions: FloatArray) -> FloatArray:
    """All distances between atoms, sorted, Å."""
    difference = positions[:, np.newaxis] - positions
    return np.sort(np.sqrt(np.sum(difference * difference, axis=-1)), axis=None)


def main() -> int:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--check", action="store_true", help="compare with the shipped files instead of writing"
    )
    if parser.parse_args().check:
        return check()
    table = []
    for entry, structure in entries():
        (TARGET / str(entry["file"])).write_text(
            extended_xyz(entry, structure), encoding="utf-8", newline="\n"
        )
        table.append(entry)
        print(
            f"{entry['name']:14s}{entry['form']:9s} {entry['energy']:10.4f} eV  {str(entry['sha256'])[:16]}"
        )
    text = json.dumps({"schema": 1, "structures": table}, indent=2, ensure_ascii=False)
    (TARGET / "index.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
