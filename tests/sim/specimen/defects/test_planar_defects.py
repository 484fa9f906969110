"""Twins, faults and boundaries: stacking read back by the analysis, bonds by a KD-tree of their own."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from ase.spacegroup import crystal as from_space_group
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from sim.core.errors import InputError
from sim.numerics.motion import Motion
from sim.specimen.crystal.fill import fill_slices
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.defects.analysis import stacking_sequence, surroundings
from sim.specimen.defects.bonds import Piece, Surroundings
from sim.specimen.defects.layers import layers_of
from sim.specimen.defects.planar import Plane, check_hits, check_sides, extent, slices, stack
from sim.specimen.shapes.plain import Box, Everything, Sphere

#: No symmetry axis along any coordinate axis, origin off the lattice points.
POSE = Motion(
    Rotation.from_euler("zxz", [17.0, 41.0, 73.0], degrees=True).as_matrix(), np.array([0.3, -0.7, 0.45])
)


def from_ase(atoms, name):
    return Crystal(
        name, np.array(atoms.cell[:]), atoms.numbers.astype(np.int64), atoms.get_scaled_positions()
    )


COPPER = from_ase(bulk("Cu", "fcc", a=3.6157, cubic=True), "Cu")
PRIMITIVE_COPPER = from_ase(bulk("Cu", "fcc", a=3.6157), "primitive Cu")
SILICON = from_ase(bulk("Si", "diamond", a=5.43, cubic=True), "Si")
BLENDE = from_ase(bulk("ZnS", "zincblende", a=5.41, cubic=True), "zincblende")
WURTZITE = from_ase(bulk("CdSe", "wurtzite", a=4.2985, c=7.0152, u=0.375), "CdSe")
MAGNESIUM = from_ase(bulk("Mg", "hcp", a=3.21, c=5.21), "Mg")
IRON = from_ase(bulk("Fe", "bcc", a=2.866, cubic=True), "Fe")
MAGNETITE = from_ase(
    from_space_group(
        ["Fe", "Fe", "O"],
        [(0.125,) * 3, (0.5,) * 3, (0.2549,) * 3],
        spacegroup=227,
        setting=2,
        cellpar=[8.394] * 3 + [90] * 3,
    ),
    "Fe3O4",
)


def built(crystal, hkl, planes, shape=None, motion=POSE):
    stacked = stack(crystal, motion, hkl, planes)
    return stacked, fill_slices(crystal, shape or Sphere(16.0), stacked.slices)


def sequence_around(stacked, atoms, step, below, above, element=None):
    """Letters of so many steps below and above the lowest plane."""
    heights = atoms.positions @ stacked.normal - stacked.planes[0].height
    chosen = (heights > -below * step) & (heights < above * step)
    if element is not None:
        chosen &= atoms.numbers == element
    return stacking_sequence(atoms.positions[chosen], stacked.normal, collapse=True)


def neighbours(positions, count, depth, radius):
    """Atoms at least ``depth`` below the surface; their neighbours, sorted by distance."""
    inner = np.flatnonzero(np.linalg.norm(positions, axis=1) < radius - depth)
    distances, indices = cKDTree(positions).query(positions[inner], k=count + 1)
    return inner, distances[:, 1:], indices[:, 1:]


@pytest.mark.parametrize("crystal", [COPPER, PRIMITIVE_COPPER], ids=lambda c: c.name)
@pytest.mark.parametrize("hkl", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
@pytest.mark.parametrize(
    ("kind", "below", "above", "letters"),
    [("twin", 3, 2, "ABCBA"), ("intrinsic", 3, 5, "ABCBCABC"), ("extrinsic", 3, 4, "ABCBABC")],
)
def test_fcc_defects_have_the_published_stacking(crystal, hkl, kind, below, above, letters):
    """Hirth and Lothe, chapter 10: a twin, one layer missing, one layer too many."""
    # The same plane in whichever cell.
    own = np.rint(2.0 * crystal.cell @ np.array(hkl) / 3.6157).astype(int)
    stacked, atoms = built(crystal, own, [Plane(kind, 1.1)])
    assert sequence_around(stacked, atoms, 3.6157 / np.sqrt(3.0), below, above) == letters


@pytest.mark.parametrize(("crystal", "element"), [(SILICON, 14), (BLENDE, 30), (BLENDE, 16)])
@pytest.mark.parametrize("hkl", [(1, 1, 1), (-1, -1, -1), (1, -1, 1)])
@pytest.mark.parametrize(("kind", "types"), [("twin", "h"), ("intrinsic", "hh"), ("extrinsic", "hch")])
def test_tetrahedral_crystals_stack_like_fcc(crystal, element, hkl, kind, types):
    """ABCBA has one hexagonal layer, ABCBCABC two together, ABCBABC two with a cubic one between."""
    stacked, atoms = built(crystal, hkl, [Plane(kind, 1.1)])
    letters = stacking_sequence(atoms.positions[atoms.numbers == element], stacked.normal, collapse=True)
    found = surroundings(letters)
    assert found.strip("c") == types
    assert len(found) > 6


@pytest.mark.parametrize(("crystal", "element"), [(WURTZITE, 48), (WURTZITE, 34), (MAGNESIUM, 12)])
@pytest.mark.parametrize("hkl", [(0, 0, 1), (0, 0, -1), (0, 0, 0, 1)])
@pytest.mark.parametrize("height", [-1.3, 2.0])
@pytest.mark.parametrize(
    ("kind", "below", "above", "letters"),
    [("I1", 4, 4, "ABABCBCB"), ("I2", 4, 4, "ABABCACA"), ("E", 4, 5, "ABABCABAB")],
)
def test_hexagonal_faults_have_the_published_stacking(
    crystal, element, hkl, height, kind, below, above, letters
):
    """Hirth and Lothe, chapter 11: one, two and three violations, after an A layer as after a B layer."""
    stacked, atoms = built(crystal, hkl, [Plane(kind, height)], Sphere(22.0))
    step = crystal.cell[2, 2] / 2
    assert sequence_around(stacked, atoms, step, below, above, element) == letters


@pytest.mark.parametrize(
    ("crystal", "kind"),
    [
        (SILICON, "twin"),
        (SILICON, "intrinsic"),
        (SILICON, "extrinsic"),
        (BLENDE, "twin"),
        (BLENDE, "intrinsic"),
    ],
)
def test_cubic_semiconductors_keep_their_tetrahedra(crystal, kind):
    """Four bonds of a√3/4 and 109.47° everywhere; in zincblende to the other element only."""
    _, atoms = built(crystal, (1, 1, 1), [Plane(kind, 0.4)])
    inner, distances, indices = neighbours(atoms.positions, 5, 4.0, 16.0)
    assert len(inner) > 200
    bond = crystal.cell[0, 0] * np.sqrt(3.0) / 4.0
    np.testing.assert_allclose(distances[:, :4], bond, atol=1e-9)
    assert (distances[:, 4] > 1.5 * bond).all()
    arms = (atoms.positions[indices[:, :4]] - atoms.positions[inner][:, None]) / bond
    cosines = np.einsum("nik,njk->nij", arms, arms)[:, *np.triu_indices(4, 1)]
    np.testing.assert_allclose(cosines, -1.0 / 3.0, atol=1e-8)
    if crystal is BLENDE:
        assert (atoms.numbers[indices[:, :4]] != atoms.numbers[inner][:, None]).all()


@pytest.mark.parametrize("kind", ["I1", "I2", "E"])
def test_wurtzite_faults_keep_every_bond(kind):
    """CdSe (FACTS): one bond of 2.6307 and three of 2.6318 Å, all between the two elements."""
    _, atoms = built(WURTZITE, (0, 0, 1), [Plane(kind, 0.4)])
    inner, distances, indices = neighbours(atoms.positions, 5, 4.0, 16.0)
    assert len(inner) > 200
    lateral = np.sqrt(4.2985**2 / 3.0 + (0.125 * 7.0152) ** 2)
    expected = np.broadcast_to(sorted([0.375 * 7.0152, lateral, lateral, lateral]), (len(inner), 4))
    np.testing.assert_allclose(distances[:, :4], expected, atol=1e-9)
    assert (distances[:, 4] > 3.5).all()
    assert (atoms.numbers[indices[:, :4]] != atoms.numbers[inner][:, None]).all()


@pytest.mark.parametrize("kind", ["twin", "intrinsic", "extrinsic"])
def test_fcc_keeps_twelve_neighbours(kind):
    _, atoms = built(COPPER, (1, 1, 1), [Plane(kind, 0.4)])
    _, distances, _ = neighbours(atoms.positions, 13, 4.0, 16.0)
    np.testing.assert_allclose(distances[:, :12], 3.6157 / np.sqrt(2.0), atol=1e-9)
    assert (distances[:, 12] > 3.5).all()


@pytest.mark.parametrize("hkl", [(1, 1, 1), (1, -1, 1)])
def test_spinel_twin_keeps_every_tetrahedron(hkl):
    """Iron with four oxygens: (u − 1/8)·√3·a = 1.889 Å; one such iron to two with six, none with other."""
    radius = 18.0
    _, atoms = built(MAGNETITE, hkl, [Plane("twin", 0.4)], Sphere(radius))
    iron = atoms.positions[(atoms.numbers == 26) & (np.linalg.norm(atoms.positions, axis=1) < radius - 3.0)]
    distances, _ = cKDTree(atoms.positions[atoms.numbers == 8]).query(iron, k=7)
    count = (distances < 2.45).sum(axis=1)
    assert set(count) == {4, 6}
    np.testing.assert_allclose(distances[count == 4, :4], (0.2549 - 0.125) * np.sqrt(3.0) * 8.394, atol=1e-9)
    assert np.abs(distances[count == 6, :6] - 2.058).max() < 0.12
    assert (count == 4).mean() == pytest.approx(1 / 3, abs=0.03)


def test_spinel_twin_turns_the_oxygen_stacking_once():
    """With u = 1/4 oxygen is exactly close-packed: one hexagonal layer, no two layers face to face."""
    ideal = from_ase(
        from_space_group(
            ["Fe", "Fe", "O"],
            [(0.125,) * 3, (0.5,) * 3, (0.25,) * 3],
            spacegroup=227,
            setting=2,
            cellpar=[8.394] * 3 + [90] * 3,
        ),
        "ideal spinel",
    )
    stacked, atoms = built(ideal, (1, 1, 1), [Plane("twin", 0.4)])
    letters = stacking_sequence(atoms.positions[atoms.numbers == 8], stacked.normal)
    assert surroundings(letters).strip("c") == "h"
    oxygen = atoms.positions[atoms.numbers == 8]
    assert cKDTree(oxygen).query(oxygen, k=2)[0][:, 1].min() > 2.9


def test_mirror_twins_of_hcp_follow_each_other():
    """{10-11} of magnesium is a mirror, no half turn: above the second the crystal is the first again."""
    stacked, atoms = built(MAGNESIUM, (1, 0, 1), [Plane("twin", -6.0), Plane("twin", 7.0)], Sphere(18.0))
    first, second, third = (part.motion.matrix for part in stacked.slices)
    assert np.linalg.det(second) * np.linalg.det(first) < 0.0
    np.testing.assert_allclose(third, first, atol=1e-12)
    nearest = cKDTree(atoms.positions).query(atoms.positions, k=2)[0][:, 1]
    bond = np.sqrt(3.21**2 / 3.0 + 5.21**2 / 4.0)
    assert nearest.min() == pytest.approx(bond, abs=1e-9)
    heights = atoms.positions @ stacked.normal
    for plane in stacked.planes:
        # No layer is cut: the lower neighbour keeps its distance, the mirrored one is not nearer.
        away = heights - plane.height
        below, above = -away[away < 0].max(), away[away > 0].min()
        assert 0.5 < below <= above + 1e-9


def test_misfit_of_an_opened_crystal():
    """{111} of copper opened by δ: 3 of 12 bonds of the first layer on each side grow, two layers count."""
    surrounded = Surroundings.of(layers_of(COPPER, (1, 1, 1)))
    normal, gap = surrounded.layers.normal, surrounded.layers.gaps[0]
    bond, step, opening = 3.6157 / np.sqrt(2.0), 3.6157 / np.sqrt(3.0), 0.2
    lower = Piece(Motion.identity(), -np.inf, gap)
    opened = Piece(Motion.translation(opening * normal), gap, np.inf)
    longer = np.sqrt(bond**2 - step**2 + (step + opening) ** 2) - bond
    misfit = surrounded.misfit([lower, opened])
    # The upper half is empty up to the first layer, δ higher: two layers on each side are within reach.
    assert misfit.change == pytest.approx(longer * 3 / 12 / 2, rel=1e-9)
    assert misfit.closest == pytest.approx(1.0)
    # Layer upon layer: √(2/3) of the bond.
    vectors = COPPER.cell.T @ np.array([[1 / 6, 1 / 6, -1 / 3], [-1 / 6, -1 / 6, 1 / 3]]).T
    closest = [
        surrounded.misfit([lower, Piece(Motion.translation(v), gap, np.inf)]).closest for v in vectors.T
    ]
    assert sorted(closest) == pytest.approx([np.sqrt(2.0 / 3.0), 1.0])


def test_bcc_twin_is_the_mirror_image():
    """{112} has six layers; the sequence turns round at the twin (Christian and Mahajan 1995)."""
    stacked, atoms = built(IRON, (1, 1, 2), [Plane("twin", 0.2)])
    step = 2.866 / np.sqrt(6.0)
    assert sequence_around(stacked, atoms, step, 6, 5) == "ABCDEFEDCBA"
    nearest = cKDTree(atoms.positions).query(atoms.positions, k=2)[0][:, 1]
    # Across the plane of an unrelaxed twin two layers lie face to face, 2·a/√6 apart.
    assert nearest.min() == pytest.approx(2.0 * step, abs=1e-9)


def test_twin_is_a_mirror_image_of_its_lower_half():
    """Above the shared layer lies the reflection of what lies below, element by element."""
    stacked, atoms = built(COPPER, (1, 1, 1), [Plane("twin", 0.4)], Sphere(18.0))
    shared = stacked.planes[0].height - 3.6157 / np.sqrt(3.0) / 2
    tree = cKDTree(atoms.positions)
    heights = atoms.positions @ stacked.normal
    lower = atoms.positions[(heights < shared + 0.1) & (np.linalg.norm(atoms.positions, axis=1) < 14.0)]
    images = lower - 2.0 * ((lower @ stacked.normal) - shared)[:, None] * stacked.normal
    inside = np.linalg.norm(images, axis=1) < 16.0
    assert inside.sum() > 300
    assert tree.query(images[inside])[0].max() < 1e-9


@settings(max_examples=25, deadline=None)
@given(height=st.floats(-6.0, 6.0), kind=st.sampled_from(["twin", "intrinsic", "extrinsic"]))
def test_plane_stays_within_half_a_layer_and_between_layers(height, kind):
    stacked, atoms = built(COPPER, (1, 1, 1), [Plane(kind, height)], Sphere(9.0))
    step = 3.6157 / np.sqrt(3.0)
    placed = stacked.planes[0].height
    assert abs(placed - height) <= step / 2 + 1e-5
    heights = atoms.positions @ stacked.normal - placed
    assert np.abs(heights).min() == pytest.approx(step / 2, abs=1e-9)
    assert heights[heights > 0].min() == pytest.approx(-heights[heights < 0].max(), abs=1e-9)
    np.testing.assert_array_equal(atoms.side, (heights > 0).astype(int))


def test_many_planes_act_on_everything_above_them():
    """Lowest first: twin, intrinsic, extrinsic, twin; the order in which they are named does not matter."""
    step = 3.6157 / np.sqrt(3.0)
    kinds = ["twin", "intrinsic", "extrinsic", "twin"]
    planes = [Plane(kind, -13.0 + 4 * step * index) for index, kind in enumerate(kinds)]
    stacked, atoms = built(COPPER, (1, 1, 1), planes, Sphere(22.0))
    letters = stacking_sequence(atoms.positions, stacked.normal)
    types = surroundings(letters).strip("c")
    # Each h or hh or hch is one defect, with perfect layers between.
    assert [part for part in types.replace("hch", "x").split("c") if part] == ["h", "hh", "x", "h"]
    assert set(atoms.side) == {0, 1, 2, 3, 4}
    again = stack(COPPER, POSE, (1, 1, 1), planes[::-1])
    for one, two in zip(stacked.slices, again.slices, strict=True):
        np.testing.assert_array_equal(one.motion.matrix, two.motion.matrix)
        np.testing.assert_array_equal(one.motion.offset, two.motion.offset)


def test_two_twins_side_by_side_are_an_intrinsic_fault():
    """Thompson: twinning one layer and back leaves two hexagonal layers."""
    step = 3.6157 / np.sqrt(3.0)
    stacked, atoms = built(COPPER, (1, 1, 1), [Plane("twin", 0.3), Plane("twin", 0.3 + step)])
    assert surroundings(stacking_sequence(atoms.positions, stacked.normal)).strip("c") == "hh"


def test_every_hexagonal_fault_in_one_particle():
    step = WURTZITE.cell[2, 2] / 2
    planes = [
        Plane(kind, 4 * step * index) for index, kind in zip([-1, 0, 1], ["E", "I1", "I2"], strict=True)
    ]
    stacked, atoms = built(WURTZITE, (0, 0, 1), planes, Sphere(27.0))
    letters = stacking_sequence(atoms.positions[atoms.numbers == 48], stacked.normal)
    assert [part for part in surroundings(letters).split("h") if part] == ["ccc", "c", "cc"]


def test_strained_crystals_keep_their_planes():
    """The lattice is stretched before it is cut: layers lie at the strained distances."""
    stretched = Motion(POSE.matrix @ np.diag([1.0, 1.0, 1.1]), POSE.offset)
    stacked, atoms = built(WURTZITE, (0, 0, 1), [Plane("I2", 0.3)], Sphere(22.0), stretched)
    letters = sequence_around(stacked, atoms, 1.1 * WURTZITE.cell[2, 2] / 2, 4, 4, 48)
    assert letters == "ABABCACA"


def test_reflected_crystals_have_defects_too():
    mirrored = Motion(POSE.matrix @ np.diag([1.0, 1.0, -1.0]), POSE.offset)
    stacked, atoms = built(WURTZITE, (0, 0, 1), [Plane("I1", 0.3)], Sphere(22.0), mirrored)
    assert sequence_around(stacked, atoms, WURTZITE.cell[2, 2] / 2, 4, 4, 48) == "ABABCBCB"


def test_twist_boundary_turns_the_upper_half_about_the_normal():
    angle = 38.21321  # Σ7 on {111}
    stacked, atoms = built(COPPER, (1, 1, 1), [Plane("twist", 0.5, angle=angle, gap=0.25)])
    upper = stacked.slices[1].motion.matrix @ stacked.slices[0].motion.matrix.T
    turn = Rotation.from_matrix(upper).as_rotvec(degrees=True)
    np.testing.assert_allclose(turn, angle * stacked.normal, atol=1e-9)
    heights = atoms.positions @ stacked.normal - stacked.planes[0].height
    step = 3.6157 / np.sqrt(3.0)
    assert heights[atoms.side == 0].max() == pytest.approx(-step / 2, abs=1e-9)
    assert heights[atoms.side == 1].min() == pytest.approx(step / 2 + 0.25, abs=1e-9)


def test_tilt_boundary_turns_about_a_direction_in_the_plane():
    """Tilted by 70.53° about [1 −1 0], (111) planes above lie along (1 1 −1) below: the twin's angle."""
    stacked, _ = built(COPPER, (1, 1, 1), [Plane("tilt", 0.0, angle=70.528779, axis=(1, -1, 0))])
    lower, upper = (part.motion.matrix for part in stacked.slices)
    turned = Rotation.from_matrix(lower.T @ upper).as_rotvec(degrees=True)
    np.testing.assert_allclose(turned, 70.528779 * np.array([1.0, -1.0, 0.0]) / np.sqrt(2.0), atol=1e-6)
    with pytest.raises(InputError, match="does not lie in the plane"):
        slices(COPPER, POSE, (1, 1, 1), [Plane("tilt", 0.0, angle=10.0, axis=(1, 1, 0))])
    with pytest.raises(InputError, match="above a tilt boundary"):
        slices(COPPER, POSE, (1, 1, 1), [Plane("tilt", 0.0, angle=9.0, axis=(1, -1, 0)), Plane("twin", 9.0)])


