"""From a sample to what the screen shows: spectrum, profile, overlays, with the levels of ``levels``.

Pure functions over arrays, called in the preview's worker.  Nothing here changes a sample; everything is
in file orientation (row 0 at the highest y).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.gui.preview import arrays, colour_maps
from app.gui.preview.label_values import HETERO_COLOUR, LABEL_VALUES, LIKE_COLOUR
from app.gui.preview.levels import SortedValues, auto_levels, greys, histogram, sort_values, statistics
from app.gui.preview.results import Display, Picture, Profile, ProfileCurve, Spectrum
from app.gui.structure.elements import species_colour
from sim.core.types import FloatArray, Sample
from sim.recipe.model import Job

#: Opacity of a label image inside its outline, of 255.
FILL = 110
#: Opacity of a map of lengths: its greys must show over those of the image.
LENGTH_FILL = 200
WHITE = (255, 255, 255)
#: Small things that are drawn over the others.
ON_TOP = ("contact_map", "defect_traces")
#: Colours of overlays by name, red, green, blue; told apart with any colour vision (Okabe and Ito 2008).
LABEL_COLOURS: dict[str, tuple[int, int, int]] = {
    "particle_mask": (0, 158, 115),
    "visible_mask": (230, 159, 0),
    "columns": (86, 180, 233),
    "atoms": (213, 94, 0),
    "objects": (240, 228, 66),
    "planes": (204, 121, 167),
    "phase_mask": (0, 114, 178),
    "particles": (0, 158, 115),
    "contacts": LIKE_COLOUR,
    "hetero_contacts": HETERO_COLOUR,
    "thickness_first": species_colour(0),
    "thickness_second": species_colour(1),
}
#: For labels without a colour of their own, and for the numbers of labels that count.
OTHER_COLOURS = ((204, 121, 167), (240, 228, 66), (0, 114, 178), (86, 180, 233), (230, 159, 0), (0, 158, 115))


def prepare(sample: Sample, job: Job, display: Display) -> Picture:
    """Everything that the views need of a sample.

    Parameters
    ----------
    sample
        As rendered.
    job
        The job it was made of: pixel size and unit.
    display
        What is shown and how.
    """
    chosen = arrays.chosen(sample, job, display)
    values = chosen.values
    sorted_values = sort_values(values)
    low, high = _levels(sorted_values, chosen, display)
    pixel_size = job.image.pixel_size
    return Picture(
        values=values,
        grey=greys(sorted_values, low, high),
        low=low,
        high=high,
        overlay=overlay(sample.labels, display.labels),
        points=points(sample.tables, display.labels, pixel_size),
        unit=chosen.unit,
        histogram=histogram(sorted_values) if display.histogram else None,
        spectrum=spectrum(values, pixel_size) if display.spectrum else None,
        profile=None if display.profile is None else profile(values, display.profile, pixel_size),
        statistics=statistics(sorted_values),
        quantity=chosen.quantity,
        array=chosen.name,
        described=chosen.described,
    )


def _levels(image: SortedValues, chosen: arrays.Chosen, display: Display) -> tuple[float, float]:
    """Black and white."""
    if display.levels == "locked" and chosen.name == display.array:
        return display.low, display.high
    if chosen.unit == arrays.PHASE_UNIT and display.colour_map in colour_maps.CYCLIC:
        # −π and π are the same phase and get the same colour.
        return -math.pi, math.pi
    return auto_levels(image)


# --- spectrum --------------------------------------------------------------------------------


def spectrum(values: NDArray[Any], pixel_size: float, *, window: bool = True) -> Spectrum:
    """Logarithm of the power spectrum, as greys.

    Parameters
    ----------
    values
        (H, W) the image.
    pixel_size
        Å.
    window
        Fade the image out towards its edges (Hann), so that the edges leave no cross in the spectrum.

    Returns
    -------
    Zero frequency at row H // 2 and column W // 2; frequency in y descends with the rows, like y itself.
    """
    import scipy.fft

    height, width = values.shape
    image = values.astype(np.float32)
    image -= image.mean(dtype=np.float64)
    if window:
        image *= _hann(height)[:, np.newaxis]
        image *= _hann(width)
    half = scipy.fft.rfft2(image)
    power = np.square(half.real) + np.square(half.imag)
    # log of 0 is avoided far below anything that is seen.
    strongest = float(power.max())
    logarithm = np.log10(power + max(strongest * 1e-12, np.finfo(np.float32).tiny))
    grey = _spectrum_greys(logarithm) if strongest > 0.0 else np.zeros(power.shape, np.uint8)
    return Spectrum(_whole_plane(grey, width), 10.0 / (width * pixel_size), 10.0 / (height * pixel_size))


def _hann(length: int) -> NDArray[np.float32]:
    places = (np.arange(length) + 0.5) / length
    return np.asarray(np.sin(np.pi * places) ** 2, dtype=np.float32)


def _spectrum_greys(logarithm: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Black at the median, which is noise or nothing; white a little below the strongest."""
    image = sort_values(logarithm)
    cumulative = np.cumsum(image.counts)
    low, high = (
        image.lowest + image.step * int(np.searchsorted(cumulative, share * logarithm.size))
        for share in (0.5, 0.9998)
    )
    return greys(image, low, high if high > low else low + 1.0)


