"""The Gaussian model against the direct formula, scipy's integrals and closed forms."""

from __future__ import annotations

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from sim.core.errors import Cancelled, InputError
from sim.core.types import ImageGrid, on_position_grid
from sim.imaging import gaussian, projection

GRID = ImageGrid(height=40, width=56, pixel_size=0.2)


def scattered_atoms(count=30, spread=5.0, seed=3):
    """Random atoms without any symmetry, some of them outside the field."""
    generator = np.random.default_rng(seed)
    positions = on_position_grid(generator.uniform(-spread, spread, size=(count, 3)) * [1.5, 1.0, 1.0])
    return positions, generator.choice([6, 47, 79], size=count)


def direct_sum(positions, heights, grid, sigma, half=None):
    """The formula itself, one whole image an atom, with numpy's own exponential.

    ``half``: leave out pixels farther than this from the atom's nearest pixel, as the windows do.
    """
    columns = np.arange(grid.width)
    rows = np.arange(grid.height)
    x = (columns - (grid.width - 1) / 2) * grid.pixel_size
    y = ((grid.height - 1) / 2 - rows) * grid.pixel_size
    image = np.zeros(grid.shape)
    for position, height in zip(positions, heights, strict=True):
        spot = height * np.exp(
            -((x[None, :] - position[0]) ** 2 + (y[:, None] - position[1]) ** 2) / (2 * sigma**2)
        )
        if half is not None:
            near_column = np.floor(position[0] / grid.pixel_size + (grid.width - 1) / 2 + 0.5)
            near_row = np.floor((grid.height - 1) / 2 - position[1] / grid.pixel_size + 0.5)
            spot[:, np.abs(columns - near_column) > half] = 0.0
            spot[np.abs(rows - near_row) > half, :] = 0.0
        image += spot
    return image


# --- the sum ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [0.3, 0.6, 1.2])
def test_sum_is_the_direct_formula_on_the_windows(sigma):
    positions, numbers = scattered_atoms()
    heights = numbers / 6.0
    half = math.floor(6 * sigma / 0.2) + 1
    image = projection.project(positions, heights, GRID, sigma, integrate=False)
    reference = direct_sum(positions, heights, GRID, sigma, half)
    np.testing.assert_allclose(image, reference, rtol=1e-12, atol=1e-15)


def test_what_the_windows_leave_out_is_negligible():
    """e^(−18) = 1.5e-8 of a peak at 6σ."""
    positions, numbers = scattered_atoms()
    image = projection.project(positions, np.ones(len(numbers)), GRID, 0.6, integrate=False)
    np.testing.assert_allclose(image, direct_sum(positions, np.ones(len(numbers)), GRID, 0.6), atol=5e-8)


def test_rows_descend_from_the_highest_y_and_columns_follow_x():
    """An L of three atoms: corner low left, one atom far right, one atom high up."""
    grid = ImageGrid(height=21, width=31, pixel_size=0.5)
    positions = np.array([[-5.0, -4.0, 0.0], [6.0, -4.0, 1.0], [-5.0, 3.5, -2.0]])
    image = projection.project(positions, np.array([1.0, 2.0, 3.0]), grid, 0.4, integrate=False)
    assert image[10 + 8, 15 - 10] == pytest.approx(1.0)
    assert image[10 + 8, 15 + 12] == pytest.approx(2.0)
    assert image[10 - 7, 15 - 10] == pytest.approx(3.0)
    assert image[3, 27] < 1e-12


def test_centroid_follows_the_atom_to_a_thousandth_of_a_pixel():
    position = np.array([[0.537, -0.829, 0.0]])
    image = projection.project(position, np.ones(1), ImageGrid(101, 103, 0.2), 0.6, integrate=False)
    grid = ImageGrid(101, 103, 0.2)
    x = np.sum(image * grid.x_of(np.arange(103.0))[None, :]) / np.sum(image)
    y = np.sum(image * grid.y_of(np.arange(101.0))[:, None]) / np.sum(image)
    assert (x, y) == pytest.approx((0.537, -0.829), abs=2e-6)


def test_the_beam_direction_plays_no_part():
    positions, numbers = scattered_atoms()
    turned = positions * [1, 1, -3]
    heights = np.ones(len(numbers))
    one = projection.project(positions, heights, GRID, 0.6, integrate=False)
    other = projection.project(turned, heights, GRID, 0.6, integrate=False)
    assert np.array_equal(one, other)


