"""Layers of two-dimensional materials: lattice, closing, stacking, twist and ripples."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import graphene as ase_graphene
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.core.errors import InputError
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.table import BUILTIN, SHEETS
from sim.specimen.particles.ripples import Ripple
from sim.specimen.particles.sheets import sheet

GRAPHENE = SHEETS["graphene"]
BOND = float(GRAPHENE.cell[0, 0]) / np.sqrt(3.0)


def periodic_distances(positions, box, count):
    """Distances to the nearest others, periodic in x and y."""
    wrapped = positions.copy()
    for axis, size in enumerate(box):
        inside = np.mod(wrapped[:, axis], size)
        # The remainder of a tiny negative number is the size itself.
        wrapped[:, axis] = np.where(inside < size, inside, 0.0)
    wrapped[:, 2] += 50.0
    return cKDTree(wrapped, boxsize=[*box, 1000.0]).query(wrapped, k=count + 1)[0][:, 1:]


def layer(built, number):
    return built.atoms.kept(built.atoms.grain == number)


def over(built, lower, upper):
    """For every atom of one layer whose place is inside, the elements straight below it in the other."""
    low, high = layer(built, lower), layer(built, upper)
    middle = high.kept(np.all(np.abs(high.positions[:, :2]) < 12.0, axis=1))
    tree = cKDTree(low.positions[:, :2])
    below = tree.query_ball_point(middle.positions[:, :2], 0.05)
    return [
        (int(z), frozenset(low.numbers[list(found)].tolist()))
        for z, found in zip(middle.numbers, below, strict=True)
    ]


def test_open_graphene_is_that_of_ase():
    """The same places as ASE's cell repeated, turned and cut by other arithmetic."""
    built = sheet(GRAPHENE, 31.0, 23.0, in_plane=17.0)
    reference = ase_graphene(a=float(GRAPHENE.cell[0, 0]), size=(40, 40, 1), vacuum=5.0)
    reference.positions[:, :2] -= reference.cell.array[:2, :2].sum(axis=0) / 2.0
    turn = np.radians(17.0)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    flat = reference.positions[:, :2] @ matrix.T
    # Both hold the hexagon's two sites; ASE puts one on the lattice point, ours the hollow.
    nearest = cKDTree(flat).query(np.zeros(2))[1]
    shifts = flat[cKDTree(flat).query(flat[nearest], k=4)[1]]
    ours = built.atoms.positions[:, :2]
    best = min(np.max(cKDTree(flat - corner + site).query(ours)[0]) for corner in shifts for site in ours[:1])
    assert best < 1e-9
    assert len(ours) == pytest.approx(31.0 * 23.0 * 2 / 5.258, rel=0.03)


def test_open_edges_hold_every_atom_of_the_box():
    """Against all points of a large patch, compared one by one; a lopsided crystal."""
    lopsided = Crystal(
        "lopsided",
        np.array([[3.1, 0.0, 0.0], [0.7, 4.3, 0.0], [0.0, 0.0, 5.0]]),
        np.array([6, 7, 8]),
        np.array([[0.1, 0.2, 0.0], [0.55, 0.31, 0.1], [-0.4, 1.7, 0.3]]),
    )
    built = sheet(lopsided, 37.0, 21.0, in_plane=-28.0)
    i, j = np.meshgrid(np.arange(-40, 41), np.arange(-40, 41), indexing="ij")
    cells = np.stack([i.ravel(), j.ravel()], axis=1)
    fractional = (cells[:, None, :] + lopsided.fractional[None, :, :2]).reshape(-1, 2)
    turn = np.radians(-28.0)
    plane = lopsided.cell[:2, :2] @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    flat = fractional @ plane
    inside = (np.abs(flat[:, 0]) < 18.5) & (np.abs(flat[:, 1]) < 10.5)
    assert len(built.atoms) == inside.sum()
    assert cKDTree(flat[inside]).query(built.atoms.positions[:, :2])[0].max() < 1e-9
    heights = {6: 0.0, 7: 0.5, 8: 1.5}
    for number, expected in heights.items():
        np.testing.assert_allclose(
            built.atoms.positions[built.atoms.numbers == number, 2], expected, atol=1e-12
        )


