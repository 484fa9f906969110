"""What the plots of the pane show, ready to be drawn.  No Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.gui.particle_statistics.numbers import Numbers
from app.gui.structure.elements import species_colour
from sim.core.types import FloatArray

#: Bars of the histogram of radii.
RADIUS_BARS = 18
#: Points of a law's curve.
CURVE_POINTS = 160
#: Colour of what is of all particles.
BOTH = (128, 128, 132)
Colour = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Series:
    """One kind of things in a plot.

    Attributes
    ----------
    name, colour
        As the legend has them.
    y
        (n,) heights of the bars or of the points.
    """

    name: str
    colour: Colour
    y: FloatArray


@dataclass(frozen=True, eq=False)
class Curve:
    """A line in a plot: points (n,), (n,)."""

    name: str
    colour: Colour
    x: FloatArray
    y: FloatArray
    dashed: bool = False


@dataclass(frozen=True, eq=False)
class Plot:
    """A plot.

    Attributes
    ----------
    x_title, y_title
        Of the axes.
    edges
        (n + 1,) where bars begin and end; (0,) without bars.
    bars
        Side by side over the same edges.
    curves
        Drawn over them.
    names
        What each bar, or each point of the curves, is called in the read-out.
    """

    x_title: str
    y_title: str
    edges: FloatArray
    bars: tuple[Series, ...] = ()
    curves: tuple[Curve, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def right(self) -> float:
        """End of the horizontal axis."""
        ends = [float(self.edges[-1])] if len(self.edges) else []
        return max([*ends, *(float(curve.x[-1]) for curve in self.curves if len(curve.x))], default=1.0)

    @property
    def left(self) -> float:
        """Begin of the horizontal axis."""
        ends = [float(self.edges[0])] if len(self.edges) else [0.0]
        return min(ends)

    @property
    def top(self) -> float:
        """The largest value."""
        heights = [float(series.y.max(initial=0.0)) for series in self.bars]
        heights += [float(curve.y.max(initial=0.0)) for curve in self.curves]
        return max([*heights, 1e-9])

    def said_at(self, index: int) -> str:
        """The values at one place in words."""
        values = [f"{series.name} {series.y[index]:.3g}" for series in self.bars]
        values += [
            f"{curve.name} {curve.y[index]:.3g}" for curve in self.curves if len(curve.x) == len(self.names)
        ]
        return " · ".join((self.names[index], *values))


def radii(numbers: Numbers) -> Plot:
    """Radii of each material beside the laws they were drawn from."""
    every = np.concatenate(numbers.radii) / 10.0
    laws = [law for law in numbers.laws if law is not None]
    high = float(every.max(initial=0.0))
    low = float(every.min(initial=high))
    for law in laws:
        high = max(high, law.median / 10.0 * float(np.exp(2.5 * law.deviation)))
        low = min(low, law.median / 10.0 * float(np.exp(-2.5 * law.deviation)))
    if high <= low:
        low, high = 0.5 * low, 1.5 * high or 1.0
    edges = np.linspace(low, high, RADIUS_BARS + 1)
    width = float(edges[1] - edges[0])
    bars, curves = [], []
    for own, name in enumerate(numbers.materials[:2]):
        values = numbers.radii[own] / 10.0
        counts = np.histogram(values, edges)[0]
        bars.append(Series(name, species_colour(own), counts / max(len(values), 1) / width))
        known = numbers.laws[own] if own < len(numbers.laws) else None
        if known is not None and known.deviation > 0.0:
            x = np.linspace(low, high, CURVE_POINTS)
            curves.append(Curve(f"{name}, law", species_colour(own), x, known.density(x * 10.0) * 10.0, True))
    names = tuple(f"r {begin:.3g} to {end:.3g} nm" for begin, end in pairwise(edges))
    return Plot("r, nm", "share per nm", edges, tuple(bars), tuple(curves), names)


def coordination(numbers: Numbers) -> Plot:
    """Shares of the particles by their contacts."""
    return _shares((("all", BOTH, numbers.several("coordination_histogram")),), "contacts of a particle")


def hetero(numbers: Numbers) -> Plot:
    """Shares of the particles of each material by their contacts with the other."""
    return _shares(
        tuple(
            (name, species_colour(own), numbers.several(f"hetero_histogram_{which}"))
            for own, (name, which) in enumerate(zip(numbers.materials[:2], ("first", "second"), strict=False))
        ),
        "hetero-contacts",
    )


def pairs(numbers: Numbers) -> Plot:
    """Pair correlation of all particles, and between the materials."""
    from sim.labels.descriptors.pair_correlation import DISTANCES

    x = np.array(DISTANCES)
    curves = []
    for name, stored, colour in (
        ("all", "pair_correlation", BOTH),
        ("first to second", "pair_correlation_hetero", species_colour(3)),
    ):
        y = np.array(numbers.several(stored))
        if len(y) == len(x):
            curves.append(Curve(name, colour, x, y))
    names = tuple(f"{distance:g} mean diameters" for distance in DISTANCES)
    return Plot("r, mean diameters", "g", np.zeros(0), (), tuple(curves), names)


#: By their titles.
PLOTS: Mapping[str, Callable[[Numbers], Plot]] = {
    "Radii": radii,
    "Coordination numbers": coordination,
    "Hetero-coordination numbers": hetero,
    "Pair correlation": pairs,
}


def _shares(given: tuple[tuple[str, Colour, tuple[float, ...]], ...], x_title: str) -> Plot:
    classes = max((len(shares) for _, _, shares in given), default=0)
    # Empty classes at the end say nothing.
    used = max(
        (place + 1 for _, _, shares in given for place, share in enumerate(shares) if share), default=1
    )
    shown = min(max(used, 4), classes)
    edges = np.arange(shown + 1, dtype=np.float64) - 0.5
    names = tuple(f"{number} or more" if number == classes - 1 else f"{number}" for number in range(shown))
    bars = tuple(Series(name, colour, np.array(shares[:shown])) for name, colour, shares in given)
    return Plot(x_title, "share", edges, bars, (), names)


def plot_csv(plot: Plot) -> str:
    """What a plot shows as comma-separated values: one line a bar or point."""
    curves = [curve for curve in plot.curves if len(curve.x) == len(plot.names)]
    if len(plot.edges):
        places = [
            f"{begin:.10g},{end:.10g}" for begin, end in zip(plot.edges[:-1], plot.edges[1:], strict=True)
        ]
        heads = ["from", "to"]
    else:
        places, heads = [f"{value:.10g}" for value in curves[0].x] if curves else [], ["x"]
    columns: list[Series | Curve] = [*plot.bars, *curves]
    rows = (
        ",".join((place, *(f"{column.y[number]:.10g}" for column in columns)))
        for number, place in enumerate(places)
    )
    return "\n".join((",".join((*heads, *(column.name for column in columns))), *rows)) + "\n"
