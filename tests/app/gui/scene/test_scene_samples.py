"""Another sample: the image that differs in chance alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gui.document import sections, sweep
from app.gui.preview.controller import PreviewController
from app.gui.preview.results import Display, Result, Selection
from app.gui.preview.worker import PreviewWorker, Request
from sim.core.errors import never
from sim.plan.order import Order
from sim.recipe.model import Recipe

SMALL = {"images": 8, "image.width": 32, "image.height": 32}


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 60), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.data())
def test_same_place_in_the_next_replicate(total, points, repeats, structures, data):
    order = Order(total, points, repeats, data.draw(st.permutations(range(structures))))
    index = data.draw(st.integers(0, total - 1))
    seen, place = [index], order[index]
    while (following := order.another(seen[-1])) not in seen:
        seen.append(following)
    places = [order[found] for found in seen]
    assert {(one.structure, one.point, one.repeat) for one in places} == {
        (place.structure, place.point, place.repeat)
    }
    alike = [
        found
        for found in range(total)
        if (order[found].structure, order[found].point, order[found].repeat)
        == (place.structure, place.point, place.repeat)
    ]
    assert sorted(seen) == alike, "all of them come by, and then the first again"


def test_worker_goes_to_another_specimen():
    recipe = sections.with_values(Recipe(), SMALL)
    for path, values in (
        ("specimen.geometry", ["icosahedron", "cuboctahedron"]),
        ("imaging.sigma", [0.5, 0.7]),
    ):
        recipe = sweep.with_entry(recipe, path, {"law": "grid", "values": values})
    worker = PreviewWorker()
    first = worker.make(Request(1, recipe, Selection(1), Display()), never)
    other = worker.make(Request(2, recipe, Selection(1), Display(), samples=1), never)
    back = worker.make(Request(3, recipe, Selection(1), Display(), samples=2), never)
    assert first is not None and other is not None and back is not None
    assert other.job.varied == first.job.varied and other.job.replicate == first.job.replicate + 1
    assert other.job.orientation_seed != first.job.orientation_seed
    assert back.job.image_id == first.job.image_id


@pytest.mark.gui
def test_controller_shows_another_specimen(qtbot):
    controller = PreviewController()
    shown: list[Result] = []
    controller.result.connect(shown.append)
    recipe = sections.with_values(Recipe(), SMALL)
    try:
        with qtbot.waitSignal(controller.result, timeout=10_000):
            controller.request(recipe, Selection(2), Display())
        with qtbot.waitSignal(controller.result, timeout=10_000):
            controller.new_sample()
        assert [result.selection.index for result in shown] == [2, 3]
        with qtbot.waitSignal(controller.result, timeout=10_000):
            controller.new_sample()
        assert shown[-1].selection.index == 4
    finally:
        controller.close()