@given(width=st.floats(30.0, 130.0), height=st.floats(30.0, 130.0), turn=st.floats(-180.0, 180.0))
@settings(max_examples=40, deadline=None)
def test_periodic_graphene_closes_over_any_box(width, height, turn):
    """Every atom has three neighbours over the seams too, their bonds within the stated strain."""
    try:
        built = sheet(GRAPHENE, width, height, in_plane=turn, periodic=True)
    except InputError as error:
        assert "closes over" in str(error)
        assume(False)
    near = periodic_distances(built.atoms.positions, (width, height), 4)
    fit = built.layers[0]
    assert 0.0 <= fit.strain <= 0.03
    assert np.all(np.abs(near[:, :3] / BOND - 1.0) <= fit.strain + 1e-9)
    assert np.all(near[:, 3] > 1.5 * BOND)
    assert np.all(np.abs(built.atoms.positions[:, :2]) <= np.array([width, height]) / 2.0)


def test_a_commensurate_box_needs_no_strain():
    a = float(GRAPHENE.cell[0, 0])
    built = sheet(GRAPHENE, 20 * a, 12 * a * np.sqrt(3.0), layers=2, stacking="AB", periodic=True)
    assert len(built.atoms) == 2 * 2 * 20 * 24
    for fit in built.layers:
        assert fit.strain < 1e-12
        assert abs(fit.turn) < 1e-9


def test_a_strain_that_is_not_allowed_is_refused_in_numbers():
    with pytest.raises(InputError, match=r"closes over 11 × 10 Å only with a strain of \d+\.\d+ %"):
        sheet(SHEETS["MoS2"], 11.0, 10.0, periodic=True, most_strain=0.001)


def test_bernal_graphene_has_half_its_atoms_over_atoms():
    pairs = over(sheet(GRAPHENE, 40.0, 40.0, layers=3, stacking="AB"), 0, 1)
    share = np.mean([bool(below) for _, below in pairs])
    assert share == pytest.approx(0.5, abs=0.03)
    # The third layer lies over the first again; with ABC it does not.
    again = over(sheet(GRAPHENE, 40.0, 40.0, layers=3, stacking="AB"), 0, 2)
    assert all(below for _, below in again)
    other = over(sheet(GRAPHENE, 40.0, 40.0, layers=3, stacking="ABC"), 0, 2)
    assert np.mean([bool(below) for _, below in other]) == pytest.approx(0.5, abs=0.03)


def test_aligned_layers_lie_straight_above_each_other():
    assert all(below == {z} for z, below in over(sheet(SHEETS["hBN"], 40.0, 40.0, layers=2), 0, 1))


@pytest.mark.parametrize(("name", "metal", "other"), [("MoS2", 42, 16), ("WSe2", 74, 34), ("hBN", 5, 7)])
def test_hexagonal_bulk_stacking_puts_each_element_over_the_other(name, metal, other):
    """2H: metal over chalcogen; AA' of boron nitride: boron over nitrogen."""
    pairs = over(sheet(SHEETS[name], 40.0, 40.0, layers=2, stacking="2H"), 0, 1)
    assert {z for z, _ in pairs} == {metal, other}
    assert all(below == ({other} if z == metal else {metal}) for z, below in pairs)


def test_the_turn_of_2h_is_about_the_hollow_wherever_the_cell_begins():
    one = SHEETS["MoS2"]
    shifted = Crystal("shifted", one.cell, one.numbers, one.fractional + np.array([0.21, 0.68, 0.4]))
    pairs = over(sheet(shifted, 40.0, 40.0, layers=2, stacking="2H"), 0, 1)
    assert {z for z, _ in pairs} == {42, 16}
    assert all(below == ({16} if z == 42 else {42}) for z, below in pairs)


