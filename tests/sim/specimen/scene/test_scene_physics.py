"""Scenes measured as a crystallographer and a microscopist would: from their atoms and images alone.

Nothing here asks the builder how it built: neighbours come from ase's space groups, stacking from the
registry of layers, orientations from bonds, places from the image.
"""

from __future__ import annotations

import functools
from itertools import pairwise

import numpy as np
import pytest
from ase.geometry import cellpar_to_cell
from ase.neighborlist import neighbor_list
from ase.spacegroup import crystal as from_group
from scipy.ndimage import center_of_mass, label, maximum_filter
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from scipy.stats import chisquare, kstest

from sim.core.settings import validate
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Recipe
from sim.render.context import RenderContext
from sim.render.render import render
from sim.specimen.scene.build import build_scene
from sim.specimen.scene.members import expanded
from sim.specimen.scene.settings import SceneSpecimen

GOLD = 4.0782
BOND = GOLD / np.sqrt(2.0)
RANDOM = {"kind": "random"}
WURTZITE = [(1 / 3, 2 / 3, 0.0)]
SPINEL = [(0.125,) * 3, (0.5,) * 3]

#: The nine structures as ase makes them from their space groups: symbols, sites, group, setting, a, c.
NINE = {
    "ZnS": (["Zn", "S"], [*WURTZITE, (1 / 3, 2 / 3, 0.3748)], 186, 1, 3.8227, 6.2607),
    "CdSe": (["Cd", "Se"], [*WURTZITE, (1 / 3, 2 / 3, 0.375)], 186, 1, 4.2985, 7.0152),
    "Cu": (["Cu"], [(0, 0, 0)], 225, 1, 3.6157, None),
    "Ag": (["Ag"], [(0, 0, 0)], 225, 1, 4.0782, None),
    "C": (["C"], [(0, 0, 0)], 227, 1, 3.5673, None),
    "Si": (["Si"], [(0, 0, 0)], 227, 1, 5.430, None),
    "Fe3O4": (["Fe", "Fe", "O"], [*SPINEL, (0.2549,) * 3], 227, 2, 8.394, None),
    "Co3O4": (["Co", "Co", "O"], [*SPINEL, (0.263,) * 3], 227, 2, 8.065, None),
    "Fe": (["Fe"], [(0, 0, 0)], 229, 1, 2.866, None),
}
#: A crystal without any symmetry.
EDGES = (5.1, 6.3, 7.7, 82.0, 97.0, 109.0)
SITES = {79: (0.0, 0.0, 0.0), 14: (0.31, 0.17, 0.23), 8: (0.6, 0.45, 0.71)}
TRICLINIC = {
    "kind": "cell",
    **dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), EDGES, strict=True)),
    "basis": [
        {"element": symbol, **dict(zip("xyz", SITES[number], strict=True))}
        for number, symbol in ((79, "Au"), (14, "Si"), (8, "O"))
    ],
}


def node(kind, name="p", **values):
    return {"kind": kind, "name": name, **values}


def sphere(radius):
    return {"kind": "sphere", "radius": radius}


def particle(material="Au", radius=12.0, name="p", **values):
    chosen = {"kind": "builtin", "name": material} if isinstance(material, str) else material
    return node("particle", name, **{"crystal": chosen, "volume": sphere(radius), **values})


def settings_of(*nodes, **values):
    return expanded(validate(SceneSpecimen, {"kind": "scene", "nodes": nodes, **values}, root="specimen"))


def build(*nodes, seed=1, **values):
    return build_scene(settings_of(*nodes, **values), {}, seed)


def atoms(*nodes, **values):
    structure = build(*nodes, **values).structure
    return structure.numbers, structure.positions


def of_object(built, number):
    return built.structure.positions[built.parts["object"] == number]


def nearest(positions):
    return cKDTree(positions).query(positions, 2)[0][:, 1]


def at_depth(positions, reach):
    return np.linalg.norm(positions, axis=1) < reach


def unit(vectors):
    return np.asarray(vectors) / np.linalg.norm(vectors, axis=-1, keepdims=True)


