"""Random sequential addition: exact law, exact counts, distances over the seams, honest refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from sim.core.errors import Cancelled, InputError
from sim.numerics.detmath import uniform_from
from sim.numerics.streams import Stream
from sim.specimen.amorphous.materials import AMORPHOUS, amorphous_material
from sim.specimen.amorphous.rsa import SATURATION, random_addition
from sim.specimen.statistics.coordination import minimum_distances
from sim.specimen.statistics.density import density

CARBON = [(6, 0.1103075)]
STREAM = Stream(7, "substrate")


def one_by_one(box, densities, distances, stream):
    """The definition, atom after atom, periodic in x and y."""
    box = np.array(box)
    counts = [int(share * box.prod() + 0.5) for _, share in densities]
    bounds = np.cumsum(counts)
    places, kinds = [], []
    proposal = 0
    while len(places) < sum(counts):
        draw = uniform_from(stream.words(4, 4 * proposal))
        proposal += 1
        kind = int(np.searchsorted(bounds, int(draw[3] * sum(counts)), side="right"))
        if kinds.count(kind) == counts[kind]:
            continue
        place = np.floor(draw[:3] * (box * 2**20)) / 2**20
        near = False
        for other, known in zip(places, kinds, strict=True):
            apart = np.abs(place - other)
            apart[:2] = np.minimum(apart[:2], box[:2] - apart[:2])
            near = near or np.sqrt((apart**2).sum()) < distances[kind][known]
        if not near:
            places.append(place)
            kinds.append(kind)
    return np.array([densities[kind][0] for kind in kinds]), np.array(places)


@pytest.mark.parametrize(
    ("box", "densities", "distances"),
    [
        ((9.0, 11.0, 6.0), CARBON, [[1.4]]),
        ((10.0, 8.0, 9.0), [(14, 0.022), (8, 0.044)], [[2.5, 1.5], [1.5, 2.1]]),
        # Hardly any proposal is refused: one left out after a species is complete would show.
        ((9.0, 9.0, 9.0), [(14, 0.02), (8, 0.03), (6, 0.04)], [[0.1] * 3] * 3),
        ((9.0, 8.0, 7.0), [(14, 0.02), (8, 0.05), (6, 0.09)], [[0.1] * 3] * 3),
        ((2.9, 3.1, 30.0), [(14, 0.03), (6, 0.05), (1, 0.01)], [[2.2, 1.5, 1], [1.5, 1.4, 1], [1, 1, 1]]),
    ],
)
def test_batches_give_what_adding_one_by_one_gives(box, densities, distances):
    numbers, places = one_by_one(box, densities, distances, STREAM)
    for batch in (1, 37, 65536):
        atoms = random_addition(box, densities, distances, STREAM, batch=batch)
        np.testing.assert_array_equal(atoms.numbers, numbers)
        np.testing.assert_array_equal(atoms.positions, places)


@given(
    st.tuples(st.floats(3.0, 25.0), st.floats(3.0, 25.0), st.floats(1.0, 12.0)),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.integers(0, 2**40),
)
@settings(max_examples=25, deadline=None)
def test_carbon_keeps_its_distance_and_density_in_any_box(box, periodic, seed):
    periodic = (periodic[0], periodic[1], periodic[2] and box[2] >= 1.4)
    atoms = random_addition(box, CARBON, 1.4, Stream(seed, "any"), periodic=periodic)
    assert len(atoms) == int(0.1103075 * np.prod(box) + 0.5)
    assert np.all((atoms.positions >= 0.0) & (atoms.positions < np.array(box)))
    images = [atoms.positions]
    for axis in range(3):
        if periodic[axis]:
            shift = np.eye(3)[axis] * box[axis]
            images = [np.concatenate([*images, images[0] + shift, images[0] - shift])]
    if len(atoms) > 1:
        # Copies in the box repeat each other exactly; all others keep their distance.
        distances = cKDTree(images[0]).query(images[0], k=2)[0][:, 1]
        assert distances.min() >= 1.4 - 1e-12


def test_distances_are_kept_over_the_seam_of_a_substrate():
    """Others leave 0.76 Å between an atom and the next period's (FACTS of the peer)."""
    atoms = random_addition((41.0, 33.0, 20.0), CARBON, 1.4, STREAM)
    tree = cKDTree(atoms.positions, boxsize=[41.0, 33.0, 0.0])
    assert tree.query(atoms.positions, k=2)[0][:, 1].min() >= 1.4
    # There are atoms at the seam for this to mean anything.
    assert np.count_nonzero(atoms.positions[:, 0] < 0.3) > 10


