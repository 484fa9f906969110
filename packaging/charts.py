"""Charts of numbers against a parameter, drawn with Pillow: points with error bars, lines, bands, logarithms.

Drawn several times as large and reduced, so that lines are smooth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

#: Size of a chart's frame, and room around it for words, pixels.
WIDTH, HEIGHT = 330, 240
LEFT, RIGHT, ABOVE, BELOW = 58, 16, 34, 52
#: How much larger a chart is drawn than it is shown.
SCALE = 3
TITLE, TEXT, SMALL = 15, 12, 9
INK, FRAME, GRID = (20, 20, 20), (120, 120, 120), (228, 228, 228)
#: Colours that people with any colour vision tell apart (Okabe and Ito, 2008).
BLUE, ORANGE, GREEN, BLACK = (0, 114, 178), (213, 94, 0), (0, 158, 115), (40, 40, 40)

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """Numbers in one colour.

    Attributes
    ----------
    name
        In the legend; none without.
    x, y
        The numbers.
    errors
        Half the length of the error bars.
    form
        ``points``, ``line``, or ``band`` from ``y`` to ``upper``.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: Colour = BLUE
    errors: Sequence[float] = ()
    form: Literal["points", "line", "band"] = "points"
    upper: Sequence[float] = ()


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes
    ----------
    words
        What it is; a letter after ``_`` is set lower.
    low, high
        Its ends.
    ticks
        Where numbers stand.
    logarithmic
        Steps are factors.
    """

    words: str
    low: float
    high: float
    ticks: Sequence[float]
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Place along the axis, 0 to 1."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True)
class Chart:
    """A frame with its words; the legend lies in the corner that is named."""

    title: str
    x: Axis
    y: Axis
    series: Sequence[Series] = field(default_factory=tuple)
    legend: Literal["upper left", "upper right", "lower left", "lower right"] = "upper right"


def chart(what: Chart) -> Image.Image:
    """Draw a chart."""
    size = ((LEFT + WIDTH + RIGHT) * SCALE, (ABOVE + HEIGHT + BELOW) * SCALE)
    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    for tick in what.x.ticks:
        across = _across(what, tick)
        _line(pen, [(across, ABOVE), (across, ABOVE + HEIGHT)], GRID)
        _write(pen, (across, ABOVE + HEIGHT + 5), _number(tick), TEXT, anchor=0.5)
    for tick in what.y.ticks:
        down = _down(what, tick)
        _line(pen, [(LEFT, down), (LEFT + WIDTH, down)], GRID)
        _write(pen, (LEFT - 6, down - 0.62 * TEXT), _number(tick), TEXT, anchor=1.0)
    for series in what.series:
        _draw(pen, what, series)
    corners = [(LEFT, ABOVE), (LEFT + WIDTH, ABOVE + HEIGHT)]
    pen.rectangle([(x * SCALE, y * SCALE) for x, y in corners], outline=FRAME, width=SCALE)
    _write(pen, (LEFT, 2), what.title, TITLE)
    _write(pen, (LEFT + 0.5 * WIDTH, ABOVE + HEIGHT + 24), what.x.words, TEXT, anchor=0.5)
    _write_upwards(picture, what.y.words)
    _legend(pen, what)
    return picture.resize((size[0] // SCALE, size[1] // SCALE), Image.Resampling.LANCZOS)


def _across(what: Chart, value: float) -> float:
    return LEFT + WIDTH * what.x.share(value)


def _down(what: Chart, value: float) -> float:
    return ABOVE + HEIGHT * (1.0 - what.y.share(value))


def _number(value: float) -> str:
    return f"{value:g}"


def _line(pen: ImageDraw.ImageDraw, points: Sequence[Point], colour: Colour, width: float = 1.0) -> None:
    pen.line([(x * SCALE, y * SCALE) for x, y in points], fill=colour, width=round(width * SCALE))


def _draw(pen: ImageDraw.ImageDraw, what: Chart, series: Series) -> None:
    across = [_across(what, x) for x in series.x]
    places = [(x, _down(what, y)) for x, y in zip(across, series.y, strict=True)]
    if series.form == "line":
        _line(pen, places, series.colour, 1.3)
    elif series.form == "band":
        back = [(x, _down(what, y)) for x, y in zip(across, series.upper, strict=True)][::-1]
        pen.polygon([(x * SCALE, y * SCALE) for x, y in places + back], fill=series.colour)
    else:
        for number, (x, y) in enumerate(places):
            if series.errors:
                ends = [_down(what, series.y[number] + side * series.errors[number]) for side in (-1, 1)]
                _line(pen, [(x, ends[0]), (x, ends[1])], series.colour)
                for end in ends:
                    _line(pen, [(x - 3, end), (x + 3, end)], series.colour)
            _dot(pen, (x, y), series.colour)


def _dot(pen: ImageDraw.ImageDraw, place: Point, colour: Colour, radius: float = 3.0) -> None:
    x, y = place
    pen.ellipse(
        ((x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE, (y + radius) * SCALE), fill=colour
    )


def _legend(pen: ImageDraw.ImageDraw, what: Chart) -> None:
    named = [series for series in what.series if series.name]
    line, room = TEXT + 5, 8
    breadth = 26 + max((_breadth(series.name, TEXT) for series in named), default=0.0)
    left = LEFT + room if "left" in what.legend else LEFT + WIDTH - room - breadth
    top = ABOVE + room if "upper" in what.legend else ABOVE + HEIGHT - room - line * len(named)
    for number, series in enumerate(named):
        y = top + line * number
        middle = y + 0.5 * line
        if series.form == "points":
            _dot(pen, (left + 9, middle), series.colour)
        elif series.form == "line":
            _line(pen, [(left, middle), (left + 18, middle)], series.colour, 1.3)
        else:
            box = [(left * SCALE, (middle - 5) * SCALE), ((left + 18) * SCALE, (middle + 5) * SCALE)]
            pen.rectangle(box, fill=series.colour)
        _write(pen, (left + 26, y), series.name, TEXT)


def _parts(words: str) -> list[tuple[str, bool]]:
    """Words cut into pieces, and whether each is set lower."""
    first, *others = words.split("_")
    pieces = [(first, False)]
    for other in others:
        pieces += [(other[:1], True), (other[1:], False)]
    return pieces


def _breadth(words: str, size: int) -> float:
    return sum(
        float(ImageFont.load_default((SMALL if lower else size) * SCALE).getlength(piece)) / SCALE
        for piece, lower in _parts(words)
    )


def _write(
    pen: ImageDraw.ImageDraw, place: Point, words: str, size: int, anchor: float = 0.0, colour: Colour = INK
) -> None:
    """Words of which the share ``anchor`` lies left of the place."""
    x, y = place[0] - anchor * _breadth(words, size), place[1]
    for piece, lower in _parts(words):
        font = ImageFont.load_default((SMALL if lower else size) * SCALE)
        sunk = 0.55 * size if lower else 0.0
        pen.text((x * SCALE, (y + sunk) * SCALE), piece, fill=colour, font=font)
        x += float(font.getlength(piece)) / SCALE


def _write_upwards(picture: Image.Image, words: str) -> None:
    """Words along the vertical axis."""
    strip = Image.new("RGB", (HEIGHT * SCALE, 20 * SCALE), "white")
    _write(ImageDraw.Draw(strip), (0.5 * HEIGHT, 2), words, TEXT, anchor=0.5)
    picture.paste(strip.rotate(90, expand=True), (2 * SCALE, ABOVE * SCALE))
