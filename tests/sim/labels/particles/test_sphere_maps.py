"""Maps of spherical particles against their definition, sphere by sphere and pixel by pixel."""

from __future__ import annotations

from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import Cancelled, InputError
from sim.core.types import ImageGrid
from sim.labels import discs
from sim.labels.particles import kernels, maps

#: Kernels that are there but differ must not be passed over.
needs_numba = pytest.mark.skipif(find_spec("numba") is None, reason="no numba")

#: Where a test takes either path.
BOTH = ("numpy", pytest.param("numba", marks=needs_numba))


def spheres(seed, count, spread=30.0, whole=False):
    """Centres, radii and species; whole numbers make equal heights, and spheres in one place."""
    generator = np.random.default_rng(seed)
    centres = generator.uniform(-spread, spread, (count, 3))
    radii = generator.uniform(2.0, 12.0, count)
    if whole:
        centres, radii = np.round(centres / 10.0) * 10.0, np.round(radii / 5.0) * 5.0 + 5.0
    return centres, radii, generator.integers(0, 2, count)


def pixel_points(grid):
    x = (np.arange(grid.width) - (grid.width - 1) / 2) * grid.pixel_size
    y = ((grid.height - 1) / 2 - np.arange(grid.height)) * grid.pixel_size
    return np.broadcast_arrays(x[None, :], y[:, None])


def distorted_points(grid, seed):
    """Drift, shear and a jitter of whole rows."""
    generator = np.random.default_rng(seed)
    x, y = pixel_points(grid)
    row, column = np.indices(grid.shape)
    dx = 3.0 + 0.2 * row - 0.1 * column + generator.normal(size=(grid.height, 1))
    return x + dx, y - 2.0 + 0.05 * row - 0.3 * column


def brute_force(centres, radii, species, x, y):
    """The definition, written out."""
    topmost = np.full(x.shape, -1)
    count, semantic = np.zeros(x.shape, dtype=int), np.zeros(x.shape, dtype=int)
    for row, column in np.ndindex(*x.shape):
        highest = -np.inf
        for number, (centre, radius, kind) in enumerate(zip(centres, radii, species, strict=True)):
            dx, dy = x[row, column] - centre[0], y[row, column] - centre[1]
            away = dx * dx + dy * dy
            if away <= radius * radius:
                count[row, column] += 1
                semantic[row, column] |= 1 + kind
                surface = centre[2] + np.sqrt(radius * radius - away)
                if surface > highest:
                    highest, topmost[row, column] = surface, number
    return topmost, count, semantic


def test_of_equal_surfaces_the_first_is_seen_however_many_are_looked_at_together(monkeypatch):
    """Twenty spheres in one place, among others: whatever part of them numpy takes at a time."""
    monkeypatch.setenv("NANOPHANTOM_KERNELS", "numpy")
    grid = ImageGrid(20, 31, 1.7)
    centres, radii, species = spheres(3, 30, spread=15.0)
    centres[5:25], radii[5:25] = centres[5], 11.0
    expected = brute_force(centres, radii, species, *pixel_points(grid))[0]
    assert 5 in expected
    for tests in (2**18, 3000, 1):
        monkeypatch.setattr(discs, "_TESTS_AT_ONCE", tests)
        found = maps.sphere_maps(centres, radii, species, grid)
        np.testing.assert_array_equal(found.topmost, expected)


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("distorted", [False, True])
def test_maps_follow_their_definition(monkeypatch, path, whole, distorted):
    monkeypatch.setenv("NANOPHANTOM_KERNELS", path)
    grid = ImageGrid(33, 41, 1.7)
    for seed in (1, 2):
        centres, radii, species = spheres(seed, 25, whole=whole)
        points, (x, y) = {}, pixel_points(grid)
        if distorted:
            x, y = distorted_points(grid, seed)
            points = dict(sample_x=x, sample_y=y)
        topmost, count, semantic = brute_force(centres, radii, species, x, y)
        assert count.max() >= 3 and set(np.unique(semantic)) == {0, 1, 2, 3}
        found = maps.sphere_maps(centres, radii, species, grid, **points)
        assert found.topmost.dtype == np.int64 and found.instances.dtype == np.uint16
        assert found.overlap.dtype == found.semantic.dtype == found.mask.dtype == np.uint8
        np.testing.assert_array_equal(found.topmost, topmost)
        np.testing.assert_array_equal(found.overlap, count)
        np.testing.assert_array_equal(found.semantic, semantic)
        np.testing.assert_array_equal(found.mask, count > 0)
        np.testing.assert_array_equal(found.instances, topmost + 1)


