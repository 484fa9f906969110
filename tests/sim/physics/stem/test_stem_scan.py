"""Scans: by plane waves, probe by probe, against abTEM, and relations that hold exactly."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sim.core.errors import Cancelled, InputError
from sim.physics.electrons import interaction_constant, wavelength
from sim.physics.multislice.cell import Cell
from sim.physics.multislice.engine import Multislice
from sim.physics.multislice.potential import potential_exact
from sim.physics.optics.aberrations import Aberrations
from sim.physics.stem.detectors import Annular, Pixelated, Segmented, layout
from sim.physics.stem.direct import probe_signals
from sim.physics.stem.gram import PlaneWaves, gram_spectra
from sim.physics.stem.probe import ProbeOptics, beams, probe
from sim.physics.stem.scan import cost, stem_images
from sim.physics.stem.spectrum import evaluate
from sim.physics.stem.waves import SliceSeries

VOLTAGE = 200.0
WAVELENGTH = wavelength(VOLTAGE)
#: 8 × 6 Å, point [0, 0] at x = 0 and the highest y: no symmetry between the axes.
CELL = Cell(120, 160, 0.05, 0.05, 0.0, 5.95, 0.0, 2.0, 3)
SMALL = Cell(54, 72, 6 / 54, 8 / 72, -1.0, 4.0, 0.0, 2.0, 3)
NUMBERS = np.array([79, 14, 29, 47, 6])
POSITIONS = np.array(
    [[2.0, 1.5, -1.0], [3.5, 1.5, -3.0], [5.5, 3.5, -5.0], [2.6, 4.4, -4.9], [6.1, 5.0, -0.9]]
)
LENS = Aberrations({"C10": (-40.0, 0.0), "C12": (30.0, np.rad2deg(0.4)), "C21": (900.0, np.rad2deg(1.1))})
OPTICS = ProbeOptics(VOLTAGE, 20.0, LENS)
RINGS = [Annular("dark", 35.0, 70.0), Annular("bright", 0.0, 10.0), Annular("all", 0.0, 74.0)]
SECTORS = Segmented("sectors", 5.0, 18.0, 4)
X, Y = np.array([1.6, 2.4, 3.7, 5.5]), np.array([5.1, 4.3, 3.4, 1.2])


def scan(x=X, y=Y, cell=SMALL, optics=OPTICS, detectors=(*RINGS, SECTORS), **options):
    """The five atoms at rest unless told otherwise."""
    options.setdefault("rms", None)
    return stem_images(POSITIONS, NUMBERS, options.pop("rms"), cell, optics, detectors, x, y, **options)


def smooth_slices(count=3, cell=SMALL, seed=2):
    """Slices without atoms behind them: smooth random phases, so that nothing is lost at the band limit."""
    generator = np.random.default_rng(seed)
    k = np.sqrt(cell.k2)
    slices = []
    for _ in range(count):
        noise = np.fft.ifft2(np.fft.fft2(generator.normal(size=cell.shape)) * (k < 0.6)).real
        slices.append(np.exp(1.0j * 0.5 * noise / noise.std()).astype(np.complex64))
    return SliceSeries(cell, VOLTAGE, slices)


def places(x, y, cell=SMALL):
    """Fractional rows and columns of all points of a scan."""
    rows, columns = np.meshgrid(cell.rows_of(y), cell.columns_of(x), indexing="ij")
    return rows.ravel(), columns.ravel()


# --- two ways, one result ----------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"tilt": (20.0, -9.0)}, {"planes": (1, 3)}])
def test_plane_waves_give_what_probes_give(options):
    detectors = (*RINGS, SECTORS, Pixelated("camera", 30.0))
    ours = scan(method="gram", detectors=detectors, **options)
    probes = scan(method="direct", detectors=detectors, **options)
    assert ours.keys() == probes.keys()
    for name, image in ours.items():
        assert image.shape == probes[name].shape
        # Single pixels of a camera hold single-precision numbers that nothing is averaged over.
        tolerance = 3e-6 if name == "camera" else 1e-6
        np.testing.assert_allclose(image, probes[name], rtol=0, atol=tolerance * probes[name].max())


@pytest.mark.parametrize("empty", [(), (0,), (0, 1), (1,), (2,), (0, 1, 2)])
def test_empty_slices_before_between_and_behind(empty):
    """Plane waves skip transforms there; probes of the engine, one slice after another, do not."""
    full = smooth_slices()
    slices = SliceSeries(
        SMALL, VOLTAGE, [None if n in empty else each for n, each in enumerate(full.transmissions)]
    )
    detectors, waves = layout([*RINGS, SECTORS], SMALL, VOLTAGE), beams(SMALL, OPTICS)
    expected, _ = probe_signals(slices, waves, places(X, Y), detectors, (1, 2, 3))
    spectra, _ = gram_spectra(
        PlaneWaves(slices, waves, (1, 2, 3)), detectors.groups, detectors.signals, 10**9
    )
    ours = evaluate(spectra, SMALL, X, Y).reshape(3, detectors.signals, -1)
    np.testing.assert_allclose(ours, np.moveaxis(expected, -1, 1), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("tilt", "atoms"), [((0.0, 0.0), [0, 1, 2, 3, 4]), ((25.0, -10.0), [0, 2, 3]), ((0.0, 0.0), [2, 3])]
)
def test_probe_through_the_engine_gives_the_same_signals(tilt, atoms):
    """The independent loop: the engine's exit wave of one incident probe, its detector by plain numpy.

    Of the fewer atoms the middle slice, or the first two, are empty.
    """
    positions, numbers = POSITIONS[atoms], NUMBERS[atoms]
    engine = Multislice(SMALL, VOLTAGE, numbers, accuracy="haadf", tilt=tilt)
    x, y = np.array([2.9]), np.array([3.8])
    incident = probe(SMALL, OPTICS, x, y)[0]
    exit_wave = engine.exit_wave(positions, numbers, incident=incident)[0]
    power = np.abs(np.fft.fft2(exit_wave, norm="ortho")) ** 2
    angle = 1e3 * WAVELENGTH * np.sqrt(SMALL.k2)
    ours = stem_images(positions, numbers, None, SMALL, OPTICS, RINGS, x, y, method="direct", tilt=tilt)
    for ring in RINGS[:2]:
        expected = power[(angle >= ring.inner) & (angle < ring.outer)].sum()
        np.testing.assert_allclose(ours[ring.name][0, 0], expected, rtol=3e-5)


def test_little_memory_and_more_threads_change_nothing_that_matters():
    """Blocks of beams are sent again; threads leave every bit."""
    whole = scan(method="gram")
    threads = scan(method="gram", workers=2)
    blocks = scan(method="gram", memory=200_000)
    for name, image in whole.items():
        np.testing.assert_array_equal(image, threads[name])
        np.testing.assert_allclose(image, blocks[name], rtol=0, atol=2e-7 * image.max())
    again = scan(method="direct", workers=2)
    for name, image in scan(method="direct").items():
        np.testing.assert_array_equal(image, again[name])


def test_a_scan_finer_than_nyquist_is_interpolated_exactly():
    """More points than the image has frequencies: the same at points that a coarse scan also has."""
    x, y = np.linspace(-0.9, 6.0, 40), np.linspace(3.9, -0.7, 35)
    coarse = scan(x=x[::13], y=y[::11], method="direct", detectors=(RINGS[0], Pixelated("camera", 25.0)))
    fine = scan(x=x, y=y, method="direct", detectors=(RINGS[0], Pixelated("camera", 25.0)))
    for name, image in coarse.items():
        np.testing.assert_allclose(fine[name][::11, ::13], image, rtol=0, atol=1e-6 * image.max())


def test_the_cheaper_way_is_taken():
    """Few probes: one by one.  A whole image: plane waves, unless they would be sent again too often."""
    waves, detectors = beams(CELL, OPTICS), layout([Annular("dark", 60.0, 150.0)], CELL, VOLTAGE)
    assert cost(CELL, waves, detectors, 4).cheaper == "direct"
    assert cost(CELL, waves, detectors, 5000).cheaper == "gram"
    assert cost(CELL, waves, detectors, 5000, memory=50_000).cheaper == "direct"


# --- against abTEM -----------------------------------------------------------------------------


def reference():
    """Signals by abTEM: (probes, ring, disc, four sectors)."""
    return np.loadtxt(Path(__file__).with_name("abtem_stem.csv"), delimiter=",")


def test_signals_of_probes_match_abtem_on_its_potential():
    """The same, exact potential on the same points: discs to 1e-4, the ring to 1.5 %.

    abTEM corrects its potential for a linear interpolation, of which nothing is left for atoms on points, and
    it rounds the edges of its rings in its own way, which is what remains at high angles.
    """
    slices = []
    for number in range(3):
        here = np.floor(-POSITIONS[:, 2] / 2.0) == number
        potential = potential_exact(CELL, POSITIONS[here], NUMBERS[here])
        slices.append(np.exp(1j * interaction_constant(VOLTAGE) * potential).astype(np.complex64))
    detectors = layout([Annular("dark", 60.0, 150.0), Annular("bright", 0.0, 10.0), SECTORS], CELL, VOLTAGE)
    series = SliceSeries(CELL, VOLTAGE, slices)
    ours, _ = probe_signals(series, beams(CELL, OPTICS), places(X, Y, CELL), detectors, (3,))
    np.testing.assert_allclose(ours[0, :, 0], reference()[:, 0], rtol=1.5e-2)
    np.testing.assert_allclose(ours[0, :, 1], reference()[:, 1], rtol=2e-4)


def test_images_match_abtem_within_what_the_band_limit_of_the_potential_does():
    """Potentials limited to the waves' band, so that an atom's place in its pixel plays no part.

    Near gold the ring then collects up to 20 % more than from abTEM's unlimited potential at this sampling (a
    finer one brings them together); discs differ by 3e-3 of themselves, sectors too, and so the sectors'
    order and the azimuths of the aberrations are abTEM's.
    """
    ours = scan(
        cell=CELL,
        detectors=(Annular("dark", 60.0, 150.0), Annular("bright", 0.0, 10.0), SECTORS),
    )
    table = reference()
    np.testing.assert_allclose(ours["dark"].ravel(), table[:, 0], rtol=0.21)
    assert np.corrcoef(ours["dark"].ravel(), table[:, 0])[0, 1] > 0.99
    np.testing.assert_allclose(ours["bright"].ravel(), table[:, 1], rtol=4e-3)
    np.testing.assert_allclose(ours["sectors"].reshape(-1, 4), table[:, 2:], rtol=4e-3)


# --- relations that hold exactly ---------------------------------------------------------------


def test_no_electron_is_lost_or_counted_twice():
    """Disjoint rings up to the band limit: 1 in all, of an object that scatters nothing beyond it."""
    limit = CELL.largest_angle(WAVELENGTH) * (1 - 1e-9)
    edges = [0.0, 7.0, 20.0, 66.0, limit]
    detectors = layout([Annular(f"{a}", a, b) for a, b in pairwise(edges)], CELL, VOLTAGE)
    signals, _ = probe_signals(
        smooth_slices(cell=CELL), beams(CELL, OPTICS), places(X, Y, CELL), detectors, (1, 3)
    )
    assert signals.min() >= 0.0
    np.testing.assert_allclose(signals.sum(axis=-1), 1.0, rtol=0, atol=2e-6)


def test_bright_field_on_the_axis_is_a_plane_wave_image_of_the_turned_specimen():
    """Reciprocity, exactly: slices in reverse order, no flight behind the last, the lens at −k.

    The image of a plane wave is computed here, in double precision.
    """
    series = smooth_slices()
    optics = ProbeOptics(VOLTAGE, 20.0, LENS)
    waves = beams(SMALL, optics)
    detectors = layout([Annular("axis", 0.0, 0.5)], SMALL, VOLTAGE)
    signals, _ = probe_signals(series, waves, places(X, Y), detectors, (3,))

    flight = np.exp(-1j * np.pi * WAVELENGTH * SMALL.slice_thickness * SMALL.k2) * SMALL.band()
    wave = np.ones(SMALL.shape, dtype=np.complex128)
    for number, transmission in enumerate(reversed(series.transmissions)):
        if number:
            wave = np.fft.ifft2(np.fft.fft2(wave) * flight)
        wave = wave * transmission
    transfer = np.zeros(SMALL.shape, dtype=np.complex128)
    transfer[-waves.row_numbers, -waves.column_numbers] = waves.amplitudes
    image = np.fft.fft2(wave, norm="forward") * transfer
    rows, columns = places(X, Y)
    ramp = np.exp(
        2j
        * np.pi
        * (
            rows[:, None, None] * np.fft.fftfreq(SMALL.rows)[:, None]
            + columns[:, None, None] * np.fft.fftfreq(SMALL.columns)
        )
    )
    expected = np.abs((image * ramp).sum(axis=(1, 2))) ** 2
    np.testing.assert_allclose(signals[0, :, 0], expected, rtol=2e-5)


@pytest.mark.parametrize("method", ["gram", "direct"])
def test_the_source_is_a_gaussian_of_the_given_width(method):
    """Against a Gaussian of that full width at half maximum, summed point by point around one probe."""
    width = 0.7
    x, y = np.array([2.2]), np.array([1.7])
    blurred = scan(
        x=x,
        y=y,
        method=method,
        detectors=RINGS[:1],
        optics=ProbeOptics(VOLTAGE, 20.0, LENS, source_size=width),
    )
    sigma = width / math.sqrt(8.0 * math.log(2.0))
    step = np.linspace(-4 * sigma, 4 * sigma, 33)
    sharp = scan(x=x[0] + step, y=y[0] - step, method="gram", detectors=RINGS[:1])["dark"]
    weights = np.exp(-0.5 * np.add.outer(step**2, step**2) / sigma**2)
    expected = float((sharp * weights).sum() / weights.sum())
    assert abs(expected / float(scan(x=x, y=y, detectors=RINGS[:1])["dark"][0, 0]) - 1) > 0.01
    np.testing.assert_allclose(blurred["dark"][0, 0], expected, rtol=1e-3)


def test_a_source_of_finite_size_acts_on_cameras_too():
    """Pixels within a ring add up to the ring's signal, by either method."""
    optics = ProbeOptics(VOLTAGE, 20.0, LENS, source_size=0.8)
    detectors = (Annular("ring", 12.0, 25.0), Pixelated("camera", 30.0))
    pictures = []
    for method in ("gram", "direct"):
        found = scan(method=method, optics=optics, detectors=detectors)
        y, x = detectors[1].angles(SMALL, VOLTAGE)
        angle = np.hypot(y[:, None], x)
        total = found["camera"][..., (angle >= 12.0) & (angle < 25.0)].sum(axis=-1)
        np.testing.assert_allclose(total, found["ring"], rtol=2e-5)
        pictures.append(found["camera"])
    np.testing.assert_allclose(*pictures, rtol=0, atol=1e-6 * pictures[0].max())


