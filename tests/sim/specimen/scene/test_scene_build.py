"""Scenes as a whole: what is built, where it lies, and that nobody disturbs anybody."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.core.errors import Cancelled, InputError
from sim.core.settings import validate
from sim.core.types import POSITION_GRID
from sim.numerics.streams import Stream, derive_seed
from sim.specimen.crystal.table import builtin
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.members import expanded
from sim.specimen.scene.orienting import node_stream
from sim.specimen.scene.settings import SceneSpecimen

SEATED = {"kind": "seated"}
RANDOM = {"kind": "random"}


def scene(*nodes, **values):
    return expanded(
        validate(SceneSpecimen, {"kind": "scene", "nodes": list(nodes), **values}, root="specimen")
    )


def film(**values):
    return {"kind": "amorphous", "name": "film", "thickness": 12.0, **values}


def particle(name="p", radius=9.0, **values):
    return {"kind": "particle", "name": name, "volume": {"kind": "sphere", "radius": radius}, **values}


def scattered(name, radius=4.0, **values):
    return particle(name, radius, placement={"kind": "scattered", "gap": 0.0}, orientation=RANDOM, **values)


def build(*nodes, seed=1, width=60.0, height=50.0, clearance=2.0, crowding="stop", **options):
    made = scene(*nodes, width=width, height=height, clearance=clearance, crowding=crowding)
    return build_scene(made, {}, seed, **options)


def atoms_of(built, number):
    return built.structure.positions[built.parts["object"] == number]


def closest(one, two):
    return float(cKDTree(two).query(one)[0].min())


def equal(one, two):
    same = one.structure.sha256 == two.structure.sha256
    assert one.parts.keys() == two.parts.keys()
    return same and all(np.array_equal(one.parts[name], two.parts[name]) for name in one.parts)


# --- what is built -----------------------------------------------------------------------------


def test_parts_have_the_stated_shapes_and_the_positions_their_grid():
    built = build(film(), scattered("p", count=3))
    count = len(built.structure)
    assert [built.parts[name].shape for name in ("object", "grain", "side")] == [(count,)] * 3
    assert built.parts["origins"].shape == (4, 3)
    assert built.parts["motions"].shape == (4, 3, 4)
    assert built.parts["planes"].shape == (0, 8)
    assert built.parts["placed"].tolist() == [1, 1, 1, 1]
    assert np.unique(built.parts["object"]).tolist() == [1, 2, 3, 4]
    assert built.structure.cell is None
    scaled = built.structure.positions / POSITION_GRID
    assert np.array_equal(scaled, np.round(scaled))


def test_motions_lead_from_the_lattice_to_the_scene():
    built = build(film(), scattered("p", crystal={"kind": "builtin", "name": "CdSe"}))
    matrix, offset = built.parts["motions"][1][:, :3], built.parts["motions"][1][:, 3]
    assert np.array_equal(offset, built.parts["origins"][1])
    own = (atoms_of(built, 2) - offset) @ matrix
    crystal = builtin("CdSe")
    fractional = own @ np.linalg.inv(crystal.cell)
    away = fractional[:, np.newaxis, :] - crystal.fractional
    assert np.abs(away - np.round(away)).max(axis=2).min(axis=1).max() < 1e-5
    assert built.parts["radii"][1] == pytest.approx(
        np.hypot(*(atoms_of(built, 2) - offset).T[:2]).max(), abs=1e-5
    )


def test_the_film_has_its_top_at_zero_and_fills_the_box():
    positions = build(film(thickness=20.0)).structure.positions
    assert -20.0 <= positions[:, 2].min() < -19.5
    assert -0.5 < positions[:, 2].max() <= 0.0
    assert positions[:, 0].min() < -29.5 and positions[:, 0].max() > 29.5
    assert positions[:, 1].min() < -24.5 and positions[:, 1].max() > 24.5


def test_zone_axis_and_plane_lie_along_the_beam():
    zone = {"kind": "zone", "u": 1.0, "v": 1.0, "w": 0.0}
    matrix = build(particle(orientation=zone)).parts["motions"][0][:, :3]
    assert matrix @ np.array([1.0, 1.0, 0.0]) == pytest.approx([0.0, 0.0, np.sqrt(2.0)])
    plane = {"kind": "plane", "downwards": True}
    matrix = build(particle(orientation=plane)).parts["motions"][0][:, :3]
    assert matrix @ np.ones(3) == pytest.approx([0.0, 0.0, -np.sqrt(3.0)])
    assert matrix @ np.array([1.0, -1.0, 0.0]) == pytest.approx([np.sqrt(2.0), 0.0, 0.0])


def test_spun_particles_keep_their_direction_in_the_cone():
    spun = {"kind": "spun", "u": 1.0, "v": 1.0, "w": 1.0, "tilt": 20.0}
    along = np.array(
        [build(particle(radius=3.0, orientation=spun), seed=n).parts["motions"][0][:, :3] for n in range(60)]
    ) @ (np.ones(3) / np.sqrt(3.0))
    tilts = np.degrees(np.arccos(along[:, 2]))
    assert 15.0 < tilts.max() <= 20.0 + 1e-6
    assert np.abs(along[:, :2].mean(axis=0)).max() < 0.15


def test_aligned_particles_share_plane_and_direction():
    other = particle("a", radius=6.0, crystal={"kind": "builtin", "name": "Ag"}, orientation=RANDOM)
    far = {"kind": "fixed", "x": 20.0}
    aligned = particle(
        "b",
        radius=6.0,
        placement=far,
        orientation={"kind": "aligned", "to": "a", "other_u": 0.0, "other_w": -1.0, "other_v": 1.0},
    )
    one, two = build(other, aligned).parts["motions"][:, :, :3]
    assert two @ np.ones(3) == pytest.approx(one @ np.ones(3))
    assert two @ np.array([1.0, -1.0, 0.0]) == pytest.approx(one @ np.array([0.0, 1.0, -1.0]))


def test_particles_align_with_the_upper_layer_of_a_sheet():
    layers = {
        "kind": "sheet",
        "name": "mos2",
        "material": "MoS2",
        "layers": 2,
        "in_plane": 10.0,
        "twist": 5.0,
    }
    aligned = {
        "kind": "aligned",
        "to": "mos2",
        "other_h": 0.0,
        "other_k": 0.0,
        "other_u": 1.0,
        "other_v": 0.0,
    }
    matrix = build(layers, particle(placement=SEATED, orientation=aligned)).parts["motions"][1][:, :3]
    assert matrix @ np.ones(3) == pytest.approx([0.0, 0.0, np.sqrt(3.0)])
    along = matrix @ np.array([1.0, -1.0, 0.0]) / np.sqrt(2.0)
    assert along == pytest.approx([np.cos(np.radians(15.0)), np.sin(np.radians(15.0)), 0.0])


def test_a_half_space_of_nothing_cuts_the_film():
    cut = {"kind": "void", "name": "cut", "volume": {"kind": "half_space", "normal_x": -1.0, "normal_z": 0.0}}
    built = build(film(), cut | {"placement": {"kind": "fixed", "x": 5.0}})
    assert atoms_of(built, 1)[:, 0].min() < -29.5
    assert atoms_of(built, 1)[:, 0].max() < 5.0


def test_defect_planes_lie_where_the_sides_change():
    defects = {"planes": [{"name": "t", "defect": "twin", "height": 1.5}], "extrinsic": 1}
    at = {"kind": "fixed", "x": 5.0, "y": -7.0, "z": 3.0}
    built = build(particle(radius=14.0, defects=defects, placement=at, orientation=RANDOM))
    side, positions = built.parts["side"], built.structure.positions
    assert built.parts["planes"][:, 0].tolist() == [1.0, 1.0]
    assert sorted(built.parts["planes"][:, 1].tolist()) == [0.0, 2.0]
    below = np.zeros(len(side), dtype=int)
    for row in built.parts["planes"]:
        below += ((positions - row[5:]) @ row[2:5] > 0.0).astype(int)
    assert np.array_equal(below, side)


# --- changes -----------------------------------------------------------------------------------


def test_what_moves_atoms_alone_keeps_the_volume():
    turn = {"kind": "rotate", "name": "r", "angle": 20.0, "axis_x": 1.0}
    stretch = {"kind": "strain", "name": "s", "zz": 0.25}
    box = {"kind": "box", "size_x": 20.0, "size_y": 20.0, "size_z": 20.0}
    whole = build(particle() | {"volume": box, "changes": [stretch]}).structure.positions
    inner = build(particle() | {"volume": box, "changes": [stretch | {"moves": "atoms"}]}).structure.positions
    outer = build(
        particle() | {"volume": box, "changes": [stretch | {"moves": "volume"}]}
    ).structure.positions
    plain = build(particle() | {"volume": box}).structure.positions
    assert len(whole) == len(plain)
    assert whole[:, 2].max() == pytest.approx(1.25 * plain[:, 2].max(), abs=1e-5)
    assert inner[:, 2].max() <= 10.0
    assert len(inner) < len(plain)
    assert 10.5 < outer[:, 2].max() <= 12.5
    turned = build(particle() | {"volume": box, "changes": [turn | {"moves": "atoms"}]}).structure.positions
    assert np.abs(turned).max() <= 10.0 + 1e-5
    assert closest(turned, plain) < 0.1 and not np.array_equal(turned, plain)


def test_chemistry_is_exact_and_in_the_order_of_the_list():
    alloy = {"kind": "substitute", "name": "alloy", "share": 0.25}
    thin = {"kind": "vacancies", "name": "thin", "share": 0.1, "element": "Ag"}
    plain = build(particle()).structure
    made = build(particle(changes=[alloy, thin])).structure
    silver = int(np.floor(0.25 * len(plain) + 0.5))
    assert (made.numbers == 79).sum() == len(plain) - silver
    assert (made.numbers == 47).sum() == silver - int(np.floor(0.1 * silver + 0.5))


def test_groups_turn_and_move_as_one():
    members = [
        particle("a", 5.0, placement={"kind": "fixed", "x": 8.0}),
        particle("b", 5.0, placement={"kind": "fixed", "x": -8.0}),
    ]
    turn = {"kind": "axis", "axis_z": 1.0, "angle": 90.0}
    group = {"kind": "group", "name": "g", "nodes": members, "orientation": turn,
             "placement": {"kind": "fixed", "x": 3.0, "y": 2.0, "z": 1.0}}  # fmt: skip
    built = build(group)
    assert built.parts["origins"] == pytest.approx(
        np.array([[3.0, 2.0, 1.0], [3.0, 10.0, 1.0], [3.0, -6.0, 1.0]])
    )
    alone = build(members[0]).structure.positions
    expected = np.stack([-alone[:, 1] + 3.0, alone[:, 0] + 2.0, alone[:, 2] + 1.0], axis=1)
    assert np.allclose(atoms_of(built, 2), expected, atol=2e-6)
    assert np.unique(built.parts["object"]).tolist() == [2, 3]


# --- resting -----------------------------------------------------------------------------------


@settings(max_examples=12)
@given(
    thickness=st.floats(4.0, 30.0),
    density=st.floats(0.04, 0.11),
    seed=st.integers(0, 10**6),
    x=st.floats(-20.0, 20.0),
)
def test_particles_neither_float_nor_sink(thickness, density, seed, x):
    place = {"kind": "seated", "x": x}
    crystal = {"kind": "builtin", "name": "CdSe"}
    built = build(
        film(thickness=thickness, density=density),
        particle(crystal=crystal, placement=place, orientation=RANDOM),
        seed=seed,
    )
    ground = build(film(thickness=thickness, density=density), seed=seed).structure.positions
    support, seated = atoms_of(built, 1), atoms_of(built, 2)
    assert closest(seated, support) == pytest.approx(2.0, abs=1e-5)
    # Nothing of the film had to give way, and the particle lies above what carries it.
    assert np.array_equal(support, ground)
    under = support[np.hypot(support[:, 0] - x, support[:, 1]) < 9.0]
    assert abs(seated[:, 2].min() - under[:, 2].max()) < 4.0


@pytest.mark.parametrize("depth", [2.0, 6.0])
def test_a_depth_lets_the_support_give_way(depth):
    upper = build(film(), particle(placement=SEATED, orientation=RANDOM))
    deeper = build(film(), particle(placement=SEATED | {"depth": depth}, orientation=RANDOM))
    assert upper.parts["origins"][1, 2] - deeper.parts["origins"][1, 2] == pytest.approx(depth)
    assert len(atoms_of(deeper, 1)) < len(atoms_of(upper, 1))
    assert len(atoms_of(deeper, 2)) == len(atoms_of(upper, 2))
    assert closest(atoms_of(deeper, 2), atoms_of(deeper, 1)) >= 2.0 - 2e-5
    inside = np.linalg.norm(atoms_of(deeper, 1) - deeper.parts["origins"][1], axis=1)
    assert inside.min() > 9.0 - 2.0


def test_what_rests_on_a_named_node_ignores_the_others():
    bump = particle("bump", 6.0, placement={"kind": "fixed", "z": 4.0})
    on_film = particle(placement=SEATED | {"on": "film"}, priority=-1)
    on_any = particle(placement=SEATED)
    low, high = build(film(), bump, on_film), build(film(), bump, on_any)
    assert high.parts["origins"][2, 2] > low.parts["origins"][2, 2] + 5.0


def test_a_pore_under_a_particle_carries_nothing():
    hole = {"kind": "cylinder", "radius": 14.0, "height": 100.0}
    pore = {"kind": "void", "name": "pore", "priority": -5, "volume": hole}
    built = build(film(), pore, particle(placement=SEATED))
    assert built.parts["origins"][2].tolist() == [0.0, 0.0, 0.0]
    assert np.hypot(*atoms_of(built, 1)[:, :2].T).min() > 14.0
    assert build(film(), particle(placement=SEATED)).parts["origins"][1, 2] > 8.0


def test_stacks_rest_on_each_other_whatever_their_order_in_the_scene():
    top = particle("top", 4.0, placement=SEATED | {"on": "middle"})
    middle = particle("middle", 8.0, placement=SEATED | {"on": "film"})
    heights = build(top, middle, film()).parts["origins"][:, 2]
    again = build(film(), middle, top).parts["origins"][::-1, 2]
    assert heights[0] > heights[1] + 8.0 > 15.0
    assert np.array_equal(heights, again)
    with pytest.raises(InputError, match=r"specimen.nodes.top.placement.on = 'middle': rests on a node that"):
        build(top, particle("middle", 8.0, placement=SEATED | {"on": "top"}))


def test_molecules_stand_on_the_surface_and_keep_whole():
    cover = {"kind": "molecules", "name": "co", "on": "p", "number": 12}
    built = build(film(), particle(radius=12.0, placement=SEATED), cover)
    molecules = built.parts["object"] == 3
    assert molecules.sum() == 24
    assert sorted(built.structure.numbers[molecules].tolist()) == [6] * 12 + [8] * 12
    assert 1.59 < closest(atoms_of(built, 3), atoms_of(built, 2)) < 2.01
    assert closest(atoms_of(built, 3), atoms_of(built, 1)) > 1.59
    assert np.unique(built.parts["grain"][molecules]).size == 12


# --- nobody disturbs anybody -------------------------------------------------------------------


def raw(built, number):
    """A node's atoms in its own frame, and where it was put in the plane."""
    motion = built.parts["motions"][number - 1]
    own = (atoms_of(built, number) - motion[:, 3]) @ motion[:, :3]
    return own, built.structure.numbers[built.parts["object"] == number], motion[:2, 3], motion[:, :3]