# --- crystals ----------------------------------------------------------------------------------


@functools.cache
def of_ase(name):
    symbols, sites, group, setting, a, c = NINE[name]
    cell = [a, a, a, 90, 90, 90] if c is None else [a, a, c, 90, 90, 120]
    return from_group(symbols, sites, spacegroup=group, setting=setting, cellpar=cell)


@pytest.mark.parametrize("name", NINE)
def test_all_neighbours_are_those_of_the_space_group(name):
    """Every distance up to 4.5 Å about every inner atom, in any orientation."""
    reference = of_ase(name)
    first, lengths = neighbor_list("id", reference, 4.5)
    shells = {}
    for index, number in enumerate(reference.numbers.tolist()):
        shells.setdefault(number, []).append(np.sort(lengths[first == index]))
    numbers, positions = atoms(particle(name, 13.0, orientation=RANDOM))
    tree = cKDTree(positions)
    inner = np.flatnonzero(at_depth(positions, 8.0))
    assert len(inner) > 50
    for index in inner:
        around = positions[tree.query_ball_point(positions[index], 4.5)] - positions[index]
        found = np.sort(np.linalg.norm(around, axis=1))[1:]
        alike = [shell for shell in shells[int(numbers[index])] if len(shell) == len(found)]
        assert min(np.abs(shell - found).max() for shell in alike) < 4e-6


@pytest.mark.parametrize("name", NINE)
def test_bulk_density_within_half_a_per_cent(name):
    _, positions = atoms(particle(name, 50.0, orientation=RANDOM))
    density = len(positions) / (4.0 / 3.0 * np.pi * 50.0**3)
    reference = of_ase(name)
    assert density == pytest.approx(len(reference) / reference.get_volume(), rel=5e-3)


# --- stacking ----------------------------------------------------------------------------------


def letters(positions, normal, along, spacing):
    """A, B or C for every layer of one kind of atom, from below, by its registry with the lowest layer."""
    up = unit(np.array(normal, dtype=float))
    right = unit(np.array(along, dtype=float))
    plane = np.stack([right, np.cross(up, right)], axis=1)
    net = np.linalg.inv(spacing * np.array([[1.0, 0.0], [0.5, np.sqrt(0.75)]]))
    order = np.argsort(positions @ up)
    cuts = np.flatnonzero(np.diff((positions @ up)[order]) > 0.4) + 1
    layers = [layer for layer in np.split(order, cuts) if len(layer) > 6]
    start = (positions[layers[0][0]] @ plane) @ net
    found = ""
    for layer in layers:
        phase = np.exp(2j * np.pi * ((positions[layer] @ plane) @ net - start)).mean(axis=0)
        assert np.abs(phase).min() > 0.99
        thirds = 3.0 * np.angle(phase) / (2.0 * np.pi)
        assert np.abs(thirds - np.round(thirds)).max() < 0.02
        found += "ABC"[int(np.round(thirds[0])) % 3]
    return found


def steps(stacking):
    """+ for A to B, B to C, C to A; − for the other way round."""
    return "".join("+" if (ord(b) - ord(a)) % 3 == 1 else "-" for a, b in pairwise(stacking))


@pytest.mark.parametrize(("kind", "reversed_steps"), [("twin", None), ("intrinsic", 1), ("extrinsic", 2)])
def test_twins_and_faults_of_close_packed_metal(kind, reversed_steps):
    """A twin turns every step above it round, faults one or two of them."""
    planes = [{"name": "plane", "defect": kind, "height": -11.6}]
    _, positions = atoms(
        particle("Au", 24.0, defects={"h": 1.0, "k": 1.0, "l": 1.0, "planes": planes}),
    )
    sequence = steps(letters(positions, (1, 1, 1), (1, -1, 0), BOND))
    below, above = sequence[:5], sequence[5:]
    assert below == "-----"
    there = len(above) if reversed_steps is None else reversed_steps
    assert above == "+" * there + "-" * (len(above) - there)
    assert nearest(positions).min() > 0.999 * BOND
    inner = positions[at_depth(positions, 19.0)]
    assert {len(near) for near in cKDTree(positions).query_ball_point(inner, 1.1 * BOND)} == {13}


