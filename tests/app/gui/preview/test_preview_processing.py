"""What the screen shows of a sample, against numpy's own functions and asymmetric images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app.gui.preview import colour_maps, levels, processing
from app.gui.preview.arrays import unit as shown_unit
from app.gui.preview.results import Display, Profile
from sim.core.errors import InputError
from sim.core.types import Sample
from sim.plan.plan import Plan, collect_structures
from sim.recipe.model import Job, Recipe
from sim.recipe.toml import load_recipe


@pytest.fixture(scope="module")
def job() -> Job:
    recipe = Recipe()
    return Plan(recipe, collect_structures(recipe))[0]


def noisy_image(dtype: type = np.uint16) -> np.ndarray:
    """Numbers of no symmetry, some far from the others."""
    image = np.random.default_rng(7).poisson(40.0, (37, 53)).astype(dtype)
    image[3, 5], image[30, 2] = 900, 2
    return image


# --- levels ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.float32])
def test_auto_levels_are_the_percentiles(dtype: type) -> None:
    """0.35 % of the pixels lie at or beyond either level, as numpy.percentile says, to one step."""
    image = noisy_image(dtype)
    low, high = levels.auto_levels(levels.sort_values(image))
    expected = np.percentile(image, [0.35, 99.65])
    np.testing.assert_allclose([low, high], expected, atol=1.0)
    assert high < 100  # the one hot pixel does not set the contrast


@pytest.mark.parametrize("value", [0.0, 7.0, -3.5, 1e9, 1e-30])
@pytest.mark.parametrize("dtype", [np.float32, np.uint32])
def test_image_of_one_value_has_levels_around_it(value: float, dtype: type) -> None:
    image = np.full((4, 6), max(value, 0.0) if dtype is np.uint32 else value, dtype=dtype)
    ordered = levels.sort_values(image)
    low, high = levels.auto_levels(ordered)
    assert low < image[0, 0] < high
    assert 100 < levels.greys(ordered, low, high)[0, 0] < 156
    assert levels.histogram(ordered).counts.sum() == image.size
    assert levels.statistics(ordered).deviation == pytest.approx(0.0, abs=1e-3)


def test_few_pixels_that_differ_can_be_seen() -> None:
    """Percentiles of a nearly black image are both 0; then the extremes are the levels."""
    image = np.zeros((100, 100), dtype=np.uint16)
    image[3, 4] = 9
    assert levels.auto_levels(levels.sort_values(image)) == (0.0, 9.0)


@given(
    arrays.arrays(np.float32, (5, 7), elements=st.floats(-1e6, 1e6, width=32)),
    st.floats(-1e6, 1e6), st.floats(1e-3, 1e6),
)  # fmt: skip
def test_greys_are_the_formula(image: np.ndarray, low: float, width: float) -> None:
    """255 (v − low)/(high − low), rounded and clipped; one grey off at most where values are grouped."""
    found = levels.greys(levels.sort_values(image), low, low + width)
    high = low + width
    expected = np.clip((image.astype(np.float64) - low) / (high - low) * 255.0, 0.0, 255.0)
    assert np.abs(found - expected).max() <= 0.5 + 255.0 / 1024 + 1e-6


@given(arrays.arrays(np.uint16, (4, 6)), st.integers(0, 70000), st.integers(1, 70000))
def test_greys_of_counts_are_exact(image: np.ndarray, low: int, width: int) -> None:
    found = levels.greys(levels.sort_values(image), low, low + width)
    expected = np.clip((image.astype(np.float64) - low) * (255.0 / width) + 0.5, 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(found, expected)


def test_equal_levels_make_a_threshold() -> None:
    image = np.array([[1, 5, 6]], dtype=np.uint16)
    assert levels.greys(levels.sort_values(image), 5, 5).tolist() == [[0, 0, 255]]


def test_locked_levels_stay(job: Job) -> None:
    sample = Sample(image=noisy_image(), clean=noisy_image(np.float32))
    locked = Display(levels="locked", low=10.0, high=50.0)
    picture = processing.prepare(sample, job, locked)
    assert (picture.low, picture.high) == (10.0, 50.0)
    assert picture.grey[3, 5] == 255 and picture.grey[30, 2] == 0


# --- histogram and statistics ----------------------------------------------------------------


@given(
    st.one_of(
        arrays.arrays(np.uint32, (6, 5), elements=st.integers(0, 2**32 - 1)),
        arrays.arrays(np.uint16, (6, 5), elements=st.integers(0, 600)),
        arrays.arrays(np.float32, (6, 5), elements=st.floats(-1e4, 1e4, width=32)),
    )
)
def test_histogram_counts_every_pixel_once(image: np.ndarray) -> None:
    found = levels.histogram(levels.sort_values(image))
    assert found.counts.sum() == image.size
    assert len(found.counts) <= 256
    assert len(found.edges) == len(found.counts) + 1
    assert np.all(np.diff(found.edges) > 0)
    assert found.edges[0] <= image.min() and image.max() <= found.edges[-1]


def test_histogram_has_values_in_their_bins() -> None:
    image = noisy_image()
    found = levels.histogram(levels.sort_values(image))
    np.testing.assert_array_equal(found.counts, np.histogram(image, found.edges)[0])


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.float32])
def test_statistics_are_numpys(dtype: type) -> None:
    image = noisy_image(dtype)
    found = levels.statistics(levels.sort_values(image))
    exact = image.astype(np.float64)
    expected = [exact.min(), exact.max(), exact.mean(), exact.std(), exact.sum()]
    values = [found.minimum, found.maximum, found.mean, found.deviation, found.total]
    np.testing.assert_allclose(values, expected, rtol=1e-9)


# --- spectrum --------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(8, 10), (9, 10), (8, 11), (9, 11)])
def test_spectrum_is_the_shifted_transform(shape: tuple[int, int]) -> None:
    """Every pixel of the plane, in particular those that are taken from the other half."""
    image = np.random.default_rng(3).random(shape).astype(np.float32)
    plane = processing.spectrum(image, 0.1, window=False).image
    power = np.abs(np.fft.fftshift(np.fft.fft2(image - image.mean()))) ** 2
    seen = (plane > 5) & (plane < 250)
    assert seen.sum() >= 10
    order = np.argsort(power[seen], kind="stable")
    assert np.all(np.diff(plane[seen][order].astype(int)) >= 0)


def test_spectrum_shows_a_wave_where_it_belongs() -> None:
    """A wave of 0.25 1/Å along x and 0.0625 1/Å along y: bright at that frequency, up for positive y."""
    height, width, pixel_size = 64, 80, 0.2
    x = (np.arange(width) - (width - 1) / 2) * pixel_size
    y = ((height - 1) / 2 - np.arange(height)) * pixel_size
    frequency_x, frequency_y = 4 / (width * pixel_size), 10 / (height * pixel_size)
    image = np.cos(2 * np.pi * (frequency_x * x + frequency_y * y[:, np.newaxis])).astype(np.float32)
    found = processing.spectrum(image, pixel_size)
    rows, columns = np.nonzero(found.image == found.image.max())
    places = {
        (
            round((column - width // 2) * found.step_x / 10.0, 6),
            round((height // 2 - row) * found.step_y / 10.0, 6),
        )
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    }
    wave = (round(frequency_x, 6), round(frequency_y, 6))
    assert wave in places
    assert (wave[0], -wave[1]) not in places


def test_spectrum_of_nothing_is_black() -> None:
    assert processing.spectrum(np.full((6, 8), 3.0, np.float32), 0.1).image.max() == 0


# --- profile ---------------------------------------------------------------------------------


def test_profile_along_a_row_gives_its_pixels() -> None:
    image = noisy_image()
    found = processing.profile(image, Profile((4.0, 9.0), (12.0, 9.0)), 0.2)
    np.testing.assert_allclose(found.value, image[9, 4:13])
    np.testing.assert_allclose(found.distance, np.arange(9) * 0.2)


def test_profile_down_a_column_averages_across_it() -> None:
    image = noisy_image()
    found = processing.profile(image, Profile((20.0, 3.0), (20.0, 13.0), 3.0), 0.5)
    np.testing.assert_allclose(found.value, image[3:14, 19:22].mean(axis=1))
    assert (found.width, found.width_length) == (3.0, 1.5)


def test_oblique_profile_of_a_plane_is_straight() -> None:
    """Linear interpolation of 3 column − 2 row along any line, whatever its breadth."""
    rows, columns = np.indices((30, 40))
    image = (3.0 * columns - 2.0 * rows).astype(np.float64)
    line = Profile((5.5, 4.25), (30.0, 20.0), 4.0)
    found = processing.profile(image, line, 1.0)
    np.testing.assert_allclose(
        found.value, np.linspace(3 * 5.5 - 2 * 4.25, 3 * 30 - 2 * 20, len(found.value))
    )
    assert found.distance[-1] == pytest.approx(np.hypot(24.5, 15.75))
    assert np.diff(found.distance).max() <= 1.0


def test_profile_outside_the_image_is_no_number() -> None:
    image = noisy_image()
    found = processing.profile(image, Profile((-3.0, 2.0), (2.0, 2.0)), 1.0)
    assert np.isnan(found.value[:3]).all() and found.value[3] == pytest.approx(image[2, 0])


def test_profile_without_length_is_one_place() -> None:
    found = processing.profile(noisy_image(), Profile((4.0, 5.0), (4.0, 5.0), 2.0), 1.0)
    assert np.isfinite(found.value).all() and not found.distance.any()


# --- overlays --------------------------------------------------------------------------------


def test_overlay_marks_the_mask_and_outlines_it() -> None:
    mask = np.zeros((8, 9), dtype=np.uint8)
    mask[2:6, 1:7] = 1
    picture = processing.overlay({"particle_mask": mask}, {"particle_mask", "atoms"})
    assert picture is not None
    np.testing.assert_array_equal(picture[..., 3] > 0, mask == 1)
    np.testing.assert_array_equal(picture[3:5, 2:6, 3], processing.FILL)
    assert (picture[2, 1:7, 3] == 255).all() and (picture[2:6, 6, 3] == 255).all()
    assert tuple(picture[4, 4, :3]) == processing.label_colour("particle_mask")


def test_numbered_labels_have_different_colours() -> None:
    image = np.zeros((4, 6), dtype=np.int32)
    image[:, 1], image[:, 2], image[:, 4] = 1, 2, 1000
    picture = processing.overlay({"instances": image}, {"instances"})
    assert picture is not None
    assert picture[0, 1].tolist() != picture[0, 2].tolist()
    assert not picture[:, [0, 3, 5]].any()


def test_lengths_are_greys_up_to_their_largest() -> None:
    image = np.zeros((4, 6), dtype=np.float32)
    image[1, 1:4] = 10.0, 20.0, 40.0
    picture = processing.overlay({"thickness_total": image}, {"thickness_total"})
    assert picture is not None
    assert picture[1, 1:4, 0].tolist() == [64, 128, 255]
    np.testing.assert_array_equal(picture[..., 0], picture[..., 2])
    np.testing.assert_array_equal(picture[..., 3] > 0, image > 0)
    empty = processing.overlay({"thickness_total": np.zeros((3, 3), np.float32)}, {"thickness_total"})
    assert empty is not None and not empty.any()


def test_no_overlay_where_none_is_asked_for_or_there() -> None:
    assert processing.overlay({"particle_mask": np.ones((2, 2), np.uint8)}, ()) is None
    assert processing.overlay({}, {"particle_mask"}) is None


def test_points_are_column_and_row_of_those_in_the_field() -> None:
    table = {
        "row": np.array([1.0, 2.0, 99.0]),
        "column": np.array([5.0, 6.5, 7.0]),
        "in_field": np.array([True, True, False]),
    }
    assert processing.points({"atoms": table}, {"atoms", "columns"})["atoms"].tolist() == [[5, 1], [6.5, 2]]


# --- units -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "noisy", "clean"),
    [
        ({}, "e⁻", "e⁻"),
        ({"detector.adc_bits": 12}, "counts", "e⁻"),
        ({"detector.read_noise": 2.0}, "counts", "e⁻"),
        ({"exposure.mode": "none"}, "of the beam", "of the beam"),
    ],
)
def test_unit_says_what_the_numbers_are(job: Job, settings: dict, noisy: str, clean: str) -> None:
    noise = job.noise
    for path, value in settings.items():
        section, name = path.split(".")
        changed = getattr(noise, section).model_copy(update={name: value})
        noise = noise.model_copy(update={section: changed})
    told = job.model_copy(update={"noise": noise})
    assert shown_unit(told, clean=False) == noisy
    assert shown_unit(told, clean=True) == clean


# --- colour maps -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", colour_maps.names())
def test_colour_maps_are_tables_of_256_colours(name: str) -> None:
    table = colour_maps.lookup(name)
    assert table.shape == (256, 3) and table.dtype == np.uint8


@pytest.mark.parametrize("name", ["viridis", "inferno"])
def test_colour_maps_are_the_published_ones(name: str) -> None:
    """pyqtgraph ships matplotlib's tables."""
    pyqtgraph = pytest.importorskip("pyqtgraph")
    published = pyqtgraph.colormap.get(name).getLookupTable(nPts=256)[:, :3]
    assert np.abs(colour_maps.lookup(name).astype(int) - published).max() <= 2


def test_grey_maps_are_straight() -> None:
    np.testing.assert_array_equal(colour_maps.lookup("grey")[:, 1], np.arange(256))
    np.testing.assert_array_equal(colour_maps.lookup("grey inverted")[:, 2], np.arange(256)[::-1])


def test_unknown_colour_map_names_the_nearest() -> None:
    with pytest.raises(InputError, match="viridis"):
        colour_maps.lookup("viridi")


def test_real_sample_prepares() -> None:
    """Every overlay of a real sample at once: shapes agree with the image."""
    from sim.render.context import RenderContext
    from sim.render.render import render

    recipe = load_recipe("au55_four_classes")
    plan = Plan(recipe, collect_structures(recipe))
    sample = render(plan[3], RenderContext(structures=plan.catalogue))
    shown = frozenset({"particle_mask", "atoms", "columns"})
    picture = processing.prepare(sample, plan[3], Display(labels=shown, spectrum=True))
    assert picture.grey.shape == picture.values.shape == sample.image.shape
    assert picture.overlay is not None and picture.spectrum is not None
    assert set(picture.points) == {"atoms", "columns"}
    np.testing.assert_array_equal(picture.overlay[..., 3] > 0, sample.labels["particle_mask"] > 0)