@settings(max_examples=12)
@given(seed=st.integers(0, 10**6), data=st.data())
def test_siblings_do_not_change_a_node(seed, data):
    alloy = [{"kind": "substitute", "name": "alloy"}, {"kind": "displace", "name": "shake"}]
    wanted = scattered("wanted", changes=alloy)
    others = [film(), scattered("q", count=2), particle("r", 3.0, placement={"kind": "fixed", "z": 90.0})]
    chosen = data.draw(st.lists(st.sampled_from(others), unique_by=lambda node: node["name"]))
    renamed = [node | {"name": node["name"] + data.draw(st.sampled_from(["", "x"]))} for node in chosen]
    nodes = data.draw(st.permutations([wanted, *renamed]))
    options = {"seed": seed, "width": 400.0, "height": 300.0}
    alone = build(wanted, **options)
    # The film of this size is large and slow; a small one has the same right to disturb.
    nodes = [node | {"thickness": 2.0} if node["kind"] == "amorphous" else node for node in nodes]
    together = scene(*nodes, width=400.0, height=300.0)
    built = build_scene(together, {}, seed)
    number = [node.name for node in together.all_nodes()].index("wanted") + 1
    distances = np.linalg.norm(built.parts["origins"][:, :2] - alone.parts["origins"][0, :2], axis=1)
    near = [
        n for n, node in enumerate(together.all_nodes(), 1)
        if n != number and node.kind == "particle" and distances[n - 1] < 10.0
    ]  # fmt: skip
    if near:
        return  # it would have had to give way
    (one, *rest), (two, *others) = raw(alone, 1), raw(built, number)
    # Heights differ where there is a film, and with them the last digits of what the grid leaves.
    assert one == pytest.approx(two, abs=4.0 * POSITION_GRID)
    assert all(np.array_equal(a, b) for a, b in zip(rest, others, strict=True))


