"""``nanophantom structure``: files that other programs read back, and figures that books give."""

from __future__ import annotations

import math
import re
from pathlib import Path

import ase.io
import numpy as np
import pytest
import tomli_w

SILVER = {
    "kind": "particle",
    "name": "silver",
    "crystal": {"kind": "builtin", "name": "Ag"},
    "volume": {"kind": "box", "size_x": 22.0, "size_y": 16.0, "size_z": 12.0},
    "defects": {"h": 1.0, "k": -1.0, "l": 1.0, "planes": [{"name": "twin", "height": 1.0}]},
    "orientation": {"kind": "zone", "u": 1.0, "v": 1.0, "w": 0.0, "in_plane": 20.0},
    "placement": {"kind": "seated", "x": 3.0, "y": -2.0},
}
OXIDE = {
    "kind": "particle",
    "name": "oxide",
    "crystal": {"kind": "builtin", "name": "Fe3O4"},
    "volume": {"kind": "sphere", "radius": 7.0},
    "placement": {"kind": "fixed", "x": -15.0, "y": 15.0, "z": 25.0},
}
METAL = {
    "kind": "particle",
    "name": "metal",
    "crystal": {"kind": "builtin", "name": "Fe"},
    "volume": {"kind": "sphere", "radius": 7.0},
    "placement": {"kind": "fixed", "x": 15.0, "y": 15.0, "z": 25.0},
}
CARBON = {"kind": "amorphous", "name": "carbon", "material": "carbon", "thickness": 10.0}


@pytest.fixture
def recipe(tmp_path: Path):
    """Write a recipe with a scene of these nodes; its path."""

    def write(*nodes: dict[str, object], **more: object) -> Path:
        path = tmp_path / "scene.toml"
        specimen = {"kind": "scene", "width": 52.0, "height": 48.0, "nodes": list(nodes)}
        image = {"width": 32, "height": 32, "pixel_size": 1.5}
        path.write_text(
            tomli_w.dumps(
                {"name": "scene", "seed": 7, "images": 2, "specimen": specimen, "image": image, **more}
            )
        )
        return path

    return write


def test_extended_xyz_has_every_atom_and_what_it_belongs_to(invoke, recipe, tmp_path):
    """Read back by ASE, which knows nothing of scenes."""
    target = tmp_path / "out.xyz"
    done = invoke("structure", recipe(SILVER, CARBON), "-o", target)
    assert done.code == 0, done
    atoms = ase.io.read(target)
    assert f"{len(atoms):,} atoms" in done.out
    np.testing.assert_allclose(atoms.cell.lengths()[:2], [52.0, 48.0])
    assert atoms.pbc.tolist() == [True, True, False]
    owner, role, side = atoms.arrays["object"], atoms.arrays["role"], atoms.arrays["side"]
    assert set(role[owner == 1]) == {"particle"} and set(role[owner == 2]) == {"support"}
    assert set(atoms.numbers[owner == 1]) == {47} and set(atoms.numbers[owner == 2]) == {6}
    assert atoms.info["objects"] == "silver,carbon"
    # [110] comes up by the shortest way: [1 -1 0] stays at -45° in the image and [0 0 1] comes to -135°, so
    # that the normal (1 -1 1) lies atan(1/√2) after the first, and 20° are added.
    angle = math.radians(-45.0 - math.degrees(math.atan(math.sqrt(0.5))) + 20.0)
    silver = atoms.positions[owner == 1]
    height = (silver[:, 0] - 3.0) * math.cos(angle) + (silver[:, 1] + 2.0) * math.sin(angle)
    assert set(side[owner == 1]) == {0, 1}
    assert height[side[owner == 1] == 0].max() == pytest.approx(0.0, abs=1e-5)
    assert height[side[owner == 1] == 1].min() == pytest.approx(4.0782 / math.sqrt(3.0), abs=1e-5)
    # Film below, particle above; the clearance of 2 Å is kept and used.
    film = atoms.positions[owner == 2]
    nearest = np.linalg.norm(silver[:, np.newaxis] - film[np.newaxis], axis=2).min()
    assert 2.0 <= nearest < 2.01
    assert film[:, 2].max() <= 0.0 < silver[:, 2].min() + 2.0


