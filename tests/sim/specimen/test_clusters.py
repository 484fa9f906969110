"""The shipped Au55 clusters: energies, shapes, bonds, hashes."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from sim.core.errors import InputError, IntegrityError
from sim.physics.gupta import energy_and_gradient
from sim.specimen import clusters
from sim.specimen.clusters import cluster_info, cluster_table, load_cluster

#: Energies of the relaxed clusters in the Cleri–Rosato potential, eV, calculated with other code.
ENERGIES = {
    "icosahedron": -190.7274,
    "cuboctahedron": -189.8959,
    "decahedron": -190.0593,
    "garzon": -190.9520,
}
ORDERED = ("icosahedron", "cuboctahedron", "decahedron")


@pytest.mark.parametrize("geometry", ENERGIES)
def test_relaxed_energies(geometry):
    structure = load_cluster(geometry, "relaxed")
    energy, gradient = energy_and_gradient(structure.positions)
    assert energy == pytest.approx(ENERGIES[geometry], abs=1e-3)
    assert np.abs(gradient).max() < 1e-3
    assert cluster_info(geometry).energy == pytest.approx(energy, abs=1e-4)
    assert "Cleri" in cluster_info(geometry).potential


@pytest.mark.parametrize("info", cluster_table(), ids=lambda info: f"{info.name}-{info.form}")
def test_every_cluster_is_55_gold_atoms_on_the_grid_around_the_origin(info):
    structure = load_cluster(info.name, info.form)
    assert len(structure) == info.atoms == 55
    assert set(structure.numbers.tolist()) == {79}
    assert np.array_equal(structure.positions * 2**20, np.round(structure.positions * 2**20))
    assert np.abs(structure.positions.mean(axis=0)).max() < 1e-5
    assert pdist(structure.positions).min() > 2.5
    assert info.text
    assert energy_and_gradient(structure.positions)[0] == pytest.approx(info.energy, abs=1e-4)


@pytest.mark.parametrize(("geometry", "bonds"), [("cuboctahedron", 216), ("icosahedron", 234)])
def test_ideal_shapes_have_their_bonds(geometry, bonds):
    """Bonds of the closed-shell clusters of 55 atoms.

    Half the sum of neighbours: 13 inner atoms have 12; the outer 42 of the cuboctahedron are 12
    vertices with 5, 24 edge atoms with 7 and 6 square centres with 8; those of the icosahedron
    12 vertices with 6 and 30 edge atoms with 8.
    """
    distances = pdist(load_cluster(geometry, "ideal").positions)
    neighbours = {
        "cuboctahedron": 13 * 12 + 12 * 5 + 24 * 7 + 6 * 8,
        "icosahedron": 13 * 12 + 12 * 6 + 30 * 8,
    }
    assert bonds == neighbours[geometry] / 2
    assert np.count_nonzero(distances < 3.4) == bonds


def test_ideal_icosahedron_is_radial_and_tangential():
    """Mackay icosahedron: bonds between shells a/√2, bonds within a shell 5.15 % longer."""
    distances = np.sort(pdist(load_cluster("icosahedron", "ideal").positions))
    radial = 4.078 / np.sqrt(2.0)
    bonds = distances[distances < 3.4]
    # Edge over circumradius of a regular icosahedron: 1/sin(72°) = 1.05146.
    tangential = radial / np.sin(np.radians(72.0))
    short, long = bonds[bonds < 2.95], bonds[bonds > 2.95]
    assert short == pytest.approx(radial, abs=1e-5)
    assert long == pytest.approx(tangential, abs=1e-5)
    assert tangential / radial == pytest.approx(1.0515, abs=1e-4)
    # Between shells: 12 from the middle, 12 on to the outer vertices, 2 to each of 30 edge atoms.
    assert (len(short), len(long)) == (12 + 12 + 2 * 30, 234 - 84)


@pytest.mark.parametrize("geometry", ["cuboctahedron", "decahedron"])
def test_ideal_bonds_are_those_of_the_crystal(geometry):
    nearest = squareform(pdist(load_cluster(geometry, "ideal").positions))
    np.fill_diagonal(nearest, np.inf)
    assert nearest.min(axis=1) == pytest.approx(2.8836, abs=0.001)


@pytest.mark.parametrize("geometry", ENERGIES)
def test_relaxed_bonds_are_shorter(geometry):
    nearest = squareform(pdist(load_cluster(geometry, "relaxed").positions))
    np.fill_diagonal(nearest, np.inf)
    assert 2.58 < nearest.min() < 2.66
    assert 2.69 < np.median(nearest.min(axis=1)) < 2.77


@pytest.mark.parametrize("geometry", ORDERED)
def test_relaxation_keeps_the_shape(geometry):
    """The same atoms stay neighbours: relaxing is not transforming."""
    ideal, relaxed = (
        squareform(pdist(load_cluster(geometry, form).positions)) for form in ("ideal", "relaxed")
    )
    scale = np.median(relaxed[relaxed > 0]) / np.median(ideal[ideal > 0])
    assert np.abs(relaxed - scale * ideal).max() < 0.35


def test_disordered_cluster_has_no_symmetry():
    """Distances from the centre are all different, unlike those of the ordered clusters."""

    def shells(geometry):
        radii = np.linalg.norm(load_cluster(geometry, "relaxed").positions, axis=1)
        return len(np.unique(np.round(radii, 2)))

    assert shells("icosahedron") <= 4
    assert shells("cuboctahedron") <= 6
    assert shells("garzon") > 45


def test_garzon_comes_relaxed_only():
    with pytest.raises(InputError, match=r"specimen\.form.*garzon.*allowed: relaxed"):
        load_cluster("garzon", "ideal")


def test_unknown_cluster_names_the_nearest():
    with pytest.raises(InputError, match="did you mean 'decahedron'"):
        load_cluster("decaedron")


def test_shared_arrays_are_read_only():
    structure = load_cluster("icosahedron", "ideal")
    with pytest.raises(ValueError, match="read-only"):
        structure.positions[0, 0] = 1.0


def test_changed_file_is_noticed(monkeypatch, tmp_path):
    """One coordinate moved by one grid step."""
    source = resources.files("resources") / "structures"
    (tmp_path / "structures").mkdir()
    for entry in source.iterdir():
        if entry.name.endswith((".json", ".xyz")):
            (tmp_path / "structures" / entry.name).write_bytes(entry.read_bytes())
    target = tmp_path / "structures" / "au55_decahedron_ideal.xyz"
    lines = target.read_text(encoding="utf-8").splitlines()
    symbol, x, y, z = lines[5].split()
    lines[5] = f"{symbol} {float(x) + 2.0**-20!r} {y} {z}"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr(clusters.resources, "files", lambda name: tmp_path)
    load_cluster.cache_clear()
    try:
        with pytest.raises(IntegrityError, match="au55_decahedron_ideal"):
            load_cluster("decahedron", "ideal")
        load_cluster("decahedron", "relaxed")
    finally:
        load_cluster.cache_clear()


def test_loading_needs_neither_ase_nor_scipy():
    program = (
        "import sys; from sim.specimen.clusters import load_cluster; load_cluster('garzon'); "
        "print([name for name in ('ase', 'scipy', 'pydantic', 'h5py') if name in sys.modules])"
    )
    root = Path(clusters.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_script_makes_what_is_shipped(capsys):
    """The script's own comparison, energies to 1e-4 eV and distances to 1e-3 Å."""
    path = Path(clusters.__file__).parents[2] / "packaging" / "make_au55_structures.py"
    specification = importlib.util.spec_from_file_location("make_au55_structures", path)
    assert specification is not None and specification.loader is not None
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    assert script.check() == 0
    assert "DIFFERS" not in capsys.readouterr().out


def test_files_are_readable_by_others():
    """The shipped files are extended XYZ that ase reads with the same coordinates and energy."""
    import ase.io

    table = json.loads(
        (resources.files("resources") / "structures" / "index.json").read_text(encoding="utf-8")
    )
    for entry in table["structures"]:
        with (resources.files("resources") / "structures" / entry["file"]).open(encoding="utf-8") as stream:
            atoms = ase.io.read(stream, format="extxyz")
        assert np.array_equal(atoms.positions, load_cluster(entry["name"], entry["form"]).positions)
        assert atoms.get_potential_energy() == entry["energy"]