def test_streams_are_keyed_by_the_shared_name_and_the_number_of_the_member():
    second = scene(scattered("p", count=2)).nodes[1]
    assert second.name == "p#2"
    assert node_stream(7, second, "place").key == Stream(derive_seed(7, "scene", "p", 2), "place").key


def test_members_differ_and_the_first_ones_stay_when_more_come():
    few, more = build(scattered("p", 3.0, count=2)), build(scattered("p", 3.0, count=4))
    assert np.array_equal(few.parts["motions"], more.parts["motions"][:2])
    assert len({tuple(row) for row in more.parts["origins"][:, :2].tolist()}) == 4


ALL_SORTS = (
    film(),
    scattered("p", 6.0, count=2, changes=[{"kind": "displace", "name": "d"}]),
    {"kind": "polycrystal", "name": "poly", "grains": 3, "volume": {"kind": "sphere", "radius": 10.0},
     "placement": {"kind": "seated", "x": 12.0, "depth": 1.0}},
    {"kind": "cluster", "name": "ico", "placement": {"kind": "seated", "x": -20.0, "y": -15.0}},
    {"kind": "molecules", "name": "co", "on": "poly", "number": 5},
)  # fmt: skip


def kd_tree_between(points, others, radius):
    found = cKDTree(points).query_ball_tree(cKDTree(others), radius)
    pairs = [(i, j) for i, row in enumerate(found) for j in row]
    return tuple(np.array(pairs, dtype=np.int64).reshape(-1, 2).T)


