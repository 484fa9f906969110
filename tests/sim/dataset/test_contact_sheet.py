"""Contact sheets: the right image in the right place, honest grey levels, a true scale bar."""

from __future__ import annotations

import numpy as np
import pytest

from sim.dataset.contact_sheet import build_sheet, dataset_sheet
from sim.dataset.reader import Dataset
from sim.dataset.sheet_drawing import GAP, PANEL, Sheet, draw, grey_levels, to_grey
from sim.dataset.sheet_words import settings_line

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
    return np.asarray(draw(Sheet(panels, rows, columns, **options)).convert("L"))


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
    picture = sheet({(0, 0): dim, (0, 1): bright}, shared="column")
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
    picture = sheet({(0, 0): marked(0, 63)}, pixel_sizes={(0, 0): pixel_size})
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


def make(directory, recipe: str, *vary: str, **settings):
    """A small dataset of a shipped recipe with further ``[[vary]]`` entries, and its sheet."""
    from importlib import resources

    from app.cli.main import run

    text = (resources.files("resources") / "recipes" / f"{recipe}.toml").read_text(encoding="utf-8")
    fixed = text.partition("[[vary]]")
    whole = "".join(fixed) if settings.pop("keep", True) else fixed[0]
    file = directory / "recipe.toml"
    file.write_text("\n".join([whole, *(f"[[vary]]\n{entry}" for entry in vary)]), encoding="utf-8")
    small = {"image.width": 24, "image.height": 16, "image.pixel_size": 0.8, "images": 8, **settings}
    options = [word for path, value in small.items() for word in ("--set", f"{path}={value}")]
    arguments = ["run", str(file), "--output", str(directory / "data"), "--progress", "none", *options]
    assert run(arguments) == 0
    dataset_sheet(directory / "data")
    with Dataset(directory / "data") as dataset:
        return build_sheet(dataset, 6), [line["job"] for line in dataset.lines()]


def test_a_varying_pixel_size_is_stated_beside_each_panel_and_nowhere_else(tmp_path):
    entry = 'path = "image.pixel_size"\nlaw = "uniform"\nlow = 0.7\nhigh = 1.4'
    sheet, jobs = make(tmp_path, "au55_four_classes", entry)
    assert "pixel 0.7 to 1.4 Å" in sheet.captions[0]
    sizes = {job["image"]["pixel_size"] for job in jobs}
    assert set(sheet.pixel_sizes.values()) == sizes and len(sizes) == 8
    for cell, words in sheet.labels.items():
        assert words == [f"pixel {sheet.pixel_sizes[cell]:.4g} Å"]
    assert sheet.shared == "panel"  # the electrons of a pixel go with its area


def test_scale_bars_stand_in_every_panel_when_pixel_sizes_differ():
    panels = {(0, 0): marked(0, 63), (0, 1): marked(0, 63)}
    picture = sheet(panels, pixel_sizes={(0, 0): 0.2, (0, 1): 0.4})
    top, left = panel_corner(picture)
    lengths = [(picture[top + PANEL - 12, x : x + PANEL] == 255).sum() for x in (left, left + PANEL + GAP)]
    assert lengths == [2.0 / 0.2 * ZOOM, 5.0 / 0.4 * ZOOM]


def test_an_even_grid_is_a_sweep_with_its_values_as_headings(tmp_path):
    """Four doses from start, stop and count; each column has levels of its own, so none is black."""
    entry = 'path = "noise.exposure.dose"\nlaw = "grid"\nstart = 1e4\nstop = 1e6\ncount = 4'
    sheet, _ = make(tmp_path, "au55_four_classes", entry, images=16)
    assert sheet.columns == [f"dose {value} e/Å^2" for value in ("10000", "340000", "670000", "1e6")]
    assert sheet.rows == ["icosahedron", "cuboctahedron", "decahedron", "garzon"]
    assert sheet.shared == "column" and "dose 10000 to 1e6 e/Å^2" in sheet.captions[0]
    assert not any(sheet.labels.values())
    levels = sheet.levels()
    whites = [levels[0, column][1] for column in range(4)]
    assert whites[3] > 50 * whites[0] and all(levels[3, k] == levels[0, k] for k in range(4))
    line = next(caption for caption in sheet.captions if caption.startswith("grey levels shared within"))
    assert line.count(" to ") == 4 and f"0 to {whites[0]:.3g};" in line


def test_a_grid_of_many_values_is_thinned_and_says_so(tmp_path):
    even = 'law = "grid"\nstart = {}\nstop = {}\ncount = {}'
    dose = 'path = "noise.exposure.dose"\n' + even.format("1e4", "1e6", 15)
    sigma = 'path = "imaging.sigma"\n' + even.format(0.5, 1.0, 2)
    sheet, _ = make(tmp_path, "au55_four_classes", dose, sigma, keep=False, images=30)
    # What changes the brightness goes across, whichever entry comes first.
    assert sheet.rows == ["sigma 0.5 Å", "sigma 1 Å"] and len(sheet.columns) == 12
    assert sheet.columns[0] == "dose 10000 e/Å^2" and sheet.columns[-1] == "dose 1e6 e/Å^2"
    assert "12 of 15 values of dose are shown" in sheet.captions
    assert len(sheet.panels) == 24


