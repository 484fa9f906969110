"""Files of a scene: their sources, the scene without paths, and bounds known before anything is built."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.errors import InputError
from sim.core.settings import validate
from sim.core.types import Structure
from sim.recipe.toml import absolute_files
from sim.specimen.catalogue import Catalogue, StructureInfo
from sim.specimen.crystal.table import builtin
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.members import expanded
from sim.specimen.scene.outline import outline, wireframes
from sim.specimen.scene.resolving import pinned, published, sources
from sim.specimen.scene.settings import SceneSpecimen
from sim.specimen.scene.shaping import shape_of
from sim.specimen.scene.volumes import CompoundVolume, PlainPart, SphereVolume

CIF = """data_x
_cell_length_a 4.0
_cell_length_b 5.0
_cell_length_c 6.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Pt1 Pt 0.1 0.2 0.3
O1 O 0.6 0.7 0.8
"""
XYZ = "3\nbent\nAu 0 0 0\nAu 2.9 0 0\nAg 0 3.1 0\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "x.cif").write_text(CIF)
    (tmp_path / "y.xyz").write_text(XYZ)
    return tmp_path


def scene(*nodes, **values):
    return validate(SceneSpecimen, {"kind": "scene", "nodes": list(nodes), **values}, root="specimen")


def from_files(folder):
    box = {"kind": "box", "size_x": 20.0, "size_y": 21.0, "size_z": 22.0}
    crystal = {"kind": "file", "path": str(folder / "x.cif")}
    spelled = {"kind": "spacegroup", "group": 225, "basis": [{"element": "Ni"}], "a": 3.5, "b": 3.5, "c": 3.5}
    return scene(
        {"kind": "particle", "name": "p", "count": 2, "crystal": crystal, "volume": box,
         "placement": {"kind": "scattered"}},
        {"kind": "file", "name": "f", "path": str(folder / "y.xyz"),
         "placement": {"kind": "fixed", "z": 40.0}},
        {"kind": "group", "name": "g", "nodes": [{"kind": "particle", "name": "q", "crystal": spelled}],
         "placement": {"kind": "fixed", "x": 40.0}},
    )  # fmt: skip


def test_each_file_is_one_source(folder):
    found = sources(from_files(folder))
    assert [source.path for source in found] == [str(folder / "x.cif"), str(folder / "y.xyz")]
    assert [source.key for source in found] == [
        source.key for source in sources(expanded(from_files(folder)))
    ]


def test_a_pinned_scene_builds_the_same_without_paths(folder):
    wanted = expanded(from_files(folder))
    catalogue = Catalogue.collect(sources(wanted))
    keys = [source.key for source in sources(wanted)]
    infos = tuple(catalogue.info(key) for key in keys)
    job = pinned(wanted, infos)
    assert str(folder) not in str(job.tree())
    assert [source.sha256 for source in sources(job)] == [info.sha256 for info in infos]
    assert job.nodes[3].nodes[0].crystal.kind == "cell"
    assert len(job.nodes[3].nodes[0].crystal.basis) == 4

    def built(settings):
        structures = {s.key: catalogue[i.sha256] for s, i in zip(sources(settings), infos, strict=True)}
        return build_scene(settings, structures, 3)

    one, two = built(wanted), built(job)
    assert np.array_equal(one.structure.numbers, two.structure.numbers)
    assert np.allclose(one.structure.positions, two.structure.positions, atol=2e-6)
    # Platinum and oxygen of the file's cell in the box, the file's three atoms about their centre.
    first = one.structure.numbers[one.parts["object"] == 1]
    assert set(first.tolist()) == {78, 8}
    assert len(first) == pytest.approx(2 * 20 * 21 * 22 / 120, rel=0.2)
    assert one.structure.numbers[one.parts["object"] == 3].tolist() == [79, 79, 47]
    assert one.structure.positions[one.parts["object"] == 3].mean(axis=0) == pytest.approx(
        [0, 0, 40], abs=1e-5
    )


def test_a_published_scene_keeps_hashes_and_no_paths(folder):
    recipe = from_files(folder)
    catalogue = Catalogue.collect(sources(recipe))
    shown = published(recipe, catalogue.infos)
    assert str(folder) not in str(shown.tree())
    assert shown.nodes[0].count == 2
    assert shown.nodes[0].crystal.sha256 == catalogue.info(sources(recipe)[0].key).sha256
    assert shown.nodes[2].nodes[0].crystal.kind == "spacegroup"


def test_paths_in_a_recipe_start_from_its_folder(tmp_path):
    crystal = {"kind": "file", "path": "a.cif"}
    inner = {
        "kind": "group",
        "nodes": [{"kind": "core_shell", "shell": crystal}, {"kind": "file", "path": "/b"}],
    }
    tree = {"specimen": {"kind": "scene", "nodes": [{"kind": "particle", "crystal": crystal}, inner]}}
    placed = absolute_files(tree, tmp_path)["specimen"]["nodes"]
    assert placed[0]["crystal"]["path"] == str(tmp_path / "a.cif")
    assert placed[1]["nodes"][0]["shell"]["path"] == str(tmp_path / "a.cif")
    assert placed[1]["nodes"][1]["path"] == "/b"
    assert tree["specimen"]["nodes"][0]["crystal"]["path"] == "a.cif"


def test_a_missing_file_is_named():
    with pytest.raises(InputError, match=r"specimen.nodes.f.path"):
        build_scene(expanded(scene({"kind": "file", "name": "f", "path": "x.xyz"})), {}, 1)
    with pytest.raises(InputError, match=r"specimen.nodes.p.crystal"):
        build_scene(expanded(scene({"kind": "particle", "name": "p", "crystal": {"kind": "file"}})), {}, 1)


EVERYTHING = (
    {"kind": "amorphous", "name": "film", "thickness": 20.0, "material": "silica"},
    {"kind": "particle", "name": "p", "count": 2, "crystal": {"kind": "builtin", "name": "CdSe"},
     "placement": {"kind": "scattered", "margin": 5.0}, "orientation": {"kind": "random"}},
    {"kind": "cluster", "name": "c", "motif": "marks_decahedron", "placement": {"kind": "seated", "x": 30.0}},
    {"kind": "cluster", "name": "o", "motif": "octahedron", "shells": 7,
     "placement": {"kind": "fixed", "z": 40.0}},
    {"kind": "multi_twin", "name": "m", "placement": {"kind": "seated", "x": -30.0}},
    {"kind": "core_shell", "name": "s", "placement": {"kind": "fixed", "z": 60.0}},
    {"kind": "polycrystal", "name": "y", "volume": {"kind": "ellipsoid"},
     "placement": {"kind": "fixed", "z": 90.0},
     "changes": [{"kind": "strain", "name": "e", "zz": 0.2}, {"kind": "substitute", "name": "a"}]},
    {"kind": "sheet", "name": "g", "material": "hBN", "layers": 2,
     "placement": {"kind": "fixed", "z": 120.0}},
    {"kind": "molecules", "name": "co", "on": "s", "number": 10},
    {"kind": "void", "name": "v", "volume": {"kind": "cone"}, "placement": {"kind": "fixed", "x": 20.0}},
)  # fmt: skip


def test_bounds_hold_for_what_is_built():
    settings = scene(*EVERYTHING)
    expected = outline(settings, {})
    built = build_scene(expanded(settings), {}, 4)
    assert (expected.half_x, expected.half_y) == (64.0, 64.0)
    assert np.linalg.norm(built.structure.positions, axis=1).max() <= expected.radius
    numbers, counts = np.unique(built.structure.numbers, return_counts=True)
    known = dict(expected.composition)
    assert set(numbers.tolist()) == set(known)
    assert all(
        count <= known[number] for number, count in zip(numbers.tolist(), counts.tolist(), strict=True)
    )
    assert len(built.structure) <= expected.atoms < 2 * len(built.structure)


def test_bounds_grow_with_counts_and_leave_out_what_is_off():
    few = outline(scene(EVERYTHING[0], EVERYTHING[1]), {})
    many = outline(scene(EVERYTHING[0], {**EVERYTHING[1], "count": 20}), {})
    off = outline(scene(EVERYTHING[0], {**EVERYTHING[1], "enabled": False}), {})
    assert many.atoms - off.atoms == pytest.approx(10 * (few.atoms - off.atoms), abs=20)
    file = {"kind": "file", "name": "f", "path": "x"}
    structure = Structure(np.array([8, 8, 1]), np.array([[0.0, 0, 0], [3.0, 0, 0], [0, 6.0, 0]]))
    key = sources(scene(file))[0].key
    assert outline(scene(file), {key: StructureInfo.of(structure)}).composition == ((1, 1), (8, 2))


def test_wireframes_lie_around_the_atoms():
    settings = expanded(scene(*EVERYTHING))
    built = build_scene(settings, {}, 4)
    lines = wireframes(settings, built)
    names = [node.name for node in settings.all_nodes()]
    assert set(lines) == {number for number, name in enumerate(names, 1) if name != "co"}
    for name in ("film", "p", "p#2", "c", "o", "m"):
        number = names.index(name) + 1
        atoms = built.structure.positions[built.parts["object"] == number]
        points = np.concatenate(lines[number])
        assert np.all(atoms.min(axis=0) >= points.min(axis=0) - 0.1)
        assert np.all(atoms.max(axis=0) <= points.max(axis=0) + 0.1)
        assert np.all(np.ptp(points, axis=0) < np.ptp(atoms, axis=0) + 6.0)


def test_compound_volumes_are_what_they_say():
    parts = (
        PlainPart(name="a", volume=SphereVolume(radius=5.0)),
        PlainPart(name="b", x=4.0, volume=SphereVolume(radius=3.0)),
    )
    points = np.array([[-4.0, 0, 0], [3.0, 0, 0], [6.0, 0, 0], [9.0, 0, 0]])
    for operation, inside in (
        ("union", [True, True, True, False]),
        ("intersection", [False, True, False, False]),
        ("difference", [True, False, False, False]),
    ):
        shape = shape_of(CompoundVolume(operation=operation, parts=parts))
        assert shape.contains(points).tolist() == inside


def test_facets_follow_the_crystal():
    volume = scene({"kind": "particle", "name": "p", "volume": {"kind": "facets", "facets": [
        {"h": 0.0, "k": 0.0, "l": 1.0, "distance": 10.0, "family": False},
        {"h": 0.0, "k": 0.0, "l": -1.0, "distance": 4.0, "family": False},
        {"h": 1.0, "k": 0.0, "l": 0.0, "distance": 8.0}]}}).nodes[0].volume  # fmt: skip
    low, high = shape_of(volume, builtin("CdSe")).bounds()
    assert (low[2], high[2]) == pytest.approx((-4.0, 10.0))
    with pytest.raises(InputError, match="needs a crystal"):
        shape_of(volume)