def test_two_builds_are_identical_with_and_without_a_tree():
    one = build(*ALL_SORTS, seed=5)
    assert equal(one, build(*ALL_SORTS, seed=5))
    assert equal(one, build(*ALL_SORTS, seed=5, search=None))
    assert equal(one, build(*ALL_SORTS, seed=5, cross=kd_tree_between))
    assert not equal(one, build(*ALL_SORTS, seed=6))


def test_memory_is_asked_by_what_the_atoms_depend_on():
    kept = {}

    def remember(key, compute):
        calls.append(key)
        if key not in kept:
            kept[key] = compute()
            computed.append(key)
        return kept[key]

    calls, computed = [], []
    first = build(film(), particle(placement=SEATED), remember=remember)
    assert len(computed) == 2
    moved = build(film(), particle(placement=SEATED | {"x": 9.0}), remember=remember)
    assert len(computed) == 2
    assert equal(moved, build(film(), particle(placement=SEATED | {"x": 9.0})))
    build(film(), particle(radius=8.0, placement=SEATED), remember=remember)
    assert len(computed) == 3
    build(film(), particle(placement=SEATED), seed=2, remember=remember)
    assert len(computed) == 4  # the film is drawn anew, a piece of crystal is not
    assert equal(first, build(film(), particle(placement=SEATED), remember=remember))


