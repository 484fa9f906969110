"""Films, sheets, particles and what is done to them, measured on the finished atoms alone."""

from __future__ import annotations

from itertools import pairwise

import ase.io
import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from scipy.stats import ks_2samp, kurtosis

from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.kinds import SPECIMENS
from sim.recipe.model import Recipe
from sim.render.context import RenderContext
from sim.render.render import render
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.members import expanded
from sim.specimen.scene.settings import SceneSpecimen
from sim.specimen.writing import write_structure

GOLD = 4.0782
BOND = GOLD / np.sqrt(2.0)
RANDOM = {"kind": "random"}
#: The rotations of a cube onto itself.
CUBE = Rotation.create_group("O").as_matrix()


def node(kind, name="p", **values):
    return {"kind": kind, "name": name, **values}


def sphere(radius):
    return {"kind": "sphere", "radius": radius}


def particle(material="Au", radius=12.0, name="p", **values):
    return node(
        "particle",
        name,
        **{"crystal": {"kind": "builtin", "name": material}, "volume": sphere(radius), **values},
    )


def settings_of(*nodes, **values):
    return expanded(validate(SceneSpecimen, {"kind": "scene", "nodes": nodes, **values}, root="specimen"))


def build(*nodes, seed=1, **values):
    return build_scene(settings_of(*nodes, **values), {}, seed)


def changed(radius=20.0, material="Au", **change):
    """The same particle without and with a change."""
    plain = build(particle(material, radius))
    return plain.structure, build(particle(material, radius, changes=[{"name": "c", **change}])).structure


def of_object(built, number):
    return built.structure.positions[built.parts["object"] == number]


def nearest(positions):
    return cKDTree(positions).query(positions, 2)[0][:, 1]


def closest(one, two):
    return float(cKDTree(one).query(two)[0].min())


def contacts(positions, among=None):
    """Number of neighbours of each atom."""
    return np.array([len(near) - 1 for near in cKDTree(positions).query_ball_point(
        positions if among is None else among, 1.2 * BOND)])  # fmt: skip


def over_seam(positions, width, height):
    """The shortest distance when the scene is repeated in x and y."""
    edges = np.array([width, height])
    return float(
        min(
            cKDTree(positions + np.append(edges * shift, 0.0)).query(positions)[0].min()
            for shift in ((1, 0), (0, 1), (1, 1), (1, -1))
        )
    )


# --- films and what lies on them ---------------------------------------------------------------


@pytest.mark.parametrize("thickness", [5.0, 20.0, 80.0])
@pytest.mark.parametrize("depth", [-3.0, 0.0, 4.0])
def test_particles_touch_films_of_any_thickness_at_the_clearance(thickness, depth):
    film = node("amorphous", "film", thickness=thickness)
    place = {"kind": "seated", "x": 3.0, "y": -2.0, "depth": depth}
    built = build(
        particle("CdSe", 10.0, orientation=RANDOM, placement=place),
        film,
        width=40.0,
        height=36.0,
        seed=int(thickness) + 7,
    )
    apart = closest(of_object(built, 2), of_object(built, 1))
    assert apart > 2.0 - 1e-4
    support = of_object(built, 2)
    if depth == 0.0:
        assert apart == pytest.approx(2.0, abs=1e-4)
    if depth <= 0.0:
        assert apart <= 2.0 - depth + 1.0
        assert len(support) == pytest.approx(0.1103075 * 40.0 * 36.0 * thickness, abs=1.0)
    else:
        assert apart < 2.5
        assert of_object(built, 1)[:, 2].min() < support[:, 2].max()
    assert nearest(support).min() > 1.4 - 3e-6
    assert over_seam(support, 40.0, 36.0) > 1.4 - 3e-6


@pytest.mark.parametrize(
    "lowest",
    [
        node("amorphous", "film", thickness=8.0),
        node("sheet", "film", layers=2),
    ],
)
def test_a_file_repeats_only_where_atoms_keep_apart_over_the_edges(lowest, tmp_path):
    settings = settings_of(particle("Au", 8.0, placement={"kind": "seated"}), lowest, width=80.0, height=60.0)
    built = build_scene(settings, {}, 3)
    file = tmp_path / "scene.xyz"
    objects = SPECIMENS["scene"].objects(settings)
    write_structure(
        file, built.structure, built.parts, objects, (80.0, 60.0), "scene", periodic=settings.periodic
    )
    read = ase.io.read(file)
    inside = nearest(read.positions).min()
    apart = over_seam(read.positions, read.cell[0, 0], read.cell[1, 1])
    assert read.pbc.tolist() == [apart > 0.99 * inside] * 2 + [False]


