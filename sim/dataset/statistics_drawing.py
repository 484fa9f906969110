"""Plots of a dataset's columns as one picture: histograms, profiles of lists, scatter against settings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sim.core.errors import InputError
from sim.dataset.column_statistics import SHORT, Columns, Values, shown
from sim.dataset.sheet_drawing import LABEL_SIZE, MARGIN, PAPER, TEXT_SIZE, text_width, write

#: Size of a plot's frame, and room around it for words.
WIDTH, HEIGHT = 260, 150
LEFT, RIGHT, ABOVE, BELOW = 58, 14, 24, 38
#: Plots side by side where every column has one.
ACROSS = 4
#: Columns, settings and groups that one picture shows at most.
MOST_ROWS, MOST_SETTINGS, MOST_COLOURS = 48, 6, 8
BINS = 30

FRAME = (150, 150, 150)
#: Colours that people with any colour vision tell apart (Okabe and Ito, 2008).
COLOURS = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167),
           (230, 159, 0), (86, 180, 233), (0, 0, 0), (150, 130, 0))  # fmt: skip

Masks = Mapping[str, NDArray[np.bool_]]
#: Low and high end of an axis.
Range = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """Something drawn in one colour.

    Attributes
    ----------
    x, y
        (n,) each.
    form
        ``dots``, ``line``, ``band`` (y is (2, n): from, to), ``bars`` or ``steps`` (x is the n + 1 edges).
    """

    x: Values
    y: Values
    form: str
    colour: tuple[int, int, int]


@dataclass(frozen=True)
class Plot:
    """One frame with its words."""

    title: str
    x_words: str
    curves: Sequence[Curve]
    x_range: Range
    y_range: Range


def plot_columns(columns: Columns, names: Sequence[str] = (), by: str = "") -> Image.Image:
    """Draw columns of a dataset.

    Parameters
    ----------
    names
        Columns and lists; empty for all that are not the same in every image.
    by
        Groups in different colours, as of :meth:`sim.dataset.column_statistics.Columns.groups`.

    Returns
    -------
    A row for each column: its histogram (of a long list: mean and quartiles of its numbers), then the
    column against every varied setting that is a number.

    Raises
    ------
    InputError
        For an unknown column, or more groups than there are colours.
    """
    groups = columns.groups(by)
    if len(groups) > MOST_COLOURS:
        raise InputError(
            "--by", f"makes {len(groups)} groups", value=by, allowed=f"up to {MOST_COLOURS} in a picture",
            remedy="choose another column",
        )  # fmt: skip
    wanted = _wanted(columns, names)
    shown_items, settings = wanted[:MOST_ROWS], columns.varied[:MOST_SETTINGS]
    rows = []
    for name in shown_items:
        if name in columns.lists:
            rows.append([_profile(columns, name, groups)])
        else:
            others = [setting for setting in settings if setting != name]
            rows.append(
                [_histogram(columns, name, groups), *(_scatter(columns, name, to, groups) for to in others)]
            )
    if not settings:
        flat = [plot for row in rows for plot in row]
        rows = [flat[start : start + ACROSS] for start in range(0, len(flat), ACROSS)]
    captions = []
    if len(wanted) > MOST_ROWS:
        captions.append(f"{len(wanted) - MOST_ROWS} more columns are not shown; name columns with --only")
    if len(columns.varied) > MOST_SETTINGS:
        captions.append(f"shown against the first {MOST_SETTINGS} of {len(columns.varied)} varied settings")
    return _picture(columns.title, list(groups) if by else [], rows, captions)


def _wanted(columns: Columns, names: Sequence[str]) -> list[str]:
    """Lists stay whole where they are long."""
    long = {name for name, parts in columns.lists.items() if len(parts) > SHORT}
    if not names:
        # Settings are the horizontal axes; their own distributions are the recipe's.
        measured = [name for name in columns.chosen(()) if name not in columns.varied]
        varying = [name for name in measured if _varies(columns.values[name])]
        return [*(varying or measured), *sorted(long)]
    wanted: list[str] = []
    for name in names:
        wanted += [name] if name in long else columns.chosen([name])
    return list(dict.fromkeys(wanted))


def _varies(values: Values) -> bool:
    numbers = values[np.isfinite(values)]
    return bool(numbers.size) and bool(numbers.min() < numbers.max())


# --- what the plots show -------------------------------------------------------------------------


def _histogram(columns: Columns, name: str, groups: Masks) -> Plot:
    values = columns.values[name]
    edges = _edges(values[np.isfinite(values)])
    curves = []
    highest = 1.0
    for (_, mask), colour in zip(groups.items(), COLOURS, strict=False):
        chosen = values[mask]
        counts = np.histogram(chosen[np.isfinite(chosen)], edges)[0].astype(np.float64)
        highest = max(highest, float(counts.max()))
        form = "bars" if len(groups) == 1 else "steps"
        curves.append(Curve(edges, counts, form, colour))
    return Plot(name, columns.units[name], curves, (float(edges[0]), float(edges[-1])), (0.0, highest))


def _edges(numbers: Values) -> Values:
    """Edges of the bars: one bar a value for few whole numbers."""
    if not numbers.size:
        return np.array([0.0, 1.0])
    low, high = float(numbers.min()), float(numbers.max())
    if high - low <= BINS and max(-low, high) < 1e9 and bool(np.all(numbers == np.floor(numbers))):
        return np.arange(low, high + 2.0) - 0.5
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        room = 0.5 * abs(low) or 0.5
        return np.linspace(low - room, low + room, BINS + 2)
    return np.linspace(low, high, BINS + 1)


def _profile(columns: Columns, name: str, groups: Masks) -> Plot:
    values = np.stack([columns.values[part] for part in columns.lists[name]])
    place = np.arange(len(values), dtype=np.float64)
    curves = []
    for (_, mask), colour in zip(groups.items(), COLOURS, strict=False):
        chosen = values[:, mask]
        quartiles = np.nanquantile(chosen, (0.25, 0.75), axis=1)
        curves.append(Curve(place, quartiles, "band", colour))
        curves.append(Curve(place, np.nanmean(chosen, axis=1), "line", colour))
    drawn = [curve.y for curve in curves]
    return Plot(
        name,
        "number in the list; mean and quartiles",
        curves,
        _range_of([place]),
        _range_of([np.zeros(1), *drawn]),
    )


def _scatter(columns: Columns, name: str, setting: str, groups: Masks) -> Plot:
    x, y = columns.values[setting], columns.values[name]
    curves = [
        Curve(x[mask], y[mask], "dots", colour)
        for (_, mask), colour in zip(groups.items(), COLOURS, strict=False)
    ]
    unit = columns.units[setting]
    return Plot(name, f"{setting}, {unit}" if unit else setting, curves, _range_of([x]), _range_of([y]))


def _range_of(arrays: Sequence[Values]) -> Range:
    """Ends of an axis that shows every finite number, with a little room around a single one."""
    numbers = np.concatenate([array.ravel() for array in arrays])
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return 0.0, 1.0
    low, high = float(numbers.min()), float(numbers.max())
    if high > low:
        return low, high
    room = 0.5 * abs(low) or 0.5
    return low - room, low + room


# --- the picture ---------------------------------------------------------------------------------


def _picture(
    title: str, groups: Sequence[str], rows: Sequence[Sequence[Plot]], captions: Sequence[str]
) -> Image.Image:
    font, small = ImageFont.load_default(TEXT_SIZE), ImageFont.load_default(LABEL_SIZE)
    line = TEXT_SIZE + 6
    step_x, step_y = LEFT + WIDTH + RIGHT, ABOVE + HEIGHT + BELOW
    words = [title, *captions]
    legend = sum(24 + text_width(_plain(group), small) for group in groups)
    width = 2 * MARGIN + max(
        max((len(row) for row in rows), default=1) * step_x,
        legend,
        *(text_width(_plain(text), font) for text in words),
    )
    top = MARGIN + line + (line if groups else 0)
    height = top + len(rows) * step_y + line * len(captions) + MARGIN
    canvas = np.full((height, math.ceil(width), 3), PAPER, dtype=np.uint8)
    corners = [
        (plot, MARGIN + column * step_x + LEFT, top + row * step_y + ABOVE)
        for row, plots in enumerate(rows)
        for column, plot in enumerate(plots)
    ]
    for plot, x, y in corners:
        _draw_dots(canvas[y : y + HEIGHT, x : x + WIDTH], plot)
    picture = Image.fromarray(canvas)
    pen = ImageDraw.Draw(picture)
    write(pen, (MARGIN, MARGIN), _plain(title), font)
    place = float(MARGIN)
    for group, colour in zip(groups, COLOURS, strict=False):
        pen.rectangle((place, MARGIN + line + 4, place + 10, MARGIN + line + 14), fill=colour)
        write(pen, (place + 15, MARGIN + line), _plain(group), small)
        place += 24 + text_width(_plain(group), small)
    for plot, x, y in corners:
        _draw_frame(pen, plot, x, y, small)
    for number, caption in enumerate(captions):
        write(pen, (MARGIN, top + len(rows) * step_y + number * line), _plain(caption), font)
    return picture


def _plain(text: str) -> str:
    """Text in the letters that Pillow's own font has."""
    for letter, plain in (("²", "^2"), ("³", "^3"), ("µ", "u"), ("−", "-"), ("⁻¹", "^-1")):
        text = text.replace(letter, plain)
    return text


