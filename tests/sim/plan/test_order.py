"""The order of a plan: even over classes and sweep points, and stable when the dataset grows."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from sim.plan.order import Order, rotation_by_class

shapes = st.tuples(st.integers(1, 90), st.integers(1, 7), st.integers(1, 6), st.integers(1, 3))


def places(total, structures, points, repeats, rotation=None):
    order = Order(total, points, repeats, rotation or list(range(structures)))
    return order, [order[index] for index in range(total)]


def spread(keys, all_keys):
    counts = Counter(keys)
    values = [counts.get(key, 0) for key in all_keys]
    return max(values) - min(values)


@given(shapes)
def test_no_place_is_taken_twice(shape):
    _, found = places(*shape)
    assert len(set(found)) == len(found)


@given(shapes)
@example((4, 1, 4, 5))
@example((8, 3, 4, 1))
def test_structures_points_and_pairs_are_each_served_evenly(shape):
    _, structures, points, _ = shape
    _, found = places(*shape)
    assert spread([place.structure for place in found], range(structures)) <= 1
    assert spread([place.point for place in found], range(points)) <= 1
    pairs = [(structure, point) for structure in range(structures) for point in range(points)]
    assert spread([(place.structure, place.point) for place in found], pairs) <= 1


@given(shapes, st.integers(1, 40))
def test_growing_keeps_every_earlier_place_and_its_ordinals(shape, more):
    total, *rest = shape
    small, few = places(total, *rest)
    large, many = places(total + more, *rest)
    assert set(few) <= set(many)
    assert all(small.image_ordinal(place) == large.image_ordinal(place) for place in few)
    assert all(small.specimen_ordinal(place) == large.specimen_ordinal(place) for place in few)


@given(shapes)
def test_the_ordinals_of_a_dataset_are_its_first_numbers(shape):
    order, found = places(*shape)
    assert sorted(order.image_ordinal(place) for place in found) == list(range(len(found)))
    specimens = {(place.replicate, place.structure): order.specimen_ordinal(place) for place in found}
    assert sorted(specimens.values()) == list(range(order.specimens))


@given(shapes)
def test_images_of_one_specimen_stand_together(shape):
    _, found = places(*shape)
    specimens = [(place.replicate, place.structure) for place in found]
    assert specimens == sorted(specimens)


@given(shapes)
def test_specimen_ranks_count_up_without_gaps(shape):
    order, found = places(*shape)
    ranks = sorted({order.specimen_rank(place) for place in found})
    assert ranks == list(range(order.specimens))


def test_classes_take_turns_in_an_incomplete_block():
    """Four structure points of two classes: the first two images are one of each class."""
    names = ["ico", "ico", "oh", "oh"]
    assert rotation_by_class(names) == [0, 2, 1, 3]
    _, found = places(2, 4, 3, 1, rotation_by_class(names))
    assert {names[place.structure] for place in found} == {"ico", "oh"}