@pytest.mark.parametrize(("kind", "cubic"), [("I1", 1), ("I2", 2), ("E", 3)])
@pytest.mark.parametrize(("name", "number", "edge"), [("CdSe", 34, 4.2985), ("ZnS", 30, 3.8227)])
def test_faults_of_wurtzite_have_their_number_of_cubic_layers(kind, cubic, name, number, edge):
    planes = [{"name": "plane", "defect": kind, "height": 1.0}]
    numbers, positions = atoms(
        particle(name, 22.0, defects={"h": 0.0, "k": 0.0, "l": 1.0, "planes": planes}),
    )
    sequence = steps(letters(positions[numbers == number], (0, 0, 1), (1, 0, 0), edge))
    # Hexagonal layers have alike neighbours (the steps alternate), cubic ones have not.
    turns = [one == two for one, two in pairwise(sequence)]
    assert sum(turns) == cubic
    assert "".join("c" if turn else "h" for turn in turns).strip("h") == "c" * cubic
    bonds = cKDTree(positions).query_pairs(0.7 * edge, output_type="ndarray")
    lengths = np.linalg.norm(positions[bonds[:, 0]] - positions[bonds[:, 1]], axis=1)
    usual = 0.375 * (7.0152 if name == "CdSe" else 6.2607)
    assert np.abs(lengths / usual - 1.0).max() < 4e-3
    assert (numbers[bonds[:, 0]] != numbers[bonds[:, 1]]).all()
    inner = positions[at_depth(positions, 17.0)]
    assert {len(near) for near in cKDTree(positions).query_ball_point(inner, 0.7 * edge)} == {5}


# --- orientation -------------------------------------------------------------------------------


def lattice(numbers, positions):
    """Rows a, b, c of a triclinic particle as it lies in the scene, from its atoms."""
    cell = cellpar_to_cell(EDGES)
    trees = {number: cKDTree(positions[numbers == number]) for number in SITES}
    gold = positions[numbers == 79]
    centre = gold[np.argmin(np.linalg.norm(gold - gold.mean(axis=0), axis=1))]
    away = gold - centre
    edges = [away[np.abs(np.linalg.norm(away, axis=1) - length) < 1e-4] for length in EDGES[:3]]
    fits = [
        np.array([a, b, c])
        for a in edges[0]
        for b in edges[1]
        for c in edges[2]
        if np.abs(np.array([a, b, c]) @ np.array([a, b, c]).T - cell @ cell.T).max() < 1e-3
    ]
    # A lattice looks the same upside down; what is in the cell does not.
    return min(
        fits,
        key=lambda rows: sum(
            tree.query(centre + np.array(SITES[number]) @ rows)[0] for number, tree in trees.items()
        ),
    )


def turned(**orientation):
    values = {key: float(value) if type(value) is int else value for key, value in orientation.items()}
    return lattice(*atoms(particle(TRICLINIC, 13.0, orientation=values)))


def test_directions_lie_towards_the_source_and_turn_counter_clockwise():
    upright = turned(kind="zone", u=1, v=-1, w=3)
    rotated = turned(kind="zone", u=1, v=-1, w=3, in_plane=35.0)
    assert unit(np.array([1, -1, 3]) @ upright) == pytest.approx([0.0, 0.0, 1.0], abs=1e-6)
    turn = Rotation.from_euler("z", 35.0, degrees=True).as_matrix()
    assert rotated == pytest.approx(upright @ turn.T, abs=1e-5)
    assert np.linalg.det(upright) > 0.0


@pytest.mark.parametrize("downwards", [False, True])
def test_planes_face_up_or_down_with_their_direction_to_the_right(downwards):
    rows = turned(kind="plane", h=2, k=0, l=-1, u=1, v=3, w=2, downwards=downwards)
    normal = unit(np.array([2, 0, -1]) @ np.linalg.inv(rows).T)
    assert normal == pytest.approx([0.0, 0.0, -1.0 if downwards else 1.0], abs=1e-6)
    assert unit(np.array([1, 3, 2]) @ rows) == pytest.approx([1.0, 0.0, 0.0], abs=1e-6)
    assert np.linalg.det(rows) > 0.0