@given(
    margin=st.integers(0, 30),
    sigma=st.sampled_from([0.13, 0.6, 2.5]),
    height=st.integers(8, 33),
    width=st.integers(8, 33),
)
def test_a_crop_of_a_larger_field_is_the_smaller_field(margin, sigma, height, width):
    """Bit for bit, with atoms inside, at the edges and outside, and windows wider than the field."""
    positions, _ = scattered_atoms(count=12, spread=4.0, seed=height * width)
    heights = np.linspace(0.5, 2.0, 12)
    grid = ImageGrid(height, width, 0.2)
    whole = sigma < 0.14
    small = projection.project(positions, heights, grid, sigma, integrate=whole)
    large = projection.project(positions, heights, grid.padded(margin), sigma, integrate=whole)
    assert np.array_equal(large[margin : margin + height, margin : margin + width], small)


def test_a_shift_by_whole_pixels_shifts_the_image():
    """With a pixel size that is a power of two every coordinate is exact, so even the bits agree."""
    grid = ImageGrid(64, 64, 0.25)
    positions, _ = scattered_atoms(count=8, spread=2.0)
    still = projection.project(positions, np.ones(8), grid, 0.6, integrate=False)
    moved = projection.project(
        positions + np.array([0.75, -1.25, 0.0]), np.ones(8), grid, 0.6, integrate=False
    )
    assert np.array_equal(moved[5:, 3:], still[:-5, :-3])


def test_no_atom_near_the_field_gives_zeros():
    grid = ImageGrid(8, 9, 0.2)
    far = np.array([[400.0, 0.0, 0.0], [0.0, -1e300, 0.0]])
    assert not projection.project(far, np.ones(2), grid, 0.6, integrate=False).any()
    assert not projection.project(np.zeros((0, 3)), np.zeros(0), grid, 0.6, integrate=False).any()


@pytest.mark.parametrize("integrate", [False, True])
def test_portions_of_work_do_not_change_the_bits(monkeypatch, integrate):
    """Chunks of atoms, batches and bands of rows keep the order of the atoms in every pixel."""
    positions, numbers = scattered_atoms(count=40)
    heights = numbers / 6.0
    whole = projection.project(positions, heights, GRID, 0.9, integrate=integrate)
    monkeypatch.setattr(projection, "_FACTORS_AT_ONCE", 300)
    assert np.array_equal(projection.project(positions, heights, GRID, 0.9, integrate=integrate), whole)
    monkeypatch.setattr(projection, "_LARGEST_PRODUCT", 300)
    assert np.array_equal(projection.project(positions, heights, GRID, 0.9, integrate=integrate), whole)


# --- pixel integration and normalisation -----------------------------------------------------


def test_integrated_pixels_are_averages_of_the_gaussian():
    """Against adaptive quadrature of the two-dimensional formula over whole pixels."""
    grid = ImageGrid(9, 11, 1.0)
    sigma, x0, y0 = 0.45, 0.83, -1.21
    image = projection.project(np.array([[x0, y0, 0.0]]), np.array([2.5]), grid, sigma, integrate=True)
    for row, column in [(5, 6), (5, 5), (4, 6), (6, 7), (3, 4)]:
        x, y = column - 5.0, 4.0 - row
        expected, _ = integrate.dblquad(
            lambda v, u: 2.5 * math.exp(-((u - x0) ** 2 + (v - y0) ** 2) / (2 * sigma**2)),
            x - 0.5, x + 0.5, y - 0.5, y + 0.5, epsabs=1e-13,
        )  # fmt: skip
        assert image[row, column] == pytest.approx(expected, rel=1e-9, abs=1e-13)


def test_integrated_profile_is_a_difference_of_error_functions():
    """scipy.special.erf, one axis, σ/p from 0.05 to 0.7."""
    for sigma in (0.05, 0.3, 0.69):
        grid = ImageGrid(8, 41, 1.0)
        image = projection.project(np.array([[0.317, -0.5, 0.0]]), np.ones(1), grid, sigma, integrate=True)
        edges = (np.arange(42) - 20.5 - 0.317) / (sigma * math.sqrt(2))
        profile = sigma * math.sqrt(math.pi / 2) * np.diff(special.erf(edges))
        # The atom lies at the middle of row 4.
        centre = sigma * math.sqrt(math.pi / 2) * 2 * special.erf(0.5 / (sigma * math.sqrt(2)))
        np.testing.assert_allclose(image[4], profile * centre, rtol=1e-12, atol=2e-13)
        assert (image >= 0).all()