# --- shapes ------------------------------------------------------------------------------------

ENERGIES = [{"h": 1.0, "k": 1.0, "l": 1.0, "energy": 1.28}, {"h": 1.0, "k": 0.0, "l": 0.0, "energy": 1.63}]


def outermost(positions, hkl):
    """Height of the outermost layer along a normal, Å."""
    return float((positions @ (np.array(hkl) / np.linalg.norm(hkl))).max())


def test_equilibrium_shape_has_the_distances_of_its_energies():
    """A truncated octahedron: with h111 : h100 = 1.28 : 1.63, and 4√3 h³ less six caps its volume."""
    positions = build(
        particle(volume={"kind": "wulff", "radius": 25.0, "energies": ENERGIES})
    ).structure.positions
    ratio = 1.63 / 1.28
    volume = 4.0 * np.sqrt(3.0) - 6.0 * 2.0 / 3.0 * (np.sqrt(3.0) - ratio) ** 3
    h111 = 25.0 * (4.0 / 3.0 * np.pi / volume) ** (1.0 / 3.0)
    for signs in np.ndindex(2, 2, 2):
        layer = GOLD / np.sqrt(3.0)
        assert outermost(positions, 1.0 - 2.0 * np.array(signs)) == pytest.approx(
            np.floor(h111 / layer) * layer, abs=1e-5
        )
    for axis in (*np.eye(3), *-np.eye(3)):
        assert outermost(positions, axis) == pytest.approx(
            np.floor(h111 * ratio / (0.5 * GOLD)) * 0.5 * GOLD, abs=1e-5
        )


def test_supported_shape_lies_on_its_contact_plane():
    """Winterbottom: the contact is at γ*/γ111 of the free facet's distance, facing down on the film."""
    volume = {
        "kind": "wulff",
        "radius": 25.0,
        "energies": ENERGIES,
        "supported": True,
        "interface_energy": -0.5,
    }
    cut = build(particle(volume=volume)).structure.positions
    whole = build(particle(volume=volume | {"supported": False})).structure.positions
    layer = GOLD / np.sqrt(3.0)
    free = outermost(whole, (1, 1, 1)), outermost(whole, (1, 1, 1)) + layer
    contact = outermost(cut, (1, 1, 1))
    assert -0.5 / 1.28 * free[1] - layer < contact <= -0.5 / 1.28 * free[0]
    assert outermost(cut, (-1, -1, -1)) == outermost(whole, (-1, -1, -1))
    down = {"kind": "plane", "h": 1.0, "k": 1.0, "l": 1.0, "downwards": True}
    built = build(
        particle(volume=volume, orientation=down, placement={"kind": "seated"}),
        node("amorphous", "film", thickness=6.0),
    )
    seated = of_object(built, 1)
    lowest = seated[seated[:, 2] < seated[:, 2].min() + 0.01]
    assert len(lowest) > 200
    assert closest(of_object(built, 2), seated) == pytest.approx(2.0, abs=1e-4)


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0])
def test_shells_grow_on_their_core_wherever_it_lies(shift):
    """Nearly equal lattices, cube on cube: no core atom lacks a neighbour."""
    shell = {"kind": "builtin", "name": "Ag_4.086"}
    built = build(node("core_shell", shell=shell, volume=sphere(15.0), thickness=9.0, shift_x=shift))
    numbers, positions = built.structure.numbers, built.structure.positions
    core = positions[numbers == 79]
    assert core.mean(axis=0) == pytest.approx([shift, 0.0, 0.0], abs=1e-5)
    assert np.linalg.norm(core - [shift, 0.0, 0.0], axis=1).max() <= 15.0
    assert np.linalg.norm(positions, axis=1).max() <= 24.0 + 1e-5
    assert (contacts(positions, core) == 12).all()


# --- changes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("material", "b"), [("Au", 0.593), ("Fe", 0.310), ("CdSe", 0.79)])
def test_thermal_displacements_have_the_root_mean_square_of_their_b_factor(material, b):
    still, warm = changed(32.0, material, kind="displace")
    moved = warm.positions - still.positions
    assert np.sqrt((moved**2).mean(axis=0)) == pytest.approx(np.sqrt(b / (8.0 * np.pi**2)), rel=0.03)
    assert np.abs(moved.mean(axis=0)).max() < 0.005
    assert abs(kurtosis(moved.ravel())) < 0.15
    assert np.abs(np.corrcoef(moved.T) - np.eye(3)).max() < 0.04