def test_a_small_sphere_in_front_hides_the_large_one_only_where_it_stands_out():
    """Heights of surfaces decide, not of centres: a large sphere's cap reaches above a small one's centre.

    The small sphere (r 4 at x = +6, y = +9, z = 14) lies above the large one's surface (r 15 at the origin);
    the third is hidden behind.
    """
    grid = ImageGrid(40, 50, 1.0)
    centres = np.array([[0.0, 0.0, 0.0], [6.0, 9.0, 14.0], [-3.0, 1.0, -20.0]])
    radii = np.array([15.0, 4.0, 5.0])
    found = maps.sphere_maps(centres, radii, np.array([0, 1, 0]), grid).topmost
    row, column = grid.rows_of(9.0), grid.columns_of(6.0)
    assert found[int(row), int(column)] == 1
    # Upper right only: row 0 is at the highest y.
    rows, columns = np.nonzero(found == 1)
    assert rows.mean() == pytest.approx(row, abs=0.6) and columns.mean() == pytest.approx(column, abs=0.6)
    assert 2 not in found
    low = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 9.0]])
    hidden = maps.sphere_maps(low, np.array([15.0, 4.0]), np.array([0, 1]), grid).topmost
    assert set(np.unique(hidden)) == {-1, 0}


def test_points_may_be_given_by_row_and_by_column():
    grid = ImageGrid(30, 37, 1.3)
    centres, radii, species = spheres(5, 12)
    x, y = grid.x_of(np.arange(37.0)) + 4.0, grid.y_of(np.arange(30.0)) - 3.0
    one = maps.sphere_maps(centres, radii, species, grid, sample_x=x, sample_y=y)
    full = np.broadcast_arrays(x[None, :], y[:, None])
    two = maps.sphere_maps(centres, radii, species, grid, sample_x=full[0], sample_y=full[1])
    moved = maps.sphere_maps(centres - np.array([4.0, -3.0, 0.0]), radii, species, grid)
    np.testing.assert_array_equal(one.topmost, two.topmost)
    assert np.mean(one.topmost == moved.topmost) > 0.99
    np.testing.assert_array_equal(one.instances, one.topmost + 1)
    np.testing.assert_array_equal(one.mask, one.overlap > 0)


def test_no_spheres_and_spheres_outside_the_field():
    grid = ImageGrid(8, 9, 1.0)
    none = np.empty((0, 3)), np.empty(0), np.empty(0, dtype=np.int64)
    far = np.array([[500.0, 0.0, 0.0]]), np.array([3.0]), np.array([1])
    for centres, radii, species in (none, far):
        found = maps.sphere_maps(centres, radii, species, grid)
        assert (found.topmost == -1).all() and not found.overlap.any() and not found.semantic.any()
    pairs = np.empty((0, 2), dtype=np.int64)
    assert not maps.contact_map(*none[:2], pairs, none[2], grid).any()


def test_counts_stop_at_255():
    grid = ImageGrid(5, 5, 1.0)
    centres, radii = np.zeros((300, 3)), np.full(300, 2.0)
    assert maps.sphere_maps(centres, radii, np.zeros(300, dtype=np.int64), grid).overlap[2, 2] == 255


def test_numbers_and_species_that_cannot_be_stored_are_refused():
    with pytest.raises(InputError, match="65,536"):
        maps.instance_map(np.array([[65_535]]))
    for wrong in (-1, 8):
        with pytest.raises(InputError, match="species"):
            maps.sphere_maps(np.zeros((1, 3)), np.ones(1), np.array([wrong]), ImageGrid(3, 3, 1.0))


@pytest.mark.parametrize("path", BOTH)
def test_maps_can_be_cancelled(monkeypatch, path):
    """Also within the rows of one band, where very many spheres lie."""
    monkeypatch.setenv("NANOPHANTOM_KERNELS", path)
    monkeypatch.setattr(maps, "_TESTS_AT_ONCE", 2000)
    centres, radii, species = spheres(1, 200)
    grid = ImageGrid(16, 40, 1.7)
    calls = []

    def cancel():
        calls.append(1)
        if len(calls) == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        maps.sphere_maps(centres, radii, species, grid, cancel=cancel)
    whole = maps.sphere_maps(centres, radii, species, grid)
    monkeypatch.setattr(maps, "_TESTS_AT_ONCE", 2**19)
    np.testing.assert_array_equal(maps.sphere_maps(centres, radii, species, grid).topmost, whole.topmost)


# --- contacts ----------------------------------------------------------------------------------


def test_contact_points_of_touching_and_of_grown_together_spheres():
    """Touching: r₁ along the line of centres.  With a neck: in the plane of the circle of intersection."""
    direction = np.array([2.0, -3.0, 6.0]) / 7.0
    centres = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0] + 28.0 * direction])
    radii = np.array([20.0, 8.0])
    pairs = np.array([[0, 1]])
    np.testing.assert_allclose(
        maps.contact_points(centres, radii, pairs)[0], centres[0] + 20.0 * direction, rtol=0, atol=1e-12
    )
    centres[1] = centres[0] + 21.0 * direction
    point = maps.contact_points(centres, radii, pairs)[0]
    along = (point - centres[0]) @ direction
    # Both spheres have the same circle there: equal distances of its rim.
    assert 20.0**2 - along**2 == pytest.approx(8.0**2 - (21.0 - along) ** 2, abs=1e-9)


