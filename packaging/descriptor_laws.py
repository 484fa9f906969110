"""Descriptors of many aggregates against the parameters of their model: tables, and charts of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from charts import BLACK, BLUE, GREEN, ORANGE, Axis, Chart, Series, chart
from PIL import Image

from sim.core.types import Particles
from sim.labels.descriptors.aggregate import aggregate_descriptors
from sim.labels.descriptors.pair_correlation import DISTANCES
from sim.specimen.aggregate.build import build_aggregate
from sim.specimen.aggregate.settings import AggregateSpecimen

#: Aggregates behind every point of the statistics.
SAMPLES = 30
CLUSTER_SIZES = (1.0, 2.0, 4.0, 8.0, 16.0)
#: Sizes whose pair correlations are compared.
NEIGHBOURS = (1.0, 4.0, 16.0)
#: Share of the first material in the uneven mixture.
UNEVEN = 0.25
MIXINGS = tuple(tenths / 10.0 for tenths in range(1, 10))
DIMENSIONS = tuple(tenths / 10.0 for tenths in range(15, 29))
COORDINATIONS = (2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0)
#: Numbers of particles, and how many aggregates of each.
NUMBERS = ((10, 30), (20, 30), (50, 20), (100, 10), (200, 6), (500, 3), (1000, 2))
#: Particles of the aggregates where their number is not varied.
PARTICLES = 120
PREFACTOR = 1.3
#: More than the aggregates of any point.
SEEDS = 1000
PALE = (214, 232, 222)
#: Charts side by side.
COLUMNS = 3


@dataclass(frozen=True)
class Table:
    """Means over aggregates.

    Attributes
    ----------
    title
        What is measured.
    names
        Of the columns; the first is the parameter.
    rows
        A number for every column.
    """

    title: str
    names: Sequence[str]
    rows: Sequence[Sequence[float]]

    def column(self, name: str) -> list[float]:
        """One column."""
        place = list(self.names).index(name)
        return [row[place] for row in self.rows]

    def text(self) -> str:
        """As lines of words."""
        breadths = [max(12, len(name) + 2) for name in self.names]
        lines = [self.title, "".join(f"{name:>{b}}" for name, b in zip(self.names, breadths, strict=True))]
        for row in self.rows:
            lines.append("".join(f"{value:>{b}.5g}" for value, b in zip(row, breadths, strict=True)))
        return "\n".join(lines)


def aggregates(
    point: int, count: int, cluster_size: float = 1.0, **settings: Any
) -> Iterable[tuple[Particles, dict[str, Any]]]:
    """Particles and descriptors of aggregates of one model; no two points have seeds in common."""
    species = {
        name: {"material": material, "cluster_size": cluster_size}
        for name, material in (("first", "TiO2"), ("second", "WO3"))
    }
    tree = {"number": PARTICLES, "prefactor": PREFACTOR, **species, **settings}
    model = AggregateSpecimen.model_validate(tree)
    for number in range(count):
        made = build_aggregate(model.parameters(), SEEDS * point + number)
        yield made, dict(aggregate_descriptors(made, prefactor=PREFACTOR))


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean and its standard error."""
    numbers = np.array(values)
    return float(numbers.mean()), float(numbers.std(ddof=1) / math.sqrt(len(numbers)))


def segregation() -> Table:
    """Hetero-coordination number against the size of pure clusters, of an even and an uneven mixture.

    Clusters that merge in pairs form a tree; N/n clusters have x(1 − x)·2N/n contacts of unlike ones on
    average, so that a particle of the first material has 2(1 − x)/n of them and one of the second 2x/n.
    """
    rows = []
    for point, size in enumerate(CLUSTER_SIZES):
        row = [size]
        for share, species in ((0.5, ("mean",)), (UNEVEN, ("first", "second"))):
            found = [
                descriptors
                for _, descriptors in aggregates(10 * point + (share == 0.5), SAMPLES, size, mixing=share)
            ]
            for name in species:
                row += mean_and_error([one[f"hetero_coordination_{name}"] for one in found])
        rows.append(row)
    names = ("n", "HCN", "±", "HCN_TiO2", "±", "HCN_WO3", "±")
    title = f"(a) Hetero-coordination against the mean size of pure clusters; x = 0.5, and x = {UNEVEN}"
    return Table(title, names, rows)


def mixing() -> Table:
    """Hetero fraction against the share of the first material, and its law."""
    rows = []
    for point, share in enumerate(MIXINGS, start=100):
        found = [descriptors for _, descriptors in aggregates(point, SAMPLES, mixing=share)]
        mean, error = mean_and_error([one["hetero_fraction"] for one in found])
        law = 2.0 * share * (1.0 - share) * PARTICLES / (PARTICLES - 1.0)
        rows.append([share, mean, error, law, (mean - law) / error])
    return Table("(b) Hetero fraction against mixing", ("x", "fraction", "±", "law", "(m-l)/±"), rows)


