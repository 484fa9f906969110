"""The order of a plan: even over classes and sweep points, and stable when the dataset grows."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sim.plan.order import Order, rotation_by_class

shapes = st.tuples(st.integers(1, 60), st.integers(1, 7), st.integers(1, 6))


def places(total, structures, images, rotation=None):
    order = Order(total, structures, images, rotation or list(range(structures)))
    return order, [order[index] for index in range(total)]


@given(shapes)
def test_no_place_is_taken_twice(shape):
    _, found = places(*shape)
    assert len(set(found)) == len(found)


@given(shapes)
def test_structures_and_image_points_are_served_evenly(shape):
    _, structures, images = shape
    _, found = places(*shape)
    per_structure = Counter(place.structure for place in found)
    counts = [per_structure.get(structure, 0) for structure in range(structures)]
    assert max(counts) - min(counts) <= 1
    per_point = Counter((place.structure, place.image) for place in found)
    counts = [per_point.get((s, i), 0) for s in range(structures) for i in range(images)]
    assert max(counts) - min(counts) <= 1


@given(shapes, st.integers(1, 40))
def test_growing_keeps_every_earlier_place(shape, more):
    total, structures, images = shape
    _, small = places(total, structures, images)
    _, large = places(total + more, structures, images)
    assert set(small) <= set(large)


@given(shapes)
def test_images_of_one_specimen_stand_together(shape):
    _, found = places(*shape)
    specimens = [(place.replicate, place.structure) for place in found]
    assert specimens == sorted(specimens)


@given(shapes)
def test_specimen_ranks_count_up_without_gaps(shape):
    order, found = places(*shape)
    ranks = sorted({order.specimen_rank(place.replicate, place.structure) for place in found})
    assert ranks == list(range(order.specimens))


def test_classes_take_turns_in_an_incomplete_block():
    """Four structure points of two classes: the first two images are one of each class."""
    names = ["ico", "ico", "oh", "oh"]
    assert rotation_by_class(names) == [0, 2, 1, 3]
    _, found = places(2, 4, 3, rotation_by_class(names))
    assert {names[place.structure] for place in found} == {"ico", "oh"}