def test_a_third_grid_is_stated_below_each_panel(tmp_path):
    dose = 'path = "noise.exposure.dose"\nlaw = "grid"\nvalues = [1e4, 1e6]'
    sigma = 'path = "imaging.sigma"\nlaw = "grid"\nvalues = [0.5, 0.8]'
    sheet, _ = make(tmp_path, "au55_four_classes", dose, sigma, images=16)
    assert sheet.rows[0] == "icosahedron" and sheet.columns == ["dose 10000 e/Å^2", "dose 1e6 e/Å^2"]
    assert set(map(tuple, sheet.labels.values())) == {("sigma 0.5 Å",)}
    assert "sigma: one of its 2 values is shown" in sheet.captions


def test_a_one_way_sweep_of_one_class_is_wrapped_with_a_label_a_panel(tmp_path):
    entry = 'path = "imaging.sigma"\nlaw = "grid"\nstart = 0.4\nstop = 1.1\ncount = 8'
    sheet, _ = make(tmp_path, "au55_four_classes", entry, keep=False)
    assert len(sheet.panels) == 8 and max(sheet.panels) == (1, 1)
    for (row, column), words in sheet.labels.items():
        assert words == [f"sigma {(4 + 6 * row + column) / 10:g} Å"]


def test_varying_presets_leave_no_preset_and_no_dose_in_the_caption(tmp_path):
    entry = 'path = "noise.preset"\nlaw = "choice"\nvalues = ["poisson_low", "poisson_high"]'
    sheet, jobs = make(tmp_path, "au55_four_classes", entry)
    assert "noise varies, dose varies" in sheet.captions[0] and "poisson" not in sheet.captions[0]
    assert sheet.shared == "panel" and "each panel has its own grey levels" in sheet.captions[1]
    shown = sorted(word for words in sheet.labels.values() for word in words)
    assert shown == sorted(f"noise {job['noise']['preset']}" for job in jobs)


def test_levels_of_a_panel_are_written_below_it():
    """The strip below a panel has ink only when there are words to state."""
    panels = {(0, 0): marked(1, 1, 3.0), (0, 1): marked(2, 2, 300.0)}
    plain, stated = sheet(panels), sheet(panels, shared="panel", labels={(0, 0): ["sigma 0.5 Å"]})
    assert stated.shape[0] > plain.shape[0]
    top, left = panel_corner(stated)
    for x in (left, left + PANEL + GAP):
        strip = stated[top + PANEL + 2 : top + PANEL + 16, x : x + PANEL]
        assert (strip < 100).sum() > 30


RECIPE = {
    "seed": 1,
    "imaging": {"sigma": 0.6, "alpha": 1.0, "mode": "linear"},
    "image": {"pixel_size": 0.2},
    "noise": {
        "preset": "poisson_low",
        "exposure": {"mode": "poisson", "source": "dose", "dose": 1e4, "beam_current": 30.0},
    },
}


@pytest.mark.parametrize(
    ("entry", "stated", "unstated"),
    [
        ({"path": "imaging.sigma", "law": "uniform", "low": 0.4, "high": 0.8}, "sigma 0.4 to 0.8 Å", "0.6"),
        ({"path": "imaging.sigma", "law": "normal", "mean": 0.6, "deviation": 0.1}, "sigma varies", "0.6"),
        ({"path": "imaging.alpha", "law": "choice", "values": [2.0, 0.5, 1.0]}, "alpha 0.5 to 2", "alpha 1,"),
        ({"path": "imaging.mode", "law": "grid", "values": ["linear", "z_power"]}, "mode varies", "linear"),
        ({"path": "image.pixel_size", "law": "grid", "values": [0.1, 0.4]}, "pixel 0.1 to 0.4 Å", "0.2"),
        ({"path": "noise.preset", "law": "grid", "values": ["none"]}, "noise varies, dose varies", "10000"),
        (
            {"path": "noise.exposure.dose", "law": "sobol", "low": 1e3, "high": 2e3},
            "dose 1000 to 2000",
            "10000",
        ),
        ({"path": "noise.exposure.source", "law": "grid", "values": ["dose"]}, "dose varies", "10000"),
    ],
)
def test_captions_state_no_value_that_varies(entry, stated, unstated):
    line = settings_line({**RECIPE, "vary": [entry]})
    assert stated in line and unstated not in line


def test_captions_state_what_does_not_vary():
    assert settings_line(RECIPE) == (
        "sigma 0.6 Å, alpha 1, mode linear, pixel 0.2 Å, noise poisson_low, dose 10000 e/Å^2, seed 1"
    )