@pytest.mark.parametrize(
    ("crystal", "hkl", "kind", "sentence"),
    [
        (COPPER, (0, 0, 1), "twin", "there is no twin"),
        (WURTZITE, (0, 0, 1), "twin", "there is no twin"),
        (COPPER, (0, 0, 1), "intrinsic", "would break bonds"),
        (WURTZITE, (0, 0, 1), "intrinsic", "would break bonds"),
        (COPPER, (1, 1, 1), "I1", "would break bonds"),
        (MAGNETITE, (1, 1, 1), "intrinsic", "would break bonds"),
        (COPPER, (1, 1, 1), "twinn", "did you mean 'twin'"),
        (COPPER, (0, 0, 0), "twin", "not the indices"),
        (WURTZITE, (1, 0, 1, 1), "twin", "minus the sum"),
        (COPPER, (11, 13, 7), "twin", "lie closer than"),
    ],
)
def test_impossible_defects_are_refused(crystal, hkl, kind, sentence):
    with pytest.raises(InputError, match=sentence):
        stack(crystal, POSE, hkl, [Plane(kind, 0.0)])


def test_two_planes_do_not_share_a_gap():
    gap = stack(COPPER, POSE, (1, 1, 1), [Plane("twin", 0.0)]).planes[0].height
    with pytest.raises(InputError, match="share the gap"):
        stack(COPPER, POSE, (1, 1, 1), [Plane("twin", gap - 0.5), Plane("intrinsic", gap + 0.5)])