# --- what cannot be built ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        ([scattered("p", 12.0, count=12)],
         r"specimen.nodes.p#\d+.placement: p#\d+ finds no room: \d+ of 12 placed, "
         r"a disc of radius 12 Å with gaps of 0 Å in 60 × 50 Å; make the scene larger"),
        ([scattered("p", 40.0)],
         r"specimen.nodes.p.placement.margin = 0.0: leaves no room for an outline of radius"),
        ([particle(placement={"kind": "fixed", "x": 45.0})],
         r"specimen.nodes.p.placement.x: lies outside the scene"),
        ([film(density=0.9)], r"specimen.nodes.film.density = 0.9: .*does not fit"),
        ([film(material="carbide")], r"specimen.nodes.film.material = 'carbide': unknown"),
        ([particle(crystal={"kind": "builtin", "name": "Aux"})], r"specimen.nodes.p.crystal.name = 'Aux'"),
        ([particle(radius=0.1, origin_a=0.25, origin_b=0.25)], r"specimen.nodes.p: holds no atom"),
        ([particle() | {"volume": {"kind": "half_space"}}], r"specimen.nodes.p.volume: has no end"),
        ([particle() | {"volume": {"kind": "compound"}}], r"specimen.nodes.p.volume.parts: is empty"),
        ([particle(changes=[{"kind": "substitute", "name": "s", "by": "Xx"}])],
         r"specimen.nodes.p.changes.s.by = 'Xx': is no chemical element"),
        ([particle(defects={"planes": [{"name": "t", "height": 30.0}]})],
         r"specimen.nodes.p.defects.planes.t.height = 30.0"),
        ([{"kind": "cluster", "name": "c", "element": "Q"}], r"specimen.nodes.c.element = 'Q'"),
        ([film(orientation=RANDOM)], r"specimen.nodes.film.orientation.kind = 'random': a film"),
        ([film(priority=5), particle(radius=3.0, placement={"kind": "fixed", "z": -6.0})],
         r"specimen.nodes.p.priority = 0: lies inside nodes of higher priority"),
        ([particle(changes=[{"kind": "displace", "name": "d"},
                            {"kind": "invert", "name": "i", "moves": "atoms"}])],
         r"specimen.nodes.p.changes.i.moves = 'atoms': comes after a change of single atoms"),
        ([{"kind": "molecules", "name": "m", "molecule": "CO3"}], r"specimen.nodes.m.molecule = 'CO3'"),
        ([{"kind": "void", "name": "v"}], r"specimen.nodes: make no atom"),
    ],
)  # fmt: skip
def test_says_what_cannot_be_built(nodes, sentence):
    with pytest.raises(InputError, match=sentence):
        build(*nodes)


def test_mistakes_show_before_anything_heavy_is_made():
    def remember(key, compute):
        raise AssertionError("something was made")

    with pytest.raises(InputError, match="Aux"):
        build(film(), particle(crystal={"kind": "builtin", "name": "Aux"}), remember=remember)


def test_crowded_scenes_keep_what_fits_where_asked():
    built = build(film(), scattered("p", 12.0, count=12), crowding="keep")
    placed = built.parts["placed"]
    assert placed[0] == 1
    assert 1 <= placed[1:].sum() < 12
    assert set(np.unique(built.parts["object"])) == set(np.flatnonzero(placed) + 1)


def test_can_be_stopped():
    calls = []

    def stop():
        calls.append(1)
        if len(calls) > 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        build(*ALL_SORTS, cancel=stop)