def _pixels(values: Values, ends: Range, size: int) -> Values:
    low, high = ends
    return (values - low) / (high - low) * (size - 1)


def _draw_dots(frame: NDArray[np.uint8], plot: Plot) -> None:
    """Dots straight into the pixels: there may be a million of them.

    The groups' dots are laid down in turn, so that the last group does not hide the others.
    """
    dots = [curve for curve in plot.curves if curve.form == "dots"]
    if not dots:
        return
    turn = np.concatenate([(np.arange(len(curve.x)) + 0.5) / max(1, len(curve.x)) for curve in dots])
    order = np.argsort(turn, kind="stable")
    x = np.concatenate([curve.x for curve in dots])[order]
    y = np.concatenate([curve.y for curve in dots])[order]
    colours = np.repeat(np.array([curve.colour for curve in dots]), [len(curve.x) for curve in dots], axis=0)
    known = np.isfinite(x) & np.isfinite(y)
    across = np.rint(_pixels(x[known], plot.x_range, WIDTH)).astype(np.int64)
    down = HEIGHT - 1 - np.rint(_pixels(y[known], plot.y_range, HEIGHT)).astype(np.int64)
    size = 3 if len(across) <= 1000 else 2 if len(across) <= 5000 else 1
    for step in np.ndindex(size, size):
        rows = np.clip(down + step[0] - size // 2, 0, HEIGHT - 1)
        frame[rows, np.clip(across + step[1] - size // 2, 0, WIDTH - 1)] = colours[order][known]


def _draw_frame(pen: ImageDraw.ImageDraw, plot: Plot, x: int, y: int, font: Any) -> None:
    for curve in plot.curves:
        if curve.form != "dots":
            _draw_curve(pen, plot, curve, x, y)
    pen.rectangle((x - 1, y - 1, x + WIDTH, y + HEIGHT), outline=FRAME)
    write(pen, (x, y - LABEL_SIZE - 6), _cut(plot.title, font, WIDTH), font)
    for value, place in zip(plot.y_range, (y + HEIGHT - LABEL_SIZE, y - 3), strict=True):
        text = shown(value)
        write(pen, (x - 5 - text_width(text, font), place), text, font)
    low, high = (shown(value) for value in plot.x_range)
    write(pen, (x, y + HEIGHT + 3), low, font)
    write(pen, (x + WIDTH - text_width(high, font), y + HEIGHT + 3), high, font)
    words = _cut(plot.x_words, font, WIDTH)
    write(pen, (x + (WIDTH - text_width(words, font)) / 2, y + HEIGHT + LABEL_SIZE + 4), words, font)


def _cut(text: str, font: Any, width: float) -> str:
    text = _plain(text)
    while text_width(text, font) > width and len(text) > 4:
        text = f"{text.removesuffix('...')[:-1]}..."
    return text


def _draw_curve(pen: ImageDraw.ImageDraw, plot: Plot, curve: Curve, x: int, y: int) -> None:
    across = x + _pixels(curve.x, plot.x_range, WIDTH)
    down = y + HEIGHT - 1 - _pixels(curve.y, plot.y_range, HEIGHT)
    bottom = float(y + HEIGHT - 1)
    if curve.form == "bars":
        for left, right, upper in zip(across[:-1], across[1:], down, strict=True):
            if upper < bottom:
                pen.rectangle((left, upper, max(left, right - 1), bottom), fill=curve.colour)
    elif curve.form == "steps":
        points = [(float(across[0]), bottom)]
        for left, right, upper in zip(across[:-1], across[1:], down, strict=True):
            points += [(float(left), float(upper)), (float(right), float(upper))]
        pen.line([*points, (float(across[-1]), bottom)], fill=curve.colour, width=2)
    elif curve.form == "band":
        known = np.isfinite(down).all(axis=0)
        pale = tuple((channel + 3 * 255) // 4 for channel in curve.colour)
        there = list(zip(across[known], down[0][known], strict=True))
        back = list(zip(across[known], down[1][known], strict=True))[::-1]
        if len(there) > 1:
            pen.polygon([(float(a), float(b)) for a, b in there + back], fill=pale)
    else:
        known = np.isfinite(down)
        points = [(float(a), float(b)) for a, b in zip(across[known], down[known], strict=True)]
        pen.line(points, fill=curve.colour, width=2)