def test_planes_that_miss_are_refused():
    shape = Sphere(12.0)
    normal = np.array([1.0, 2.0, -0.5])
    check_hits(shape, normal, [Plane("twin", 11.0), Plane("twin", -11.0)])
    with pytest.raises(
        InputError, match=r"misses the particle; allowed: between -1[12]\.\d+ and 1[12]\.\d+ Å"
    ):
        check_hits(shape, normal, [Plane("twin", 12.5)])
    with pytest.raises(InputError, match="has no end"):
        check_hits(Everything(), normal, [Plane("twin", 0.0)])


def test_extent_is_measured_along_the_normal():
    """A box off the origin along its own diagonal: support function Σ|n|·size/2 about n·centre."""
    size, centre, normal = np.array([10.0, 20.0, 30.0]), np.array([3.0, -2.0, 5.0]), np.array([0.6, 0.0, 0.8])
    low, high = extent(Box(size, centre), normal)
    half = np.abs(normal) @ size / 2
    # The extreme edge runs along y, so the grid sees it to a step of its own.
    assert low == pytest.approx(normal @ centre - half, abs=0.6)
    assert high == pytest.approx(normal @ centre + half, abs=0.6)
    assert low >= normal @ centre - half - 1e-6
    assert high <= normal @ centre + half + 1e-6


def test_sides_without_atoms_are_refused():
    stacked, atoms = built(COPPER, (1, 1, 1), [Plane("twin", 0.0), Plane("twin", 8.0)], Sphere(7.0))
    with pytest.raises(InputError, match="misses the particle"):
        check_sides(stacked, atoms.positions, atoms.side)
    stacked, atoms = built(COPPER, (1, 1, 1), [Plane("twin", 0.0)], Sphere(7.0))
    check_sides(stacked, atoms.positions, atoms.side)