@pytest.mark.parametrize(
    ("sigma", "pixel_size"), [(0.6, 0.2), (0.6, 0.8), (0.3, 1.0), (0.1, 1.5), (0.69, 1.0)]
)
def test_area_mode_conserves_the_integral(sigma, pixel_size):
    """Σ I p² = Σ (Z/6)^α whatever σ and p: sampled (σ ≥ 0.7 p, Poisson summation) or integrated."""
    positions, numbers = scattered_atoms(spread=3.0)
    grid = ImageGrid(80, 90, pixel_size)
    image = gaussian.model_intensity(positions, numbers, grid, sigma, 1.7, "z_power", "area")
    total = np.sum((numbers / 6.0) ** 1.7)
    tolerance = 2e-4 if sigma >= 0.7 * pixel_size else 1e-7
    assert np.sum(image) * pixel_size**2 == pytest.approx(total, rel=tolerance)


def test_coarse_pixels_are_integrated_and_fine_ones_sampled():
    atom = np.zeros((1, 3))
    for pixel_size, expected in [(0.85, 1.0), (0.86, None)]:  # 0.6 / 0.7 = 0.857 Å
        grid = ImageGrid(9, 9, pixel_size)
        image = gaussian.model_intensity(atom, np.array([6]), grid, 0.6, 1.0, "z_power", "peak")
        mean = 0.6 * math.sqrt(2 * math.pi) / pixel_size * special.erf(pixel_size / 2 / 0.6 / math.sqrt(2))
        assert image[4, 4] == pytest.approx(mean**2 if expected is None else expected, rel=1e-13)


def test_peak_mode_keeps_the_height_and_area_mode_the_electrons():
    grid = ImageGrid(201, 201, 0.1)
    atom, gold = np.zeros((1, 3)), np.array([79])

    def detected(sigma, normalisation):
        return gaussian.beam_fraction(
            atom, gold, grid, sigma=sigma, alpha=1.0, mode="z_power", normalisation=normalisation,
            collected_fraction=0.0066,
        )  # fmt: skip

    for normalisation in ("peak", "area"):
        assert detected(0.6, normalisation).max() == pytest.approx(0.0066, rel=1e-12)
    assert detected(1.2, "peak").max() == pytest.approx(0.0066, rel=1e-12)
    assert detected(1.2, "area").max() == pytest.approx(0.0066 / 4, rel=1e-12)
    assert detected(1.2, "area").sum() == pytest.approx(detected(0.6, "area").sum(), rel=1e-6)
    assert detected(1.2, "peak").sum() == pytest.approx(4 * detected(0.6, "peak").sum(), rel=1e-6)


# --- the three modes of α --------------------------------------------------------------------


def test_amplitudes_of_the_three_modes():
    numbers = np.array([79, 6, 47, 79, 1])
    z_power = gaussian.amplitudes(numbers, "z_power", 1.7)
    np.testing.assert_allclose(z_power, (numbers / 6) ** 1.7, rtol=4e-16)
    assert np.array_equal(gaussian.amplitudes(numbers, "linear", 1.7), np.full(5, 1.7))
    assert np.array_equal(gaussian.amplitudes(numbers, "column_gamma", 1.7), np.ones(5))
    assert np.array_equal(gaussian.amplitudes(numbers, "z_power", 0.0), np.ones(5))
    assert gaussian.amplitudes(numbers, "z_power", 2.0, reference_number=79)[0] == 1.0


def test_z_power_is_correctly_rounded():
    """Against Decimal at 60 digits: exp(α ln(79/6))."""
    getcontext().prec = 60
    for alpha in (0.3, 1.1, 1.7, 4.9):
        exact = float((Decimal(alpha) * (Decimal(79) / Decimal(6)).ln()).exp())
        assert gaussian.amplitudes(np.array([79]), "z_power", alpha)[0] == exact


