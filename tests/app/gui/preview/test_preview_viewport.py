"""Image pixels ↔ widget pixels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gui.preview.viewport import SMALLEST_OF_FIT, Viewport


def test_fit_shows_the_whole_oblong_image():
    view = Viewport.fit(200, 100, 400.0, 400.0)
    assert view.scale == 2.0
    assert view.to_widget(-0.5, -0.5) == (0.0, 100.0)
    assert view.to_widget(199.5, 99.5) == (400.0, 300.0)


def test_pixel_under_a_position_is_the_one_whose_square_holds_it():
    view = Viewport.fit(10, 5, 100.0, 50.0)
    assert view.pixel_at(0.0, 0.0) == (0, 0)
    assert view.pixel_at(9.9, 10.1) == (0, 1)
    assert view.pixel_at(99.9, 49.9) == (9, 4)
    assert view.pixel_at(-0.1, 20.0) is None
    assert view.pixel_at(50.0, 50.1) is None


inside = st.floats(0.05, 0.95)


@given(inside, inside, st.floats(0.2, 8.0), st.integers(3, 900), st.integers(3, 900))
def test_zoom_keeps_the_point_under_the_cursor(across, down, factor, columns, rows):
    view = Viewport.fit(columns, rows, 500.0, 300.0)
    x, y = across * 500.0, down * 300.0
    point = view.to_image(x, y)
    if not (-0.5 <= point[0] <= columns - 0.5 and -0.5 <= point[1] <= rows - 0.5):
        return
    nearer = view.zoomed(factor, x, y)
    held = nearer.column in (-0.5, columns - 0.5) or nearer.row in (-0.5, rows - 0.5)
    if not held:
        assert nearer.to_widget(*point) == pytest.approx((x, y), abs=1e-6)
    assert nearer.scale >= view.scale * SMALLEST_OF_FIT * (1 - 1e-12)


def test_an_image_of_twice_the_pixels_keeps_the_part_in_view():
    """Changing 256² to 512² of the same field must not move what one looks at."""
    view = Viewport.fit(256, 256, 512.0, 512.0).zoomed(4.0, 100.0, 300.0)
    finer = view.for_image(512, 512)
    corner = view.to_image(0.0, 0.0)
    doubled = tuple((place + 0.5) * 2 - 0.5 for place in corner)
    assert finer.to_image(0.0, 0.0) == pytest.approx(doubled)


def test_resizing_keeps_a_fitted_image_fitted_and_a_zoomed_one_zoomed():
    fitted = Viewport.fit(100, 100, 200.0, 200.0)
    assert fitted.resized(400.0, 300.0).scale == 3.0
    zoomed = fitted.zoomed(3.0, 50.0, 50.0)
    assert zoomed.resized(400.0, 300.0).scale == zoomed.scale


def test_the_image_cannot_be_lost():
    view = Viewport.fit(64, 64, 200.0, 200.0).panned(-1e6, 1e6)
    assert view.pixel_at(99.9, 100.1) is not None or view.pixel_at(100.1, 99.9) is not None