def test_posed_is_what_lies_under_the_beam(invoke, recipe, tmp_path):
    """The pose turns everything about z by 90°: x becomes y, and −y becomes x."""
    plain, posed = tmp_path / "plain.xyz", tmp_path / "posed.xyz"
    path = recipe(SILVER, pose={"kind": "euler", "phi1": 90.0, "shift_x": 1.5, "shift_y": -2.5})
    assert invoke("structure", path, "-o", plain).code == 0
    assert invoke("structure", path, "--posed", "-o", posed).code == 0
    before, after = ase.io.read(plain).positions, ase.io.read(posed).positions
    wanted = np.stack([-before[:, 1] + 1.5, before[:, 0] - 2.5, before[:, 2]], axis=1)
    np.testing.assert_allclose(after, wanted, atol=2e-6)


def test_cif_is_read_back_with_its_factors(invoke, recipe, tmp_path):
    """Iron has its tabulated factor in the metal and none in the oxide: 0.79 is what stands for none."""
    target, xyz = tmp_path / "out.cif", tmp_path / "out.xyz"
    diamond = {**METAL, "name": "diamond", "crystal": {"kind": "builtin", "name": "C"}}
    diamond = {**diamond, "volume": {"kind": "sphere", "radius": 3.0}, "placement": {"kind": "fixed"}}
    path = recipe(OXIDE, METAL, diamond)
    assert invoke("structure", path, "-o", target).code == 0
    assert invoke("structure", path, "-o", xyz).code == 0
    atoms, reference = ase.io.read(target), ase.io.read(xyz)
    np.testing.assert_array_equal(atoms.numbers, reference.numbers)
    corner = reference.positions - atoms.positions
    np.testing.assert_allclose(corner, np.broadcast_to(corner[0], corner.shape), atol=1e-6)
    found = {}
    for line in target.read_text().splitlines():
        if match := re.match(r"([A-Z][a-z]?)\d+_(\d) .* (\S+)$", line):
            found.setdefault((match[1], int(match[2])), set()).add(float(match[3]))
    assert found == {("Fe", 1): {0.79}, ("O", 1): {0.79}, ("Fe", 2): {0.31}, ("C", 3): {0.142}}


def test_prismatic_has_widths_and_ends_as_it_must(invoke, recipe, tmp_path):
    target = tmp_path / "out.txt"
    done = invoke("structure", recipe(OXIDE, METAL), "--format", "prismatic", "-o", target)
    assert done.code == 0, done
    title, cell, *rows, end = target.read_text().splitlines()
    assert "seed 7" in title and end == "-1"
    numbers, x, y, z, occupancy, width = np.array([row.split() for row in rows], dtype=float).T
    edges = [float(word) for word in cell.split()]
    for values, edge in zip((x, y, z), edges, strict=True):
        assert values.min() >= 0.0 and values.max() <= edge
    assert (occupancy == 1.0).all()
    metal = x > 0.5 * edges[0]
    sourced, unsourced = (math.sqrt(b / (8.0 * math.pi**2)) for b in (0.31, 0.79))
    np.testing.assert_allclose(width[metal], sourced, atol=1e-5)
    np.testing.assert_allclose(width[~metal], unsourced, atol=1e-5)
    assert set(numbers[metal]) == {26.0} and set(numbers[~metal]) == {8.0, 26.0}


def test_displacing_takes_the_same_factors(invoke, recipe, tmp_path):
    """Root mean square along one axis: 0.1 Å without a source, 0.063 Å for metallic iron."""
    still, moved = tmp_path / "still.xyz", tmp_path / "moved.xyz"
    change = {"changes": [{"kind": "displace", "name": "heat"}]}
    assert invoke("structure", recipe(OXIDE, METAL), "-o", still).code == 0
    assert invoke("structure", recipe({**OXIDE, **change}, {**METAL, **change}), "-o", moved).code == 0
    one, two = ase.io.read(still), ase.io.read(moved)
    assert len(one) == len(two)
    shift = two.positions - one.positions
    for owner, wanted in ((1, 0.1000), (2, 0.0627)):
        chosen = (one.arrays["object"] == owner) & (one.numbers == 26)
        assert np.sqrt((shift[chosen] ** 2).mean()) == pytest.approx(wanted, rel=0.15)