def contacts_by_brute_force(points, radius, kinds, x, y):
    found = np.zeros(x.shape, dtype=int)
    for point, one, kind in zip(points, radius, kinds, strict=True):
        away = (x - point[0]) ** 2 + (y - point[1]) ** 2
        found = np.where(away <= one**2, np.maximum(found, kind), found)
    return found


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize("distorted", [False, True])
def test_contact_maps_follow_their_definition(monkeypatch, path, distorted):
    monkeypatch.setenv("NANOPHANTOM_KERNELS", path)
    grid = ImageGrid(37, 45, 1.9)
    centres, radii, species = spheres(8, 20)
    pairs = np.random.default_rng(1).permutation(20).reshape(10, 2)
    points, (x, y) = {}, pixel_points(grid)
    if distorted:
        x, y = distorted_points(grid, 3)
        points = dict(sample_x=x, sample_y=y)
    touching = maps.contact_points(centres, radii, pairs)
    smaller = np.minimum(radii[pairs[:, 0]], radii[pairs[:, 1]])
    kinds = np.where(species[pairs[:, 0]] == species[pairs[:, 1]], 1, 2)
    for share in (0.25, 0.9):
        radius = np.maximum(share * smaller, 0.7072 * 1.9)
        expected = contacts_by_brute_force(touching, radius, kinds, x, y)
        assert set(np.unique(expected)) == {0, 1, 2}
        found = maps.contact_map(centres, radii, pairs, species, grid, share=share, **points)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, expected)


def test_contacts_of_two_materials_lie_over_those_of_one():
    """Whichever of them comes first: three spheres whose two contacts share a place."""
    grid = ImageGrid(21, 21, 1.0)
    centres = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 10.0], [0.0, 0.0, 20.0]])
    radii = np.full(3, 5.0)
    for species in ([0, 0, 1], [0, 1, 1]):
        found = maps.contact_map(
            centres, radii, np.array([[0, 1], [1, 2]]), np.array(species), grid, share=0.4
        )
        assert set(np.unique(found)) == {0, 2} and np.count_nonzero(found) == 13


@settings(max_examples=60, deadline=None)
@given(x=st.floats(-9.9, 9.9), y=st.floats(-7.9, 7.9), p=st.sampled_from([0.5, 1.0, 4.0]))
def test_every_contact_in_the_field_is_shown(x, y, p):
    """Contacts far smaller than a pixel, anywhere between the pixels' centres."""
    grid = ImageGrid(int(16 / p), int(20 / p), p)
    centres = np.array([[x, y, 0.1], [x, y, -0.1]])
    found = maps.contact_map(centres, np.full(2, 0.1), np.array([[0, 1]]), np.array([0, 1]), grid)
    assert 1 <= np.count_nonzero(found == 2) <= 4
    row, column = np.nonzero(found)
    assert abs(row - grid.rows_of(y)).max() <= 0.8 and abs(column - grid.columns_of(x)).max() <= 0.8


# --- compiled ----------------------------------------------------------------------------------


@needs_numba
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(0, 60),
    whole=st.booleans(),
    distorted=st.booleans(),
    pixel_size=st.sampled_from([0.4, 2.0, 9.0]),
)
def test_compiled_maps_are_those_of_numpy(seed, count, whole, distorted, pixel_size):
    centres, radii, species = spheres(seed, count, whole=whole)
    grid = ImageGrid(23, 31, pixel_size)
    points = {}
    if distorted:
        x, y = distorted_points(grid, seed)
        points = dict(sample_x=x, sample_y=y)
    pairs = np.random.default_rng(seed).permutation(count)[: count // 2 * 2].reshape(-1, 2)
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("numpy", "numba"):
            patch.setenv("NANOPHANTOM_KERNELS", name)
            made = maps.sphere_maps(centres, radii, species, grid, **points)
            touching = maps.contact_map(centres, radii, pairs, species, grid, **points)
            found[name] = (made.topmost, made.overlap, made.semantic, touching)
    for one, two in zip(found["numpy"], found["numba"], strict=True):
        assert one.dtype == two.dtype and np.array_equal(one, two)


@needs_numba
@pytest.mark.parametrize("name", ["height", "number", "count", "materials"])
def test_kernels_with_other_results_are_not_used(name):
    """The guard sees one pixel of each map, and one unit in the last place of a height."""
    compiled = kernels.available()

    def spilled(found, *arguments):
        compiled.surfaces_in_band(found, *arguments)
        array = getattr(found, name)
        row, column = np.argwhere(np.isfinite(found.height))[0]
        value = array[row, column]
        array[row, column] = np.nextafter(value, np.inf) if name == "height" else value + 1

    assert kernels.same_bits(compiled)
    assert not kernels.same_bits(SimpleNamespace(surfaces_in_band=spilled))