def test_atoms_fill_the_box_evenly():
    """Eight octants of equal share, within five standard deviations of a binomial (RSA scatters less)."""
    atoms = random_addition((40.0, 36.0, 32.0), CARBON, 1.4, STREAM)
    octant = (atoms.positions // (np.array([40.0, 36.0, 32.0]) / 2)).astype(int) @ np.array([4, 2, 1])
    counts = np.bincount(octant, minlength=8)
    assert np.abs(counts - len(atoms) / 8).max() < 5 * np.sqrt(len(atoms) / 8 * 7 / 8)


def test_it_goes_far_towards_saturation_and_not_beyond():
    """Random addition of spheres jams at 0.384 of the volume (Zhang and Torquato 2013)."""
    everywhere = (True, True, True)
    atoms = random_addition((12.0, 12.0, 12.0), [(6, 0.33 * 6 / np.pi)], 1.0, STREAM, periodic=everywhere)
    assert len(atoms) / 12.0**3 * np.pi / 6 == pytest.approx(0.33, abs=1e-3)
    with pytest.raises(InputError, match=r"fit in this box after") as caught:
        random_addition((12.0, 12.0, 12.0), [(6, 0.38 * 6 / np.pi)], 1.0, STREAM, periodic=everywhere)
    reached = float(caught.value.allowed.split()[2])
    assert 0.31 < reached * np.pi / 6 < 0.37


def test_density_above_saturation_is_refused_at_once_and_says_what_fits():
    limit = SATURATION * 6 / np.pi / 1.4**3
    with pytest.raises(InputError, match=rf"stops at about {limit:.4g} atoms") as caught:
        random_addition((500.0, 500.0, 500.0), [(6, 0.3)], 1.4, STREAM)
    assert caught.value.parameter == "densities"


def test_a_crowded_mixture_stops_after_a_bounded_effort_with_the_same_words_at_any_batch():
    messages = set()
    for batch in (500, 65536):
        with pytest.raises(InputError, match="only .* atoms fit") as caught:
            random_addition((14.0, 14.0, 14.0), [(14, 0.05), (32, 0.05)], 2.0, STREAM, batch=batch)
        messages.add(str(caught.value))
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("box", "densities", "distance", "word"),
    [
        ((10, -1, 5), CARBON, 1.4, "box"),
        ((10, 1.2, 5), CARBON, 1.4, "repeats"),
        ((10, 10, float("nan")), CARBON, 1.4, "box"),
        ((10, 10, 5), [], 1.4, "species"),
        ((10, 10, 5), [(0, 0.1)], 1.4, "atomic number"),
        ((10, 10, 5), [(6, float("nan"))], 1.4, "density"),
        ((10, 10, 5), CARBON, 0.0, "distance"),
        ((10, 10, 5), [(6, 0.01), (8, 0.01)], [[1, 2], [3, 1]], "reversed"),
        ((10, 10, 5), CARBON, [[1.0, 1.0], [1.0, 1.0]], "shape"),
    ],
)
def test_unusable_input_is_refused(box, densities, distance, word):
    with pytest.raises(InputError, match=word):
        random_addition(box, densities, distance, STREAM)


def test_an_empty_box_has_no_atoms():
    assert len(random_addition((1.0, 1.0, 1.0), [(6, 0.01)], 0.9, STREAM)) == 0


def test_it_can_be_stopped():
    def stop():
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        random_addition((30.0, 30.0, 30.0), CARBON, 1.4, STREAM, cancel=stop)


@pytest.mark.parametrize("name", list(AMORPHOUS))
def test_every_material_fits_and_has_its_density(name):
    material = amorphous_material(name)
    box = (24.0, 26.0, 22.0)
    atoms = random_addition(box, material.species, material.minimum_distance, STREAM.child(name))
    assert density(atoms.numbers, 24.0 * 26.0 * 22.0).mass == pytest.approx(material.density, rel=5e-3)
    nearest = minimum_distances(atoms.numbers, atoms.positions, box=box, periodic=(True, True, False))
    kinds = [number for number, _ in material.species]
    for i, one in enumerate(kinds):
        for j, two in enumerate(kinds):
            assert nearest[min(one, two), max(one, two)] >= material.minimum_distance[i][j]


def test_an_unknown_material_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match="did you mean 'carbon'"):
        amorphous_material("carbn")
