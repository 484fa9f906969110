"""Contact sheets: the right image in the right place, honest grey levels, a true scale bar."""

from __future__ import annotations

import numpy as np
import pytest

from sim.dataset.contact_sheet import GAP, PANEL, Sheet, dataset_sheet, draw, grey_levels, to_grey
from sim.dataset.reader import Dataset

SIDE = 64
ZOOM = PANEL // SIDE


def marked(row: int, column: int, value: float = 1.0, shape=(SIDE, SIDE)) -> np.ndarray:
    """A dark image with one bright pixel."""
    image = np.zeros(shape)
    image[row, column] = value
    return image


def sheet(panels, **options) -> np.ndarray:
    rows = [f"row {i}" for i in range(1 + max(row for row, _ in panels))]
    columns = [f"column {i}" for i in range(1 + max(column for _, column in panels))]
    return np.asarray(draw(Sheet(panels, rows, columns, **{"pixel_size": None, **options})).convert("L"))


def panel_corner(picture: np.ndarray) -> tuple[int, int]:
    """Top left corner of the first panel: the first black block on white paper."""
    dark = picture == 0
    block = np.lib.stride_tricks.sliding_window_view(dark, (30, 30)).all(axis=(2, 3))
    rows, columns = np.nonzero(block)
    return int(rows.min()), int(columns.min())


def test_every_image_is_in_its_place_and_unturned():
    panels = {(0, 0): marked(3, 60), (0, 1): marked(40, 5), (1, 0): marked(60, 60), (1, 1): marked(50, 20)}
    picture = sheet(panels)
    top, left = panel_corner(picture)
    step = SIDE * ZOOM + GAP
    for (row, column), panel in panels.items():
        y, x = top + row * step, left + column * step
        shown = picture[y : y + SIDE * ZOOM, x : x + SIDE * ZOOM]
        np.testing.assert_array_equal(shown, np.kron(panel * 255, np.ones((ZOOM, ZOOM))))


def test_grey_levels_are_shared_by_all_panels():
    """A panel half as bright is half as bright on the sheet."""
    panels = {
        (0, 0): np.full((SIDE, SIDE), 100.0),
        (0, 1): np.full((SIDE, SIDE), 50.0),
        (1, 1): np.zeros((SIDE, SIDE)),
    }
    picture = sheet(panels)
    assert {128, 255} <= set(np.unique(picture)) and (picture == 128).sum() >= SIDE * SIDE


def test_grey_levels_by_column():
    dim, bright = marked(1, 1, 2.0), marked(1, 1, 200.0)
    dim[9, 9], bright[9, 9] = 1.0, 100.0
    picture = sheet({(0, 0): dim, (0, 1): bright}, by_column=True)
    top, left = panel_corner(picture)
    step = SIDE * ZOOM + GAP
    first = picture[top : top + PANEL, left : left + PANEL]
    second = picture[top : top + PANEL, left + step : left + step + PANEL]
    np.testing.assert_array_equal(first, second)


def test_one_hot_pixel_does_not_darken_the_sheet():
    image = np.full((100, 100), 10.0)
    image[:50] = 0.0
    image[0, 0] = 1e6
    assert grey_levels([image]) == (0.0, 10.0)
    assert to_grey(image, 0.0, 10.0)[0, 0] == 255


def test_an_even_image_has_levels():
    low, high = grey_levels([np.full((4, 4), 7.0)])
    assert low == 7.0 and high > low


@pytest.mark.parametrize(("pixel_size", "length"), [(0.2, 2.0), (0.05, 1.0), (1.0, 20.0), (0.33, 5.0)])
def test_the_scale_bar_is_as_long_as_it_says(pixel_size, length):
    """The longest of 1, 2, 5 × 10ⁿ Å within a third of the panel, in pixels of the picture."""
    picture = sheet({(0, 0): marked(0, 63)}, pixel_size=pixel_size)
    top, left = panel_corner(picture)
    panel = picture[top : top + PANEL, left : left + PANEL]
    bar_row = panel[PANEL - 12]
    assert (bar_row == 255).sum() == round(length / pixel_size * ZOOM)


def test_large_images_are_thinned_to_means():
    image = np.zeros((600, 600))
    image[:300] = 4.0
    picture = sheet({(0, 0): image})
    assert max(picture.shape) < 400
    assert {0, 255} <= set(np.unique(picture))


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep of σ and α over one cluster, made by the engine."""
    from app.cli.main import run

    directory = tmp_path_factory.mktemp("sweep") / "grid"
    # 32 pixels of 0.8 Å leave a dark margin around the cluster.
    small = ["--set", "image.width=32", "--set", "image.height=32", "--set", "image.pixel_size=0.8"]
    assert run(["run", "au55_sigma_alpha_grid", "--output", str(directory), *small]) == 0
    return directory


def test_a_sweep_is_drawn_with_sigma_downwards_and_alpha_across(sweep):
    """Wider spots overlap, higher α multiplies: the corners must come in this order of brightness."""
    picture = np.asarray(dataset_sheet(sweep).convert("L")).astype(float)
    top, left = panel_corner(picture)

    def panel(row, column):
        y, x = top + row * (PANEL + GAP), left + column * (PANEL + GAP)
        return picture[y : y + PANEL, x : x + PANEL]

    assert panel(0, 0).mean() < panel(0, 3).mean() < panel(3, 0).mean() < panel(3, 3).mean()
    with Dataset(sweep) as dataset:
        images = [dataset.image(index) for index in range(len(dataset))]
        varied = [line["job"]["varied"] for line in dataset.lines()]
    chosen = images[varied.index({"imaging.sigma": 0.9, "imaging.alpha": 1.0})]
    zoom = PANEL // 32
    np.testing.assert_array_equal(panel(2, 1)[::zoom, ::zoom], to_grey(chosen, *grey_levels(images)))