def test_two_layers_of_mos2_are_those_of_the_bulk():
    """Distances over the gap as in the 2H crystal of the table, repeated by hand."""
    bulk = BUILTIN["MoS2_2H"]
    shifts = np.stack(np.meshgrid(*[np.arange(-4, 5)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    atoms = ((shifts[:, None] + bulk.fractional[None]) @ bulk.cell).reshape(-1, 3)
    numbers = np.tile(bulk.numbers, len(shifts))
    centre = np.flatnonzero((numbers == 42) & (np.linalg.norm(atoms, axis=1) < 8.0))[0]
    expected = np.sort(np.linalg.norm(atoms[numbers == 42] - atoms[centre], axis=1))[1:10]
    built = sheet(SHEETS["MoS2"], 60.0, 60.0, layers=3, stacking="2H")
    metal = built.atoms.positions[built.atoms.numbers == 42]
    middle = metal[np.argmin(np.linalg.norm(metal - [0.0, 0.0, metal[:, 2].mean()], axis=1))]
    found = np.sort(np.linalg.norm(metal - middle, axis=1))[1:10]
    np.testing.assert_allclose(found, expected, rtol=0.002)


def test_layers_are_spaced_and_start_at_zero():
    built = sheet(SHEETS["MoS2"], 30.0, 20.0, layers=4, stacking="2H")
    z = built.atoms.positions[:, 2]
    assert z.min() == 0.0
    metal = np.unique(np.round(z[built.atoms.numbers == 42], 6))
    np.testing.assert_allclose(np.diff(metal), float(SHEETS["MoS2"].cell[2, 2]), atol=1e-6)
    # One sandwich: metal between two layers of sulphur.
    first = layer(built, 0)
    assert first.positions[:, 2].max() == pytest.approx(2.0 * metal[0], abs=1e-6)


@pytest.mark.parametrize("angle", [1.1, 7.0, -21.8])
def test_twist_turns_each_layer_against_the_one_below(angle):
    built = sheet(GRAPHENE, 40.0, 40.0, layers=3, twist=angle, in_plane=4.0)

    def bond_angle(number):
        flat = layer(built, number).positions[:, :2]
        pairs = cKDTree(flat).query_pairs(1.1 * BOND, output_type="ndarray")
        vectors = flat[pairs[:, 0]] - flat[pairs[:, 1]]
        return np.degrees(np.angle(np.mean(np.exp(6j * np.arctan2(vectors[:, 1], vectors[:, 0]))))) / 6.0

    for number in (1, 2):
        turned = (bond_angle(number) - bond_angle(number - 1) - angle + 30.0) % 60.0 - 30.0
        assert turned == pytest.approx(0.0, abs=1e-9)
    listed = sheet(GRAPHENE, 40.0, 40.0, layers=3, twist=[0.0, angle, 2 * angle], in_plane=4.0)
    np.testing.assert_allclose(listed.atoms.positions, built.atoms.positions, atol=1e-9)


def test_ripples_lift_all_layers_by_one_wave():
    wave = Ripple(amplitude=1.5, wavelength=30.0, direction=20.0, phase=35.0)
    flat = sheet(GRAPHENE, 60.0, 40.0, layers=2)
    built = sheet(GRAPHENE, 60.0, 40.0, layers=2, ripple=wave)
    x, y = flat.atoms.positions[:, 0], flat.atoms.positions[:, 1]
    along = x * np.cos(np.radians(20.0)) + y * np.sin(np.radians(20.0))
    expected = 1.5 * np.sin(2 * np.pi * along / 30.0 + np.radians(35.0))
    lifted = built.atoms.positions[:, 2] - flat.atoms.positions[:, 2]
    np.testing.assert_allclose(lifted - lifted.mean(), expected - expected.mean(), atol=1e-9)
    assert built.atoms.positions[:, 2].min() == 0.0


def test_ripples_close_over_a_periodic_box():
    """Bonds over the seam are no longer than elsewhere, whatever wave was asked for."""
    box = (70.0, 55.0)
    built = sheet(GRAPHENE, *box, periodic=True, ripple=Ripple(2.0, 31.0, direction=-140.0))
    near = periodic_distances(built.atoms.positions, box, 3)
    assert near.max() < 1.12 * BOND
    assert built.ripple is not None
    turn = np.radians(built.ripple.direction)
    waves = np.array(box) / built.ripple.wavelength * np.array([np.cos(turn), np.sin(turn)])
    np.testing.assert_allclose(waves, np.round(waves), atol=1e-9)
    np.testing.assert_array_equal(np.round(waves), [-2.0, -1.0])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"width": 0.0}, "width"),
        ({"layers": 0}, "at least one layer"),
        ({"stacking": "AC"}, "AA, AB, ABC, 2H"),
        ({"twist": [1.0]}, "1 angles for 2 layers"),
        ({"ripple": Ripple(10.0, 20.0)}, "steeper than 45"),
        ({"ripple": Ripple(1.0, 500.0), "periodic": True}, "no wave of this length"),
        ({"width": 1e5, "height": 1e5}, "atoms"),
    ],
)
def test_sheets_that_cannot_be_are_refused(values, words):
    with pytest.raises(InputError, match=words):
        sheet(GRAPHENE, **{"width": 30.0, "height": 30.0, "layers": 2, **values})


def test_square_lattices_stack_only_straight():
    square = Crystal("square", np.diag([3.0, 3.0, 5.0]), np.array([6]), np.zeros((1, 3)))
    assert len(sheet(square, 30.0, 30.0, layers=2).atoms) > 150
    with pytest.raises(InputError, match="only hexagonal"):
        sheet(square, 30.0, 30.0, layers=2, stacking="AB")