def test_exit_planes_are_thinner_specimens():
    """What leaves after two slices is the image of a cell of two slices."""
    thin = Cell(
        *[getattr(SMALL, n) for n in ("rows", "columns", "row_step", "column_step", "left", "top")],
        0.0,
        2.0,
        2,
    )
    series = scan(planes=(2, 3), method="gram")
    few = POSITIONS[:, 2] > -4.0
    alone = stem_images(
        POSITIONS[few], NUMBERS[few], None, thin, OPTICS, [*RINGS, SECTORS], X, Y, method="gram"
    )
    for name, image in alone.items():
        assert series[name].shape == (2, *image.shape)
        np.testing.assert_allclose(series[name][0], image, rtol=1e-4, atol=1e-7)


def test_frozen_phonons_are_averaged_over_configurations():
    """The mean of single ones; the first of two is the only one of one."""
    rms = np.full(5, 0.1)
    one = scan(rms=rms, configurations=1, seed=4)["dark"]
    two = scan(rms=rms, configurations=2, seed=4)["dark"]
    other = scan(rms=rms, configurations=1, seed=5)["dark"]
    still = scan()["dark"]
    assert np.abs(one / still - 1).max() > 1e-3 and np.abs(other / one - 1).max() > 1e-3
    four = scan(rms=rms, configurations=4, seed=4, method="direct")["dark"]
    np.testing.assert_allclose(
        four, scan(rms=rms, configurations=4, seed=4, method="gram")["dark"], rtol=1e-5
    )
    assert np.abs(two / one - 1).max() > 1e-3
    np.testing.assert_array_equal(scan(rms=np.zeros(5), configurations=3)["dark"], still)


