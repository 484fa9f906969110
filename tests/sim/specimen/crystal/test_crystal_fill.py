"""Filling volumes: nothing missing, nothing twice, nothing outside, whichever way it is done."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import Cancelled, InputError
from sim.core.types import BoolArray, FloatArray
from sim.numerics.motion import Motion
from sim.specimen.atoms import Atoms
from sim.specimen.crystal import culling
from sim.specimen.crystal import fill as module
from sim.specimen.crystal.explicit import from_parameters
from sim.specimen.crystal.fill import Slice, fill, fill_slices
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.table import BUILTIN
from sim.specimen.shapes.base import Line, Shape
from sim.specimen.shapes.combined import Difference
from sim.specimen.shapes.plain import Box, Everything, Sphere

UP = np.array([0.0, 0.0, 1.0])
INFINITE = float("inf")


def triclinic() -> Crystal:
    """Nothing symmetric, and coordinates outside the cell."""
    return from_parameters(
        "triclinic", 4.1, 5.3, 6.7, 71.0, 83.0, 102.0, [6, 8, 79],
        [[0.1, -0.2, 0.05], [1.4, 0.55, 0.62], [0.71, 0.33, -0.9]],
    )  # fmt: skip


def brute_force(
    crystal: Crystal, shape: Shape, motion: Motion, origin: FloatArray, cells: int
) -> tuple[FloatArray, FloatArray]:
    """Every atom of cells around the origin, tested one and all, by matrix products."""
    steps = np.arange(-cells, cells + 1)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    inside = crystal.fractional - np.floor(crystal.fractional)
    fractional = (grid + inside + origin).reshape(-1, 3)
    points = (fractional @ crystal.cell) @ motion.matrix.T + motion.offset
    kept = shape.contains(points)
    return points[kept], np.tile(crystal.numbers, len(grid))[kept]


def assert_same_atoms(ours: Atoms, points: FloatArray, numbers: FloatArray) -> None:
    assert len(ours) == len(points)
    one = np.lexsort(np.round(ours.positions, 6).T)
    two = np.lexsort(np.round(points, 6).T)
    np.testing.assert_allclose(ours.positions[one], points[two], atol=1e-9)
    np.testing.assert_array_equal(ours.numbers[one], numbers[two])


def everything_tested(*arguments, **options) -> Atoms:
    """The fill without any culling."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FEW", 10**9)
        return fill(*arguments, **options)


