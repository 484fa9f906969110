"""``nanophantom structure`` of aggregates: tables and extended XYZ of spheres, and of their atoms."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import ase.io
import numpy as np
import pytest
import tomli_w

SPECIMEN = {
    "kind": "aggregate",
    "number": 14,
    "mixing": 0.4,
    "overlap": 0.1,
    "first": {"material": "SiO2", "median_radius": 30.0},
    "second": {"material": "Au", "median_radius": 20.0},
    "film": {"thickness": 80.0, "holes": "hexagonal", "hole_radius": 300.0, "hole_spacing": 900.0},
}
NUMBERS = ("x", "y", "z", "radius")


@pytest.fixture
def recipe(tmp_path: Path):
    """Write a recipe with this specimen; its path."""

    def write(specimen: dict[str, object], model: str = "mass_thickness", **more: object) -> Path:
        path = tmp_path / "aggregate.toml"
        image = {"width": 64, "height": 64, "pixel_size": 8.0}
        tree = {"name": "aggregate", "seed": 7, "images": 2, "specimen": specimen, "image": image}
        path.write_text(tomli_w.dumps({**tree, "imaging": {"model": model}, **more}))
        return path

    return write


def table_of(path: Path) -> tuple[list[dict[str, str]], np.ndarray]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return rows, np.array([[float(row[name]) for name in NUMBERS] for row in rows])


def test_the_table_has_every_particle_and_its_contacts(invoke, recipe, tmp_path) -> None:
    """Contacts again from places and radii: merged spheres lie 0.9·(r + r') apart, others may overlap too."""
    target = tmp_path / "out.csv"
    done = invoke("structure", recipe(SPECIMEN), "--index", "1", "-o", target)
    assert done.code == 0, done
    assert "14 particles" in done.out
    rows, numbers = table_of(target)
    assert [row["particle"] for row in rows] == [str(number) for number in range(1, 15)]
    centres, radii = numbers[:, :3], numbers[:, 3]
    apart = np.linalg.norm(centres[:, np.newaxis] - centres, axis=2)
    reach = radii[:, np.newaxis] + radii
    merged, touching = ((apart < share * reach + 1e-5) & ~np.eye(14, dtype=bool) for share in (0.9, 1.0))
    gold = np.array([row["material"] == "Au" for row in rows])
    assert merged.sum() == 2 * 13 < touching.sum()
    assert [int(row["coordination"]) for row in rows] == touching.sum(axis=1).tolist()
    unlike = touching & (gold[:, np.newaxis] != gold)
    assert [int(row["hetero_coordination"]) for row in rows] == unlike.sum(axis=1).tolist()
    assert [row["species"] for row in rows] == ["2" if is_gold else "1" for is_gold in gold]
    assert {row["material"] for row in rows} == {"SiO2", "Au"} and gold.sum() in (8, 9)
    mass_centre = (centres * radii[:, np.newaxis] ** 3).sum(axis=0) / (radii**3).sum()
    np.testing.assert_allclose(mass_centre, 0.0, atol=1e-5)


def test_extended_xyz_says_the_same(invoke, recipe, tmp_path) -> None:
    table, xyz = tmp_path / "out.csv", tmp_path / "out.xyz"
    path = recipe(SPECIMEN)
    assert invoke("structure", path, "-o", table).code == 0
    assert invoke("structure", path, "-o", xyz).code == 0
    count, properties, *lines = xyz.read_text().splitlines()
    rows, numbers = table_of(table)
    assert int(count) == len(lines) == 14
    assert properties.startswith("Properties=species:S:1:pos:R:3:radius:R:1:id:I:1:")
    assert "recipe aggregate, seed 7" in properties
    words = [line.split() for line in lines]
    assert [word[0] for word in words] == [row["material"] for row in rows]
    np.testing.assert_array_equal([[float(value) for value in word[1:5]] for word in words], numbers)
    assert [word[5] for word in words] == [row["particle"] for row in rows]


def test_posed_particles_lie_as_under_the_beam(invoke, recipe, tmp_path) -> None:
    """A turn by 90° about z: x becomes y, and −y becomes x."""
    plain, posed = tmp_path / "plain.csv", tmp_path / "posed.csv"
    path = recipe(SPECIMEN, pose={"kind": "euler", "phi1": 90.0, "shift_x": 15.0, "shift_y": -25.0})
    assert invoke("structure", path, "-o", plain).code == 0
    assert invoke("structure", path, "--posed", "-o", posed).code == 0
    before, after = table_of(plain)[1], table_of(posed)[1]
    wanted = np.stack([-before[:, 1] + 15.0, before[:, 0] - 25.0, before[:, 2], before[:, 3]], axis=1)
    np.testing.assert_allclose(after, wanted, atol=2e-6)


def test_without_a_file_it_says_what_particles_there_are(invoke, recipe) -> None:
    """Spheres that only touch: a tree of 13 contacts."""
    done = invoke("structure", recipe({**SPECIMEN, "overlap": 0.0}), "--statistics")
    assert done.code == 0, done
    words = dict(re.split(r"  +", line, maxsplit=1) for line in done.out.splitlines())
    assert words["particles"] == "14"
    assert re.match(r"[56] of radius \d", words["SiO2"]) and re.match(r"[89] of radius \d", words["Au"])
    # The descriptors have a line of their own for each name, contacts among them.
    assert "13, " in done.out and "mean coordination 1.86" in done.out
    assert "film of C" in done.out and "80 Å thick, holes of radius 300 Å on a hexagonal lattice" in done.out
    assert "hetero fraction" in done.out and "Å wanted)" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "out.cif"), "csv (.csv); extxyz (.xyz or .extxyz)"),
        (("--format", "prismatic"), "allowed: csv, extxyz"),
    ],
)
def test_formats_of_atoms_are_refused_for_particles(invoke, recipe, arguments, words) -> None:
    done = invoke("structure", recipe(SPECIMEN), *arguments)
    assert done.code == 2
    assert words in done.err


def test_tables_are_refused_for_atoms(invoke, tmp_path) -> None:
    done = invoke("structure", "au55_four_classes", "-o", tmp_path / "out.csv")
    assert done.code == 2
    assert "extxyz" in done.err and "cif" in done.err


def test_a_filled_aggregate_is_written_with_its_particles(invoke, recipe, tmp_path) -> None:
    """Read back by ASE: the atoms of each particle within its sphere."""
    target = tmp_path / "out.xyz"
    small = {"material": "SiO2", "median_radius": 8.0}
    specimen = {"kind": "aggregate_atoms", "number": 4, "first": small, "second": {**small, "material": "Au"}}
    done = invoke("structure", recipe(specimen, "gaussian"), "-o", target)
    assert done.code == 0, done
    atoms = ase.io.read(target)
    assert atoms.info["objects"] == "particle#1,particle#2,particle#3,particle#4"
    assert set(atoms.arrays["object"]) == {1, 2, 3, 4} and set(atoms.arrays["role"]) == {"particle"}
    for number in range(1, 5):
        own = atoms[atoms.arrays["object"] == number]
        assert set(own.numbers) in ({8, 14}, {79})
        assert np.ptp(own.positions, axis=0).max() < 4 * 8.0