def test_euler_angles_are_those_of_bunge():
    rows = turned(kind="euler", phi1=30.0, Phi=40.0, phi2=50.0)
    turn = Rotation.from_euler("ZXZ", [30.0, 40.0, 50.0], degrees=True).as_matrix()
    assert rows == pytest.approx(cellpar_to_cell(EDGES) @ turn.T, abs=1e-5)


def test_epitaxy_of_gold_on_a_tumbled_wurtzite():
    aligned = {"kind": "aligned", "to": "base", "h": 1.0, "k": 1.0, "l": 1.0, "u": 1.0, "v": -1.0, "w": 0.0,
               "other_h": 0.0, "other_k": 0.0, "other_l": 1.0,
               "other_u": 1.0, "other_v": 0.0, "other_w": 0.0}  # fmt: skip
    built = build(
        particle("CdSe", 10.0, "base", orientation=RANDOM, placement={"kind": "fixed", "x": -15.0}),
        particle("Au", 10.0, "top", orientation=aligned, placement={"kind": "fixed", "x": 15.0}),
    )
    numbers = built.structure.numbers[built.parts["object"] == 1]
    base, top = of_object(built, 1), of_object(built, 2)
    cadmium, selenium = base[numbers == 48], base[numbers == 34]

    def about_centre(points, length):
        away = points - points[np.argmin(np.linalg.norm(points - points.mean(axis=0), axis=1))]
        return away[np.abs(np.linalg.norm(away, axis=1) - length) < 1e-4]

    heart = cadmium[np.argmin(np.linalg.norm(cadmium - cadmium.mean(axis=0), axis=1))]
    # The bond along c leads from cadmium to selenium upwards.
    up = next(
        c for c in about_centre(cadmium, 7.0152) if cKDTree(selenium).query(heart + 0.375 * c)[0] < 1e-4
    )
    cubic, rows = about_centre(top, GOLD), about_centre(top, BOND)
    threes = ((a, b, c) for a in cubic for b in cubic for c in cubic)
    square = [np.sum([a, b, c], axis=0) for a, b, c in threes if abs(a @ b) + abs(b @ c) + abs(a @ c) < 1e-3]
    assert max(unit(square) @ unit(up)) == pytest.approx(1.0, abs=1e-6)
    across = about_centre(cadmium, 4.2985)
    assert (unit(rows) @ unit(across).T).max() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.slow
def test_random_orientations_fill_all_of_them_evenly():
    many = particle(
        {"kind": "cell", "a": 30.0, "b": 30.0, "c": 30.0, "basis": [{"element": "Au"}]},
        0.5,
        count=1000,
        orientation=RANDOM,
        placement={"kind": "scattered", "gap": 1.0, "seated": False},
    )
    turns = np.concatenate(
        [
            build(many, seed=seed, width=400.0, height=400.0, clearance=0.0).parts["motions"][:, :, :3]
            for seed in (1, 2, 3)
        ]
    )
    assert np.linalg.det(turns) == pytest.approx(1.0)
    angles = Rotation.from_matrix(turns).as_euler("ZXZ")
    counts, _ = np.histogramdd(
        np.stack([angles[:, 0], np.cos(angles[:, 1]), angles[:, 2]], axis=1),
        bins=5,
        range=((-np.pi, np.pi), (-1.0, 1.0), (-np.pi, np.pi)),
    )
    assert chisquare(counts.ravel()).pvalue > 1e-3
    # Of a uniform unit quaternion the squares of any two parts add up to something uniform.
    squares = Rotation.from_matrix(turns).as_quat() ** 2
    for other in (1, 2, 3):
        assert kstest(squares[:, 0] + squares[:, other], "uniform").pvalue > 1e-3
    # One after the other as unlike as any two: turns by ω have the density (1 − cos ω)/π.
    between = np.einsum("nij,nkj->nik", turns[1:], turns[:-1])
    angle = np.arccos(np.clip(0.5 * (np.trace(between, axis1=1, axis2=2) - 1.0), -1.0, 1.0))
    assert kstest(angle, lambda w: (w - np.sin(w)) / np.pi).pvalue > 1e-3