def extent() -> Table:
    """Radius of gyration, reached over wanted, against the fractal dimension."""
    rows = []
    for point, dimension in enumerate(DIMENSIONS, start=200):
        ratios = [
            float(made.parts["fact.gyration_ratio"])
            for made, _ in aggregates(point, SAMPLES // 2, fractal_dimension=dimension)
        ]
        mean, error = mean_and_error(ratios)
        rows.append([dimension, mean, error, min(ratios), max(ratios)])
    return Table("(c) Radius of gyration, reached / wanted", ("D_f", "ratio", "±", "least", "greatest"), rows)


def coordination() -> Table:
    """Mean coordination number reached against the one asked for."""
    rows = []
    for point, wanted in enumerate(COORDINATIONS, start=300):
        found = list(aggregates(point, SAMPLES // 2, contacts="rolled", coordination=wanted))
        mean, error = mean_and_error([descriptors["coordination_mean"] for _, descriptors in found])
        gyration = mean_and_error([float(made.parts["fact.gyration_ratio"]) for made, _ in found])[0]
        hetero = mean_and_error([descriptors["hetero_fraction"] for _, descriptors in found])[0]
        rows.append([wanted, mean, error, gyration, hetero])
    names = ("asked", "reached", "±", "Rg ratio", "hetero fr.")
    return Table("(d) Mean coordination number of rolled aggregates", names, rows)


def fractal_law() -> list[Table]:
    """Radius of gyration over the geometric mean radius against the number of particles."""
    tables = []
    for dimension in (1.6, 1.8, 2.2):
        rows = []
        for point, (number, count) in enumerate(NUMBERS, start=400):
            found = [
                descriptors
                for _, descriptors in aggregates(point, count, number=number, fractal_dimension=dimension)
            ]
            mean, error = mean_and_error([one["gyration_radius"] / one["geometric_radius"] for one in found])
            rows.append([number, mean, error, (number / PREFACTOR) ** (1.0 / dimension)])
        logarithms = np.log(np.array(rows)[:, :2])
        slope = float(np.polyfit(logarithms[:, 1], logarithms[:, 0], 1)[0])
        title = f"(e) Fractal law, D_f = {dimension}; slope of ln N over ln(R_g / r_geo): {slope:.4f}"
        tables.append(Table(title, ("N", "Rg/rgeo", "±", "law"), rows))
    return tables


def neighbourhood() -> Table:
    """Share of unlike pairs by their distance, 1 where the materials are mixed at random.

    The ratio of both pair correlations, whose numerator and denominator are averaged over aggregates first.
    """
    ratios = []
    for point, size in enumerate(NEIGHBOURS, start=500):
        found = [descriptors for _, descriptors in aggregates(point, SAMPLES, size)]
        unlike, every = (
            np.mean([one[name] for one in found], axis=0)
            for name in ("pair_correlation_hetero", "pair_correlation")
        )
        ratios.append(unlike / np.maximum(every, 1e-12))
    # Nearer than three quarters of a mean diameter there are hardly any pairs.
    rows = [
        [distance, *(float(ratio[number]) for ratio in ratios)]
        for number, distance in enumerate(DISTANCES)
        if distance >= 0.75
    ]
    names = ("r / d", *(f"n = {size:g}" for size in NEIGHBOURS))
    return Table("(f) Pair correlation of unlike pairs over that of all pairs", names, rows)


def measured() -> list[Table]:
    """All tables, in the order of the charts."""
    tables = []
    for measure in (segregation, mixing, extent, coordination):
        tables.append(measure())
        print(tables[-1].text(), flush=True)
    tables += [*fractal_law(), neighbourhood()]
    for table in tables[4:]:
        print(table.text(), flush=True)
    return tables


# --- charts ------------------------------------------------------------------------------------


def points(table: Table, name: str, label: str, colour: tuple[int, int, int]) -> Series:
    """A column with its errors, which stand in the column after it."""
    place = list(table.names).index(name) + 1
    return Series(
        label, table.column(table.names[0]), table.column(name), colour, [row[place] for row in table.rows]
    )


def charts_of(tables: Sequence[Table]) -> list[Chart]:
    """The six charts."""
    first, second, third, fourth, *laws, last = tables
    return [
        Chart(
            "(a) Segregation lowers the hetero-coordination",
            Axis("mean size of pure clusters n", 0.85, 19.0, CLUSTER_SIZES, logarithmic=True),
            Axis(
                "hetero-coordination number HCN",
                0.02,
                3.0,
                (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0),
                logarithmic=True,
            ),
            [
                Series("1 / n, 2(1 - x) / n, 2x / n", (1.0, 16.0), (1.0, 1.0 / 16.0), BLACK, form="line"),
                *(
                    Series("", (1.0, 16.0), (factor, factor / 16.0), BLACK, form="line")
                    for factor in (2.0 * (1.0 - UNEVEN), 2.0 * UNEVEN)
                ),
                points(first, "HCN", "x = 0.5, both", GREEN),
                points(first, "HCN_TiO2", f"x = {UNEVEN}, TiO2", BLUE),
                points(first, "HCN_WO3", f"x = {UNEVEN}, WO3", ORANGE),
            ],
            legend="lower left",
        ),
        Chart(
            "(b) Contacts of unlike particles, n = 1",
            Axis("share x of TiO2", 0.0, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
            Axis("hetero fraction", 0.0, 0.6, (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)),
            [
                Series("2x(1 - x)N / (N - 1)", *mixing_law(), colour=BLACK, form="line"),
                points(second, "fraction", "aggregates", BLUE),
            ],
            legend="upper left",
        ),
        extent_chart(third),
        Chart(
            "(d) Rolled contacts",
            Axis("mean coordination asked for", 1.8, 5.2, (2.0, 3.0, 4.0, 5.0)),
            Axis("mean coordination reached", 1.8, 5.2, (2.0, 3.0, 4.0, 5.0)),
            [
                Series("asked for", (1.8, 5.2), (1.8, 5.2), BLACK, form="line"),
                points(fourth, "reached", "aggregates", BLUE),
            ],
            legend="upper left",
        ),
        fractal_chart(laws),
        neighbour_chart(last),
    ]


def mixing_law() -> tuple[list[float], list[float]]:
    """Shares and expected hetero fractions of a random mixture."""
    shares = [hundredths / 100.0 for hundredths in range(101)]
    return shares, [2.0 * x * (1.0 - x) * PARTICLES / (PARTICLES - 1.0) for x in shares]


def extent_chart(table: Table) -> Chart:
    """Where the wanted radius of gyration is reached."""
    ends, low, high = (1.45, 2.85), (0.99, 0.99), (1.01, 1.01)
    return Chart(
        "(c) Where the fractal dimension is reached",
        Axis("fractal dimension D_f asked for", *ends, (1.6, 1.8, 2.0, 2.2, 2.4, 2.6, 2.8)),
        Axis("R_g reached / wanted", 0.95, 1.25, (0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25)),
        [
            Series("within 1 %", ends, low, PALE, form="band", upper=high),
            points(table, "ratio", "aggregates", BLUE),
        ],
        legend="upper left",
    )


def fractal_chart(tables: Sequence[Table]) -> Chart:
    """R_g against N in double logarithms."""
    series = []
    for table, dimension, colour in zip(tables, (1.6, 1.8, 2.2), (ORANGE, BLUE, GREEN), strict=True):
        ends = (8.0, 1250.0)
        law = [(number / PREFACTOR) ** (1.0 / dimension) for number in ends]
        series.append(Series("", ends, law, colour, form="line"))
        series.append(points(table, "Rg/rgeo", f"D_f = {dimension}", colour))
    return Chart(
        "(e) Fractal law; lines (N / k_f)^(1 / D_f)",
        Axis("number N of particles", 8.0, 1250.0, (10.0, 30.0, 100.0, 300.0, 1000.0), logarithmic=True),
        Axis("R_g / geometric mean radius", 2.0, 80.0, (2.0, 5.0, 10.0, 20.0, 50.0), logarithmic=True),
        series,
        legend="upper left",
    )


def neighbour_chart(table: Table) -> Chart:
    """How far pure clusters keep the materials apart."""
    distances = table.column(table.names[0])
    series = [Series("", (0.5, 6.1), (1.0, 1.0), BLACK, form="line")]
    for name, colour in zip(table.names[1:], (GREEN, BLUE, ORANGE), strict=True):
        series.append(Series("", distances, table.column(name), colour, form="line"))
        series.append(Series(name, distances, table.column(name), colour))
    return Chart(
        "(f) Pure clusters keep the materials apart",
        Axis("distance of particles / mean diameter", 0.5, 6.1, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
        Axis("unlike pairs found / expected", 0.0, 1.25, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2)),
        series,
        legend="lower right",
    )


def sheet(tables: Sequence[Table]) -> Image.Image:
    """The charts in rows of three."""
    drawn = [chart(one) for one in charts_of(tables)]
    margin, (width, height) = 10, drawn[0].size
    rows = -(-len(drawn) // COLUMNS)
    size = (COLUMNS * (width + margin) + margin, rows * (height + margin) + margin)
    whole = Image.new("RGB", size, "white")
    for number, picture in enumerate(drawn):
        row, column = divmod(number, COLUMNS)
        whole.paste(picture, (margin + column * (width + margin), margin + row * (height + margin)))
    return whole