def test_without_a_file_it_says_what_there_is(invoke, recipe):
    done = invoke("structure", recipe(SILVER, CARBON), "--index", "1")
    assert done.code == 0
    assert re.search(r"silver \(particle\) +\d+ atoms \(Ag \d+\) at 3\.0, -2\.0, ", done.out)
    assert re.search(r"carbon \(support\) +[\d,]+ atoms \(C ", done.out)
    assert re.search(r"defect planes +1\n", done.out)
    assert "g(r)" not in done.out


def test_statistics_are_those_of_books(invoke, recipe):
    """Silver: 0.0590 atoms/Å³, 10.56 g/cm³, bonds of 2.884 Å (a = 4.0782 Å); carbon as it was asked for."""
    plain = {key: value for key, value in SILVER.items() if key != "defects"}
    big = {**plain, "volume": {"kind": "sphere", "radius": 14.0}}
    done = invoke("structure", recipe(big, CARBON), "--statistics")
    assert done.code == 0, done
    words = {
        row[0]: row[1]
        for line in done.out.splitlines()
        if len(row := re.split(r"  +", line, maxsplit=1)) == 2
    }
    assert words["shortest Ag-Ag"] == "2.884 Å"
    assert 1.4 <= float(words["shortest C-C"].split()[0]) < 1.42
    assert 2.0 <= float(words["between silver and carbon"].split()[0]) < 2.01
    pattern = r"([\d.]+) atoms/Å³, ([\d.]+) g/cm³; ([\d.]+) neighbours within ([\d.]+) Å; g.* at ([\d.]+) Å"
    figures = re.fullmatch(pattern, words["silver, statistics"])
    assert figures, words
    number, mass, neighbours, cutoff, peak = (float(word) for word in figures.groups())
    assert number == pytest.approx(0.05897, rel=5e-3) and mass == pytest.approx(10.563, rel=5e-3)
    assert 9.0 < neighbours < 12.0 and cutoff == pytest.approx(3.605, abs=0.01)
    assert peak == pytest.approx(2.8837, abs=0.02)
    figures = re.fullmatch(pattern, words["carbon, statistics"])
    assert figures, words
    assert float(figures[1]) == pytest.approx(0.1103, rel=0.01)
    assert float(figures[2]) == pytest.approx(2.20, rel=0.01)


def test_statistics_of_a_cluster_need_no_scene(invoke):
    done = invoke("structure", "au55_four_classes", "--statistics")
    assert done.code == 0, done
    assert "55 (Au 55)" in done.out and "shortest Au-Au" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "pdb", "-o", "x.xyz"], "--format = 'pdb'"),
        (["--format", "pdb"], "--format = 'pdb'"),
        (["-o", "x.abc"], "x.abc"),
        (["-o", ""], "is empty"),
        (["-o", "nowhere/x.xyz"], "there is no such folder"),
        (["-o", "folder.xyz"], "is a folder"),
        (["--index", "2", "-o", "x.xyz"], "--index"),
        (["--index", "-1", "-o", "x.xyz"], "--index"),
        (["--index", "one", "-o", "x.xyz"], "--index"),
    ],
)
def test_bad_arguments_are_one_sentence_and_no_file(invoke, recipe, tmp_path, monkeypatch, arguments, words):
    path = recipe(SILVER)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.xyz").mkdir()
    before = sorted(tmp_path.rglob("*"))
    done = invoke("structure", path, *arguments)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1 and words in done.err, done.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_that_is_there_stays_when_the_scene_cannot_be_built(invoke, recipe, tmp_path):
    target = tmp_path / "out.xyz"
    target.write_text("mine")
    missing = {**SILVER, "defects": {"planes": [{"name": "far", "height": 40.0}]}}
    done = invoke("structure", recipe(missing), "-o", target)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1 and "misses the particle" in done.err
    assert target.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.xyz", "scene.toml"]