def test_strain_is_the_symmetric_matrix_that_was_asked_for():
    still, strained = changed(kind="strain", xx=0.03, yy=-0.02, zz=0.01, xy=0.02, xz=-0.01, yz=0.005)
    found = np.linalg.lstsq(still.positions, strained.positions, rcond=None)[0]
    expected = np.array([[1.03, 0.02, -0.01], [0.02, 0.98, 0.005], [-0.01, 0.005, 1.01]])
    assert found == pytest.approx(expected, abs=1e-6)


def test_a_gradient_is_the_integral_of_its_strain():
    still, strained = changed(kind="strain_gradient", along="x", across="x", start=0.01, per_nanometre=0.01)
    x = still.positions[:, 0]
    assert strained.positions[:, 0] - x == pytest.approx(0.01 * x + 0.0005 * x * x, abs=4e-6)


def test_a_bend_keeps_the_length_of_the_middle_plane():
    box = {"kind": "box", "size_x": 100.0, "size_y": 16.0, "size_z": 16.0}
    still = build(particle(volume=box)).structure.positions
    bent = build(
        particle(volume=box, changes=[{"name": "c", "kind": "bend", "radius": 100.0}])
    ).structure.positions
    angle, across = still[:, 0] / 100.0, np.abs(np.hypot(bent[:, 0], bent[:, 2] + 100.0) - 100.0)
    assert across == pytest.approx(np.abs(still[:, 2]), abs=4e-6)
    assert np.arctan2(bent[:, 0], bent[:, 2] + 100.0) == pytest.approx(angle, abs=1e-6)
    assert np.array_equal(bent[:, 1], still[:, 1])


@pytest.mark.parametrize("where", ["surface", "inside"])
def test_alloys_of_a_surface_stay_there_with_an_exact_share(where):
    everywhere, _ = changed(14.0, kind="vacancies", share=0.0)
    _, mixed = changed(14.0, kind="substitute", share=0.25, where=where)
    _, all_of = changed(14.0, kind="substitute", share=1.0, where=where)
    there = int((all_of.numbers == 47).sum())
    assert int((mixed.numbers == 47).sum()) == int(np.floor(0.25 * there + 0.5))
    bare = contacts(everywhere.positions) < 12
    share = bare[mixed.numbers == 47].mean()
    assert share == 1.0 if where == "surface" else share < 0.15


# --- grains, sheets, molecules -----------------------------------------------------------------


def cube_axes(positions):
    """Rows ⟨100⟩ of a piece of gold, from the bonds of an atom with twelve neighbours; None without one."""
    tree = cKDTree(positions)
    around = tree.query_ball_point(positions, 1.1 * BOND)
    full = next((index for index, near in enumerate(around) if len(near) == 13), None)
    if full is None:
        return None
    bonds = positions[around[full]] - positions[full]
    bonds = bonds[np.linalg.norm(bonds, axis=1) > 1.0]
    sums = [a + b for number, a in enumerate(bonds) for b in bonds[:number] if abs(a @ b) < 1e-3]
    axes = np.array(sums) / np.linalg.norm(sums, axis=1)[:, None]
    second = axes[np.argmin(np.abs(axes @ axes[0]))]
    return np.array([axes[0], second, np.cross(axes[0], second)])


def misorientation(one, two):
    """Of two sets of cube axes, degrees."""
    best = max(np.trace(one.T @ turn @ two) for turn in CUBE)
    return np.degrees(np.arccos(np.clip(0.5 * (best - 1.0), -1.0, 1.0)))


def test_grains_are_turned_at_random():
    """Misorientations follow Mackenzie's distribution (Biometrika 45, 229, 1958)."""
    found = []
    for seed in range(10):
        built = build(node("polycrystal", volume=sphere(24.0), grains=8), seed=seed)
        grains = built.parts["grain"]
        assert np.unique(grains).tolist() == list(range(8))
        assert nearest(built.structure.positions).min() > 0.69 * BOND
        axes = [cube_axes(built.structure.positions[grains == grain]) for grain in range(8)]
        axes = [rows for rows in axes if rows is not None]
        found += [misorientation(one, two) for one, two in pairwise(axes)]
    assert len(found) > 60
    turns = Rotation.random(801, random_state=5).as_matrix()
    expected = [misorientation(one, two) for one, two in pairwise(turns)]
    assert ks_2samp(found, expected).pvalue > 0.01


