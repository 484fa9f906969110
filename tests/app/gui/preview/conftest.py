"""Real results for the preview's views: rendered by the program's own worker, no thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.gui.preview.results import Display, Result, Selection
from sim.core.settings import validate
from sim.recipe.model import Recipe

RECIPE: dict[str, Any] = {
    "name": "views",
    "images": 12,
    "seed": 7,
    "specimen": {"kind": "cluster", "geometry": "decahedron"},
    "image": {"width": 96, "height": 64, "pixel_size": 0.3},
    "vary": [
        {"path": "imaging.sigma", "law": "grid", "values": [0.4, 0.6, 0.8]},
        {"path": "specimen.geometry", "law": "grid", "values": ["decahedron", "icosahedron"]},
    ],
}


@pytest.fixture(scope="session")
def make_result() -> Callable[..., Result]:
    """``make_result(display, selection, **changes of the recipe's tree)``: 96 × 64 pixels of 0.3 Å."""
    from app.gui.preview.worker import PreviewWorker, Request

    worker = PreviewWorker()

    def make(display: Display | None = None, selection: Selection | None = None, **changes: Any) -> Result:
        recipe = validate(Recipe, {**RECIPE, **changes})
        request = Request(1, recipe, selection or Selection(), display or Display())
        result = worker.make(request, lambda: None)
        assert result is not None
        return result

    return make