def test_alpha_raises_the_contrast_between_elements_only_in_z_power():
    grid = ImageGrid(9, 41, 0.2)
    pair = np.array([[-2.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    for mode, ratio in [("z_power", (79 / 47) ** 2.0), ("linear", 1.0), ("column_gamma", 1.0)]:
        image = gaussian.model_intensity(pair, np.array([79, 47]), grid, 0.3, 2.0, mode, "peak")
        assert image[4, 10] / image[4, 30] == pytest.approx(ratio, rel=1e-9)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 3.3])
def test_column_gamma_raises_a_column_of_n_atoms_to_the_power(alpha):
    grid = ImageGrid(9, 61, 0.2)
    positions = np.array([[-3.0, 0.0, 0.0]] * 4 + [[3.0, 0.0, 0.0]])
    image = gaussian.model_intensity(positions, np.full(5, 79), grid, 0.4, alpha, "column_gamma", "peak")
    assert image[4, 15] / image[4, 45] == pytest.approx(4.0**alpha, rel=1e-12)


@pytest.mark.parametrize("normalisation", ["peak", "area"])
def test_column_gamma_at_one_is_the_plain_sum(normalisation):
    positions, numbers = scattered_atoms()
    power = gaussian.model_intensity(positions, numbers, GRID, 0.6, 1.0, "column_gamma", normalisation)
    plain = gaussian.model_intensity(positions, numbers, GRID, 0.6, 1.0, "linear", normalisation)
    assert np.array_equal(power, plain)


def test_column_gamma_in_area_mode_does_not_depend_on_the_unit_of_length():
    """At σ = 0.6 Å both normalisations detect the same fraction, for every α."""
    positions, numbers = scattered_atoms(count=10)
    fractions = [
        gaussian.beam_fraction(
            positions, numbers, GRID, sigma=0.6, alpha=1.8, mode="column_gamma", normalisation=normalisation,
            collected_fraction=0.01,
        )
        for normalisation in ("peak", "area")
    ]  # fmt: skip
    np.testing.assert_allclose(fractions[0], fractions[1], rtol=1e-12)


def test_column_gamma_of_nothing():
    """Empty pixels stay empty for α > 0; α = 0 gives a uniform image."""
    positions = np.array([[-5.0, 0.0, 0.0]])
    dark = gaussian.model_intensity(positions, np.array([79]), GRID, 0.2, 2.0, "column_gamma", "peak")
    assert dark[20, 50] == 0.0
    assert dark[20, 2] > 0.3
    flat = gaussian.model_intensity(positions, np.array([79]), GRID, 0.2, 0.0, "column_gamma", "peak")
    assert np.array_equal(flat, np.ones(GRID.shape))


def test_small_powers_show_no_edge_of_the_window():
    """g^0.2 is a Gaussian of width σ/√0.2, right down to 1e-7, over the whole field."""
    grid = ImageGrid(61, 161, 0.2)
    atom = np.array([[-12.0, 0.3, 0.0]])
    image = gaussian.model_intensity(atom, np.array([79]), grid, 0.6, 0.2, "column_gamma", "peak")
    reference = direct_sum(atom, np.ones(1), grid, 0.6 / math.sqrt(0.2))
    np.testing.assert_allclose(image, reference, atol=2e-8, rtol=1e-10)


# --- electrons -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["z_power", "linear", "column_gamma"])
@pytest.mark.parametrize("normalisation", ["peak", "area"])
def test_one_gold_atom_detects_the_collected_fraction(mode, normalisation):
    image = gaussian.beam_fraction(
        np.zeros((1, 3)), np.array([79]), ImageGrid(9, 9, 0.1), sigma=0.6, alpha=1.0, mode=mode,
        normalisation=normalisation, collected_fraction=0.0066,
    )  # fmt: skip
    assert image.max() == image[4, 4] == pytest.approx(0.0066, rel=1e-14)


def test_all_electrons_may_be_detected_but_no_more():
    arguments = dict(sigma=0.6, alpha=1.0, mode="z_power", normalisation="peak")
    atom, pair = np.zeros((1, 3)), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 2.9]])
    grid = ImageGrid(9, 9, 0.2)
    full = gaussian.beam_fraction(atom, np.array([79]), grid, **arguments, collected_fraction=1.0)
    assert full.max() == pytest.approx(1.0, rel=1e-14)
    with pytest.raises(InputError) as caught:
        gaussian.beam_fraction(pair, np.array([79, 79]), grid, **arguments, collected_fraction=0.66)
    message = str(caught.value)
    assert message.startswith("imaging.collected_fraction = 0.66: ")
    assert "1.32" in message and "up to 0.5 for" in message and message.count("\n") == 0