# --- images ------------------------------------------------------------------------------------


def image_of(*nodes, pixel_size=0.2, sigma=0.4, **values):
    recipe = validate(
        Recipe,
        {
            "name": "physics",
            "seed": 4,
            "images": 1,
            "specimen": {"kind": "scene", "nodes": nodes, **values},
            "image": {"width": "auto", "height": "auto", "pixel_size": pixel_size},
            "imaging": {"sigma": sigma, "mode": "z_power", "alpha": 1.5},
            "noise": {"preset": "none"},
        },
    )
    plan = Plan(recipe, collect_structures(recipe))
    return render(plan[0], RenderContext(plan.catalogue)).clean.astype(np.float64)


def test_atoms_appear_where_they_lie():
    """Three lone atoms without symmetry: x to the right, y upwards, the heaviest the brightest."""
    places = {"Au": (-11.3, -7.7, 0.0), "Ag": (14.2, -3.1, 5.0), "Cu": (2.6, 12.9, -4.0)}
    lone = [
        particle(
            {"kind": "cell", "a": 40.0, "b": 40.0, "c": 40.0, "basis": [{"element": element}]},
            1.0,
            element,
            placement={"kind": "fixed", **dict(zip("xyz", place, strict=True))},
        )
        for element, place in places.items()
    ]
    image = image_of(*lone, width=60.0, height=50.0)
    height, width = image.shape
    signal = np.abs(image - np.median(image))
    spots, count = label(signal > 0.02 * signal.max())
    assert count == 3
    centres = np.array(center_of_mass(signal, spots, range(1, 4)))
    sums = np.array([signal[spots == number].sum() for number in range(1, 4)])
    order = np.argsort(-sums)
    found = np.stack(
        [0.2 * (centres[:, 1] - 0.5 * (width - 1)), 0.2 * (0.5 * (height - 1) - centres[:, 0])], axis=1
    )[order]
    expected = np.array([place[:2] for place in places.values()])
    assert found == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(
    ("material", "plane", "right", "spots"),
    [
        ("Au", (1, 1, 0), (0, 0, 1), [(GOLD / 2, 0.0), (GOLD / np.sqrt(3), 54.74), (BOND / 2, 90.0)]),
        ("CdSe", (1, 0, 0), (0, 0, 1), [(7.0152 / 2, 0.0), (4.2985 / 2, 90.0)]),
        ("Si", (1, 1, 0), (0, 0, 1), [(5.430 / np.sqrt(3), 54.74), (5.430 / np.sqrt(8), 90.0)]),
    ],
)
def test_spots_of_the_transform_have_their_spacings_and_angles(material, plane, right, spots):
    """All turned by 20° counter-clockwise."""
    orientation = {"kind": "plane", **dict(zip("hkl", map(float, plane), strict=True)),
                   **dict(zip("uvw", map(float, right), strict=True)), "in_plane": 20.0}  # fmt: skip
    image = image_of(particle(material, 24.0, orientation=orientation), width=64.0, height=64.0, sigma=0.3)
    image -= image.mean()
    image *= np.hanning(image.shape[0])[:, None] * np.hanning(image.shape[1])
    power = np.abs(np.fft.fftshift(np.fft.fft2(image, (2048, 2048))))
    across, down = np.meshgrid(*[np.fft.fftshift(np.fft.fftfreq(2048, 0.2))] * 2)
    power[np.hypot(across, down) < 0.15] = 0.0
    peaks = (power == maximum_filter(power, 31)) & (power > 0.05 * power.max())
    found = np.stack([across[peaks], -down[peaks]], axis=1)  # rows count downwards
    for spacing, angle in spots:
        for side in (angle, -angle):
            wanted = np.array([np.cos(np.radians(20 + side)), np.sin(np.radians(20 + side))]) / spacing
            assert np.linalg.norm(found - wanted, axis=1).min() < 0.01 / spacing