@pytest.mark.parametrize(("boundary", "angle"), [("tilt", 36.87), ("twist", 20.0)])
def test_boundaries_have_their_misorientation_half_to_each_side(boundary, angle):
    built = build(node("bicrystal", volume=sphere(18.0), boundary=boundary, angle=angle))
    positions, grains = built.structure.positions, built.parts["grain"]
    lower, upper = (cube_axes(positions[grains == grain]) for grain in (0, 1))
    assert misorientation(lower, upper) == pytest.approx(angle, abs=0.01)
    for rows in (lower, upper):
        assert misorientation(rows, np.eye(3)) == pytest.approx(0.5 * angle, abs=0.01)
    assert positions[grains == 0][:, 0].max() <= positions[grains == 1][:, 0].min() + 1e-6


def layers_of(**values):
    built = build(node("sheet", **values), width=60.0, height=50.0)
    return built.structure.numbers, built.structure.positions, built.parts["grain"]


@pytest.mark.parametrize(
    ("material", "bond", "around"),
    [("graphene", 2.464 / np.sqrt(3.0), 3), ("hBN", 2.50399 / np.sqrt(3.0), 3), ("MoS2", 2.4175, 6)],
)
def test_sheets_have_their_bonds(material, bond, around):
    numbers, positions, _ = layers_of(material=material)
    inner = (np.abs(positions[:, :2]) < 20.0).all(axis=1) & np.isin(numbers, [6, 5, 42])
    assert nearest(positions)[inner] == pytest.approx(bond, abs=1e-3)
    near = cKDTree(positions).query_ball_point(positions[inner], 1.15 * bond)
    assert {len(found) - 1 for found in near} == {around}


@pytest.mark.parametrize(
    ("material", "stacking", "share"),
    [("graphene", "AB", 0.5), ("graphene", "AA", 1.0), ("hBN", "2H", 1.0), ("MoS2", "2H", 1.0)],
)
def test_layers_lie_upon_each_other_as_their_stacking_says(material, stacking, share):
    numbers, positions, layers = layers_of(material=material, stacking=stacking, layers=3)
    for upper, alike in ((1, stacking in ("AA", "AB")), (2, True)):
        middle = (np.abs(positions[:, :2]) < 15.0).all(axis=1) & (layers == upper)
        below = np.flatnonzero(layers == 0)
        away, index = cKDTree(positions[below][:, :2]).query(positions[middle][:, :2])
        on_top = away < 0.02
        assert on_top.mean() == pytest.approx(1.0 if upper == 2 else share, abs=0.03)
        # 2H: one kind of atom over the other; two layers up all is as below.
        same = numbers[middle][on_top] == numbers[below][index[on_top]]
        assert same.all() if alike else not same.any()


def test_each_layer_is_turned_against_the_one_below():
    _, positions, layers = layers_of(material="graphene", stacking="AA", layers=3, twist=7.0, in_plane=4.0)
    for layer in range(3):
        own = positions[layers == layer]
        away = own - own[np.argmin(np.linalg.norm(own[:, :2], axis=1))]
        edges = away[np.abs(np.linalg.norm(away, axis=1) - 2.464) < 0.01]
        angles = np.degrees(np.arctan2(edges[:, 1], edges[:, 0])) % 60.0
        assert angles == pytest.approx(4.0 + 7.0 * layer, abs=1e-3)


def test_molecules_stand_at_their_height_with_their_bond():
    host = node("cluster", "host", motif="icosahedron", shells=6)
    guests = node("molecules", "guests", molecule="CO", on="host", number=20, height=2.1, gap=3.0)
    built = build(host, guests)
    surface, guest = of_object(built, 1), of_object(built, 2)
    which = built.parts["grain"][built.parts["object"] == 2]
    assert np.unique(which, return_counts=True)[1].tolist() == [2] * 20
    for one in np.unique(which):
        own = guest[which == one]
        assert closest(surface, own) == pytest.approx(2.1, abs=1e-5)
        assert np.linalg.norm(own[0] - own[1]) == pytest.approx(1.1283, abs=1e-4)
        # Outwards: the oxygen is the farther one.
        assert np.linalg.norm(own[1]) > np.linalg.norm(own[0]) + 0.9


def test_what_finds_no_room_is_counted():
    recipe = validate(
        Recipe,
        {
            "name": "crowd",
            "seed": 9,
            "images": 1,
            "specimen": {
                "kind": "scene",
                "width": 60.0,
                "height": 60.0,
                "crowding": "keep",
                "nodes": [
                    particle(radius=9.0, count=8, placement={"kind": "scattered", "gap": 5.0}),
                    node("amorphous", "film", thickness=4.0),
                ],
            },
            "image": {"width": 64, "height": 64},
        },
    )
    plan = Plan(recipe, collect_structures(recipe))
    truth = render(plan[0], RenderContext(plan.catalogue)).truth
    assert truth["requested"] == 8
    assert 2 <= truth["placed"] < 8