@pytest.mark.parametrize("collected", [0.9, 0.31337, 0.1])
def test_the_allowed_value_that_is_named_is_accepted(collected):
    positions = np.concatenate([np.zeros((7, 3)), [[0.31, 0.2, 0.0]]])
    numbers = np.array([79, 47, 79, 79, 30, 79, 79, 79])
    arguments = dict(sigma=0.6, alpha=1.9, mode="z_power", normalisation="area")
    with pytest.raises(InputError) as caught:
        gaussian.beam_fraction(positions, numbers, GRID, **arguments, collected_fraction=collected)
    allowed = float(caught.value.allowed.removeprefix("up to ").split()[0])
    image = gaussian.beam_fraction(positions, numbers, GRID, **arguments, collected_fraction=allowed)
    assert image.max() <= 1.0
    with pytest.raises(InputError):
        gaussian.beam_fraction(positions, numbers, GRID, **arguments, collected_fraction=allowed * 1.02)


@given(
    alpha=st.one_of(st.just(0.0), st.floats(1e-6, 3.0)),
    sigma=st.sampled_from([0.1, 0.3, 0.6, 1.5]),
    mode=st.sampled_from(["z_power", "linear", "column_gamma"]),
    normalisation=st.sampled_from(["peak", "area"]),
)
def test_the_bound_holds(alpha, sigma, mode, normalisation):
    """No pixel of any image exceeds the bound; with all atoms on one pixel's centre it is met."""
    composition = {79: 3, 6: 2}
    numbers = np.array([79, 79, 79, 6, 6])
    arguments = dict(
        sigma=sigma, alpha=alpha, mode=mode, normalisation=normalisation, collected_fraction=1e-8
    )
    bound = gaussian.largest_fraction(composition, **arguments)
    grid = ImageGrid(9, 9, 0.1)
    worst = gaussian.beam_fraction(np.zeros((5, 3)), numbers, grid, **arguments).max()
    spread = gaussian.beam_fraction(np.eye(5, 3) * 0.3, numbers, grid, **arguments).max()
    assert spread <= worst <= bound <= 1.0
    assert worst == pytest.approx(bound, rel=1e-8)


def test_the_bound_never_exceeds_the_beam():
    arguments = dict(sigma=0.1, alpha=5.0, mode="z_power", normalisation="area", collected_fraction=1.0)
    assert gaussian.largest_fraction({79: 100_000}, **arguments) == 1.0


# --- cancelling ------------------------------------------------------------------------------


class CancelAfter:
    """Raises at the n-th look."""

    def __init__(self, looks):
        self.looks = looks

    def __call__(self):
        self.looks -= 1
        if self.looks < 0:
            raise Cancelled("stopped")


@pytest.mark.parametrize("sigma", [0.6, 5.0])
def test_work_is_cancelled(sigma):
    positions, numbers = scattered_atoms(count=2000)
    grid = ImageGrid(512, 512, 0.05)
    arguments = dict(sigma=sigma, alpha=0.5, mode="column_gamma", normalisation="peak")
    with pytest.raises(Cancelled):
        gaussian.model_intensity(positions, numbers, grid, **arguments, cancel=CancelAfter(4))


@pytest.mark.parametrize("kernels", ["numpy", "numba"])
@pytest.mark.parametrize(
    ("sigma", "count", "side", "least"),
    [(0.6, 6000, 512, 15), (5.0, 4, 2048, 40), (0.05, 20_000, 512, 6)],
)
def test_looks_at_cancel_are_frequent(monkeypatch, kernels, sigma, count, side, least):
    """At least every 100 ms; half a second is allowed here, for a busy machine."""
    import time

    if kernels == "numba":
        pytest.importorskip("numba")
    monkeypatch.setenv("NANOPHANTOM_KERNELS", kernels)
    positions, numbers = scattered_atoms(count=count, spread=10.0)
    gaussian.model_intensity(positions[:2], numbers[:2], GRID, sigma, 1.0, "z_power", "peak")  # compiles
    looks = [time.perf_counter()]
    gaussian.model_intensity(
        positions, numbers, ImageGrid(side, side, 0.05), sigma, 1.0, "z_power", "peak",
        cancel=lambda: looks.append(time.perf_counter()),
    )  # fmt: skip
    looks.append(time.perf_counter())
    assert np.max(np.diff(looks)) < 0.5
    assert len(looks) > least