def by_blocks(*arguments, **options) -> Atoms:
    """The fill with culling even of small volumes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FEW", 0)
        return fill(*arguments, **options)


motions = st.builds(
    lambda w, x, y, z, offset, strain, mirror: Motion(
        Motion.rotation([w + 1.5, x, y, z]).matrix @ np.diag([mirror, 1.0 + strain, 1.0 - strain]),
        np.array(offset),
    ),
    *[st.floats(-1.0, 1.0)] * 4,
    st.tuples(*[st.floats(-9.0, 9.0)] * 3),
    st.floats(-0.1, 0.1),
    st.sampled_from([1.0, -1.0]),
)


@settings(max_examples=40, deadline=None)
@given(motion=motions, radius=st.floats(2.0, 11.0), origin=st.tuples(*[st.floats(-1.0, 1.0)] * 3))
def test_every_atom_inside_is_found_once(motion: Motion, radius: float, origin) -> None:
    """Against every cell around, with turns, reflections and strains of a triclinic crystal."""
    shape = Sphere(radius, (1.0, -2.0, 0.5))
    points, numbers = brute_force(triclinic(), shape, motion, np.array(origin), 9)
    assert_same_atoms(fill(triclinic(), shape, motion=motion, origin=origin), points, numbers)


@settings(max_examples=25, deadline=None)
@given(motion=motions, name=st.sampled_from(["CdSe", "Fe3O4", "Fe", "TiO2_anatase"]))
def test_culling_leaves_no_trace(motion: Motion, name: str) -> None:
    """Block by block and all tested: the same bits in the same order, hollow and angular volumes too."""
    solid = Box((31.0, 24.0, 37.0)).moved(Motion.rotation([0.9, 0.1, 0.3, -0.2]))
    hollow = Difference(solid, Sphere(9.0, (3.0, 1.0, 2.0)))
    one = by_blocks(BUILTIN[name], hollow, motion=motion)
    two = everything_tested(BUILTIN[name], hollow, motion=motion)
    assert len(one) > 500
    for attribute in ("numbers", "positions", "grain", "side"):
        assert getattr(one, attribute).tobytes() == getattr(two, attribute).tobytes()


def test_chunks_and_tables_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    shape, motion = Sphere(33.0), Motion.rotation([0.2, 0.4, -0.7, 0.5])
    usual = by_blocks(BUILTIN["ZnS"], shape, motion=motion)
    monkeypatch.setattr(module, "_CHUNK", 700)
    monkeypatch.setattr(culling, "_TABLE", 1)
    monkeypatch.setattr(culling, "_BLOCK", 2)
    assert by_blocks(BUILTIN["ZnS"], shape, motion=motion).positions.tobytes() == usual.positions.tobytes()


def test_atoms_come_in_the_order_of_cells_and_basis() -> None:
    atoms = fill(BUILTIN["NaCl"], Sphere(12.0))
    fractional = atoms.positions / 5.6402
    cell = np.floor(fractional + 1e-9).astype(np.int64)
    key = (cell[:, 0] * 64 + cell[:, 1]) * 64 + cell[:, 2]
    assert (np.diff(key) >= 0).all()


def test_a_lattice_point_lies_at_the_particles_centre_unless_moved() -> None:
    centred = fill(BUILTIN["Au"], Sphere(5.0))
    assert np.linalg.norm(centred.positions, axis=1).min() == 0.0
    shifted = fill(BUILTIN["Au"], Sphere(5.0), origin=(0.25, 0.0, 0.0))
    assert np.linalg.norm(shifted.positions - [4.0782 * 0.25, 0.0, 0.0], axis=1).min() == 0.0


def test_the_shape_stays_where_it_is_when_the_lattice_moves() -> None:
    shape = Sphere(15.0, (40.0, -30.0, 20.0))
    atoms = fill(BUILTIN["Cu"], shape, motion=Motion.translation((0.3, 0.1, 0.2)), grain=3, side=2)
    assert np.linalg.norm(atoms.positions - [40.0, -30.0, 20.0], axis=1).max() <= 15.0 + 1e-9
    assert set(atoms.grain.tolist()) == {3} and set(atoms.side.tolist()) == {2}


def test_an_atom_on_the_boundary_is_inside() -> None:
    """A box whose faces pass through atoms keeps them: 3 × 3 × 3 cells of iron, corners included."""
    iron = BUILTIN["Fe"]
    atoms = fill(iron, Box((2.866 * 2, 2.866 * 2, 2.866 * 2)))
    assert len(atoms) == 27 + 8


def test_slices_of_one_motion_are_the_whole() -> None:
    """Layers that touch share no atom and lose none, also when planes pass through atoms."""
    normal = np.array([1.0, 2.0, 2.0]) / 3.0
    turned = Motion.rotation([0.9, 0.2, -0.1, 0.3])
    cuts = [-INFINITE, -7.5, -7.0, 0.0, 4.1, INFINITE]
    layers = [Slice(turned, normal, low, high, side) for side, (low, high) in enumerate(pairwise(cuts))]
    shape = Sphere(17.0, (2.0, 1.0, -3.0))
    whole = fill(BUILTIN["CdSe"], shape, motion=turned)
    cut = fill_slices(BUILTIN["CdSe"], shape, layers, grain=4)
    assert_same_atoms(cut, whole.positions, whole.numbers)
    heights = cut.positions @ normal
    np.testing.assert_array_equal(cut.side, np.searchsorted(cuts[1:-1], heights, side="right"))
    assert set(cut.grain.tolist()) == {4}


def test_atoms_on_a_plane_belong_to_the_layer_above_it() -> None:
    """Planes through the layers of iron at z = 0 and z = 2.866: low <= z < high, nothing twice."""
    cuts = [-INFINITE, 0.0, 2.866, INFINITE]
    layers = [Slice(Motion.identity(), UP, low, high) for low, high in pairwise(cuts)]
    whole = fill(BUILTIN["Fe"], Sphere(9.0))
    parts = [fill_slices(BUILTIN["Fe"], Sphere(9.0), [layer]) for layer in layers]
    assert sum(map(len, parts)) == len(whole)
    assert parts[1].positions[:, 2].min() == 0.0
    assert parts[1].positions[:, 2].max() < 2.8
    assert parts[2].positions[:, 2].min() == 2.866


def test_slices_may_be_moved_each_in_its_way_and_carry_grains() -> None:
    """A particle whose upper half is mirrored in z = 0.5: the halves are mirror images."""
    mirror = Motion.reflection(UP, 0.5)
    layers = [
        Slice(Motion.identity(), UP, -INFINITE, 0.5, 0, grain=7),
        Slice(mirror, UP, 0.5, INFINITE, 1, grain=8),
    ]
    atoms = fill_slices(triclinic(), Sphere(14.0, (0.0, 0.0, 0.5)), layers)
    lower, upper = atoms.kept(atoms.side == 0), atoms.kept(atoms.side == 1)
    assert set(lower.grain.tolist()) == {7} and set(upper.grain.tolist()) == {8}
    assert_same_atoms(upper, mirror.apply(lower.positions), lower.numbers)


def test_culling_leaves_no_trace_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    normal = np.array([2.0, -1.0, 2.0]) / 3.0
    layers = [
        Slice(Motion.translation((0.1 * k, 0.0, 0.0)), normal, 6.0 * k, 6.0 * k + 6.0, k) for k in (-2, 0, 1)
    ]
    shape = Sphere(25.0)
    monkeypatch.setattr(module, "_FEW", 0)
    one = fill_slices(BUILTIN["CdSe"], shape, layers)
    monkeypatch.setattr(module, "_FEW", 10**9)
    two = fill_slices(BUILTIN["CdSe"], shape, layers)
    assert one.positions.tobytes() == two.positions.tobytes() and one.side.tobytes() == two.side.tobytes()
    assert len(one) > 1000


def test_a_slice_that_misses_the_volume_is_empty() -> None:
    layer = Slice(Motion.identity(), UP, 30.0, 40.0)
    assert len(fill_slices(BUILTIN["Au"], Sphere(10.0), [layer])) == 0
    assert len(fill_slices(BUILTIN["Au"], Sphere(10.0), [])) == 0


class Counted(Shape):
    """A sphere that counts the points it is asked about."""

    def __init__(self, radius: float) -> None:
        self.sphere, self.asked = Sphere(radius), 0

    def contains(self, points: FloatArray) -> BoolArray:
        self.asked += len(points)
        return self.sphere.contains(points)

    def distance(self, points: FloatArray) -> FloatArray:
        self.asked += len(points)
        return self.sphere.distance(points)

    def bounds(self) -> FloatArray:
        return self.sphere.bounds()

    def moved(self, motion: Motion) -> Shape:
        raise NotImplementedError

    def wireframe(self) -> tuple[Line, ...]:
        return ()


def test_work_is_bounded_by_the_volume() -> None:
    """Atoms deep inside and cells far outside are not tested one by one."""
    shape = Counted(90.0)
    atoms = fill(BUILTIN["Fe3O4"], shape, motion=Motion.rotation([0.3, 0.5, -0.2, 0.8]))
    assert len(atoms) > 280_000
    assert shape.asked < 0.5 * len(atoms)


def test_too_many_atoms_are_refused_early() -> None:
    """A micrometre of gold would hold 10¹⁰ atoms; nothing of it is built."""
    shape = Counted(5000.0)
    with pytest.raises(InputError, match="more than 5000000 atoms"):
        fill(BUILTIN["Au"], shape)
    assert shape.asked < 100_000
    with pytest.raises(InputError, match="more than 1000 atoms"):
        fill(BUILTIN["Au"], Sphere(20.0), most=1000)
    with pytest.raises(InputError, match="spans more than"):
        fill(BUILTIN["Au"], Sphere(1e12))
    halves = [Slice(Motion.identity(), UP, -INFINITE, 0.0), Slice(Motion.identity(), UP, 0.0, INFINITE)]
    with pytest.raises(InputError, match="more than 1200 atoms"):
        fill_slices(BUILTIN["Au"], Sphere(20.0), halves, most=1200)


def test_volumes_without_end_and_flattening_motions_are_refused() -> None:
    with pytest.raises(InputError, match="has no end"):
        fill(BUILTIN["Au"], Everything())
    with pytest.raises(InputError, match="flattens the crystal"):
        fill(BUILTIN["Au"], Sphere(5.0), motion=Motion.linear(np.diag([1.0, 1.0, 0.0])))
    with pytest.raises(InputError, match="three finite numbers"):
        fill(BUILTIN["Au"], Sphere(5.0), origin=(0.0, float("nan"), 0.0))


def test_a_fill_can_be_cancelled() -> None:
    calls = []

    def cancel() -> None:
        calls.append(1)
        if len(calls) == 12:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        fill(BUILTIN["Au"], Sphere(110.0), cancel=cancel)