def test_rows_of_a_scan_descend_in_y():
    """One heavy atom off the middle, a light one elsewhere: the brightest point is where the atom is."""
    x, y = -1.0 + 8.0 * np.arange(40) / 40, 4.05 - 6.0 * np.arange(30) / 30
    image = stem_images(
        np.array([[4.6, 2.85, -1.0], [0.6, -0.75, -1.0]]), np.array([79, 14]), None, SMALL,
        ProbeOptics(VOLTAGE, 20.0), RINGS[:1], x, y,
    )["dark"]  # fmt: skip
    row, column = np.unravel_index(np.argmax(image), image.shape)
    assert (x[column], y[row]) == (pytest.approx(4.6), pytest.approx(2.85))
    assert image[24, 8] > 5 * np.median(image)


# --- refused -----------------------------------------------------------------------------------


def test_a_scan_can_be_stopped_and_tells_how_far_it_is():
    shares = []
    scan(method="direct", progress=shares.append)
    assert shares[-1] == 1.0 and shares == sorted(shares)

    def stop():
        raise Cancelled

    for options in (
        {}, {"memory": 40_000}, {"detectors": [*RINGS, Pixelated("camera", 30.0)]},
        {"workers": 2, "planes": (1, 3)},
    ):  # fmt: skip
        shares = []
        scan(method="gram", progress=shares.append, **options)
        assert shares[-1] == pytest.approx(1.0) and shares == sorted(shares) and shares[0] > 0.0
        # No long silence: every few beams, every strip of the product.
        assert max(np.diff([0.0, *shares])) < 0.15
    for method in ("gram", "direct"):
        with pytest.raises(Cancelled):
            scan(method=method, cancel=stop)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"configurations": 0}, "at least one is needed"),
        ({"planes": (3, 2)}, "ascending order"),
        ({"planes": (4,)}, "allowed: 1 to 3"),
        ({"x": np.zeros((2, 2))}, "one x for every column"),
        ({"method": "gram", "memory": 1000, "detectors": [Pixelated("camera", 30.0)]}, "more memory"),
        ({"detectors": []}, "at least one detector"),
    ],
)
def test_what_cannot_be_is_refused(options, sentence):
    with pytest.raises(InputError, match=sentence):
        scan(**options)