def _whole_plane(half: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """The whole spectrum of a real image from its half with frequencies ≥ 0 along x, zero in the middle."""
    height = half.shape[0]
    plane = np.empty((height, width), dtype=np.uint8)
    shifted = np.roll(half, height // 2, axis=0)
    middle = width // 2
    positive = width - middle
    plane[:, middle:] = shifted[:, :positive]
    # F(−k) = conj F(k): the row of −k_y, the column of −k_x.
    rows = (2 * (height // 2) - np.arange(height)) % height
    plane[:, :middle] = shifted[rows][:, middle:0:-1]
    return plane


# --- profile ---------------------------------------------------------------------------------


def profile(values: NDArray[Any], line: Profile, pixel_size: float) -> ProfileCurve:
    """Mean value along a line, averaged across its breadth.

    Parameters
    ----------
    values
        (H, W) the image.
    line
        Ends and breadth, pixels.
    pixel_size
        Å.

    Returns
    -------
    Samples no farther apart than a pixel, interpolated linearly between pixels; NaN where the whole breadth
    lies outside the image.
    """
    (x0, y0), (x1, y1) = line.start, line.stop
    length = math.hypot(x1 - x0, y1 - y0)
    count = max(math.ceil(length), 1) + 1
    along = np.linspace(0.0, 1.0, count)
    lines = max(round(line.width), 1)
    across = (np.arange(lines) - (lines - 1) / 2.0) * (max(line.width, 1.0) / lines)
    # Unit vector across the line; of a line without length, along x.
    normal = ((y0 - y1) / length, (x1 - x0) / length) if length > 0.0 else (1.0, 0.0)
    columns = x0 + (x1 - x0) * along[:, np.newaxis] + normal[0] * across
    rows = y0 + (y1 - y0) * along[:, np.newaxis] + normal[1] * across
    found = _interpolated(values, rows, columns)
    inside = np.isfinite(found)
    share = np.count_nonzero(inside, axis=1)
    total = np.sum(np.where(inside, found, 0.0), axis=1)
    mean = np.divide(total, share, out=np.full(count, np.nan), where=share > 0)
    breadth = max(line.width, 1.0)
    return ProfileCurve(along * length * pixel_size, mean, breadth, breadth * pixel_size)


def _interpolated(values: NDArray[Any], rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Linear interpolation between pixel centres; NaN outside the pixels' own squares."""
    height, width = values.shape
    outside = (rows < -0.5) | (rows > height - 0.5) | (columns < -0.5) | (columns > width - 0.5)
    rows, columns = np.clip(rows, 0.0, height - 1.0), np.clip(columns, 0.0, width - 1.0)
    top, left = np.floor(rows).astype(np.int64), np.floor(columns).astype(np.int64)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, over = rows - top, columns - left
    upper = values[top, left] * (1.0 - over) + values[top, right] * over
    lower = values[bottom, left] * (1.0 - over) + values[bottom, right] * over
    mixed: FloatArray = upper * (1.0 - down) + lower * down
    return np.where(outside, np.nan, mixed)


# --- overlays --------------------------------------------------------------------------------


def label_colour(name: str) -> tuple[int, int, int]:
    """Colour of an overlay, red, green, blue: the same in image and legend."""
    return LABEL_COLOURS.get(name, OTHER_COLOURS[sum(name.encode()) % len(OTHER_COLOURS)])


def overlay(labels: Mapping[str, NDArray[Any]], shown: Iterable[str]) -> NDArray[np.uint8] | None:
    """Label images as one transparent picture.

    Parameters
    ----------
    labels
        Label images (H, W) by name: masks, numbers of things (0 is nothing), or lengths.
    shown
        Names of those to show; names without an image are passed over.

    Returns
    -------
    (H, W, 4) uint8 red, green, blue, opacity (not premultiplied), areas translucent and their outlines
    opaque, lengths in grey or the label's colour, from 0 to the largest; None where nothing is shown.
    """
    chosen = sorted((name for name in shown if name in labels), key=lambda name: (name in ON_TOP, name))
    if not chosen:
        return None
    picture = np.zeros((*labels[chosen[0]].shape, 4), dtype=np.uint8)
    for name in chosen:
        image = labels[name]
        marked = image != 0
        if image.dtype.kind == "f":
            picture[marked] = _grey_of(image[marked], LABEL_COLOURS.get(name, WHITE))
            continue
        colours = _colours_of(name, int(image.max()))
        picture[marked] = np.take(colours, image[marked].astype(np.int64), axis=0, mode="wrap")
        picture[outline(image), 3] = 255
    return picture


def _grey_of(values: NDArray[Any], colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A colour, brighter the larger the value, and opacity, (n, 4)."""
    greys_of = np.full((len(values), 4), LENGTH_FILL, dtype=np.uint8)
    if len(values):
        shares = values * (1.0 / float(values.max()))
        greys_of[:, :3] = np.rint(shares[:, np.newaxis] * np.array(colour))
    return greys_of


def _colours_of(name: str, largest: int) -> NDArray[np.uint8]:
    """Colour and opacity by label number: one colour for a mask, several in turn for numbered things."""
    if name in LABEL_VALUES:
        # Number 0 is never drawn.
        own = [(0, 0, 0), *(colour for _, colour in LABEL_VALUES[name])]
        return np.array([(*colour, FILL) for colour in own], dtype=np.uint8)
    several = [label_colour(name)] if largest <= 1 else list(OTHER_COLOURS)
    table = np.full((len(several) * (1 if largest > 1 else 2), 4), FILL, dtype=np.uint8)
    table[:, :3] = np.resize(np.array(several, dtype=np.uint8), (len(table), 3))
    return table


def outline(image: NDArray[Any]) -> NDArray[np.bool_]:
    """Pixels of a label image that have another label, or none, on one of their four sides."""
    edge = np.zeros(image.shape, dtype=np.bool_)
    down = image[1:] != image[:-1]
    over = image[:, 1:] != image[:, :-1]
    edge[1:] |= down
    edge[:-1] |= down
    edge[:, 1:] |= over
    edge[:, :-1] |= over
    return np.logical_and(edge, image != 0)


def points(
    tables: Mapping[str, Mapping[str, NDArray[Any]]], shown: Iterable[str], pixel_size: float = 1.0
) -> dict[str, FloatArray]:
    """Atoms, columns, particles and contacts that lie in the image, where they appear.

    Parameters
    ----------
    tables
        Tables of a sample.
    shown
        Names of those to show; names without a table are passed over.
    pixel_size
        Å.

    Returns
    -------
    (n, 2) fractional (column, row) by name; whole numbers are pixel centres.  Of spheres (n, 3): their radii
    beside them, pixels.  Contacts of different materials have a name of their own.
    """
    found = {}
    for name in sorted(shown):
        table = tables.get(name, {})
        if "row" not in table or "column" not in table:
            continue
        parts = [table["column"], table["row"]]
        if "sphere_radius" in table:
            parts.append(table["sphere_radius"] / pixel_size)
        places = np.stack(parts, axis=1).astype(np.float64)
        inside = np.asarray(table.get("in_field", np.ones(len(places))), dtype=np.bool_)
        if "hetero" in table:
            hetero = np.asarray(table["hetero"], dtype=np.bool_)
            found[f"hetero_{name}"] = places[inside & hetero]
            inside = inside & ~hetero
        found[name] = places[inside]
    return found
