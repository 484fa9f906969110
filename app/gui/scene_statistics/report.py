"""The statistics as lines of a table and as comma-separated values.  No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.gui.scene_statistics.composition import Amount
from app.gui.scene_statistics.distribution import Curve
from app.gui.scene_statistics.near_pairs import REACH, SHELL, NearPairs
from sim.core.types import SpecimenObject
from sim.physics.elements import symbol_of
from sim.physics.masses import ATOMIC_WEIGHTS

#: Densities are of the atoms that are left in the volume of the node's settings.
_DENSITY = (
    "Atoms over the volume of the node's settings; what gave way to other nodes is missing. "
    "The specimen's own: over its unit cell."
)
_COORDINATION = (
    f"Neighbours are atoms within {SHELL:g} times the nearest-neighbour distance of the atom's element "
    "(the median)."
)


@dataclass(frozen=True)
class Line:
    """One line of the table: a name and up to three values; headings name those below, warnings stand out."""

    cells: tuple[str, str, str, str]
    about: str = ""
    heading: bool = False
    warning: bool = False


@dataclass(frozen=True)
class Report:
    """All that is known of a specimen's atoms."""

    amounts: tuple[Amount, ...]
    near: NearPairs
    objects: tuple[SpecimenObject, ...]


def lines_of(report: Report) -> list[Line]:
    """The table, in groups."""
    return [*_elements(report), *_objects(report), *_distances(report), *_neighbours(report)]


def _elements(report: Report) -> Iterator[Line]:
    counts = report.amounts[0].counts
    atoms = sum(counts.values())
    mass = sum(ATOMIC_WEIGHTS[number - 1] * count for number, count in counts.items())
    yield Line(("Elements", "Atoms", "at. %", "wt. %"), "Shares by number and by mass", True)
    for number, count in counts.items():
        share = ATOMIC_WEIGHTS[number - 1] * count / mass
        yield Line(
            (symbol_of(number), _count(count), f"{100.0 * count / atoms:.2f}", f"{100.0 * share:.2f}"),
            f"{symbol_of(number)}: {_count(count)} of {_count(atoms)} atoms",
        )


def _objects(report: Report) -> Iterator[Line]:
    yield Line(("Objects", "Atoms", "1/Å³", "g/cm³"), _DENSITY, True)
    for amount in report.amounts:
        number = "–" if amount.number is None else f"{amount.number:.5f}"
        mass = "–" if amount.mass is None else f"{amount.mass:.3f}"
        name = amount.name or "All"
        about = f"{name}, {amount.role}" if amount.role else name
        yield Line((name, _count(amount.atoms), number, mass), about)
        if amount.name and len(amount.counts) > 1:
            for element, count in amount.counts.items():
                yield Line(
                    (f"    {symbol_of(element)}", _count(count), "", ""), f"{symbol_of(element)} in {name}"
                )


def _distances(report: Report) -> Iterator[Line]:
    about = f"The two nearest atoms of each kind; pairs farther apart than {REACH:g} Å are left out"
    yield Line(("Smallest distances", "", "", "Å"), about, True)
    for (one, two), distance in report.near.elements.items():
        yield Line((f"{symbol_of(one)}–{symbol_of(two)}", "", "", f"{distance:.3f}"), about)
    if report.near.objects:
        about = f"The two nearest atoms of two objects; objects farther apart than {REACH:g} Å are left out"
        yield Line(("Between objects", "", "", "Å"), about, True)
        for pair, distance in report.near.objects.items():
            yield Line((" – ".join(_names(report, pair)), "", "", f"{distance:.3f}"), about)


def _neighbours(report: Report) -> Iterator[Line]:
    yield Line(("Coordination", "", "to Å", "Mean"), _COORDINATION, True)
    for number, mean in report.near.coordination.items():
        own = [entry for entry in report.near.neighbours if entry.centre == number]
        cutoff = f"{own[0].cutoff:.2f}" if own else ""
        yield Line((symbol_of(number), "", cutoff, f"{mean:.2f}"), _COORDINATION)
        if len(own) > 1:
            for entry in own:
                name = f"    {symbol_of(entry.neighbour)} about {symbol_of(number)}"
                yield Line((name, "", "", f"{entry.mean:.2f}"), _COORDINATION)


def report_csv(report: Report) -> str:
    """Long form: what, of what, value, unit; numbers in full."""
    rows: list[tuple[str, str, float | int, str]] = []
    for amount in report.amounts:
        name = amount.name or "specimen"
        rows.append(("atoms", name, amount.atoms, ""))
        rows += [("atoms", f"{name}:{symbol_of(own)}", count, "") for own, count in amount.counts.items()]
        if amount.number is not None and amount.mass is not None:
            rows.append(("number_density", name, amount.number, "1/angstrom^3"))
            rows.append(("mass_density", name, amount.mass, "g/cm^3"))
    for (one, two), distance in report.near.elements.items():
        rows.append(("minimum_distance", f"{symbol_of(one)}-{symbol_of(two)}", distance, "angstrom"))
    for pair, distance in report.near.objects.items():
        rows.append(("minimum_distance", ":".join(_names(report, pair)), distance, "angstrom"))
    for number, mean in report.near.coordination.items():
        rows.append(("coordination", symbol_of(number), mean, ""))
    for entry in report.near.neighbours:
        about = f"{symbol_of(entry.neighbour)} about {symbol_of(entry.centre)}"
        rows.append(("coordination", about, entry.mean, ""))
        rows.append(("coordination_cutoff", about, entry.cutoff, "angstrom"))
    lines = (f"{what},{of},{value:.10g},{unit}" for what, of, value, unit in rows)
    return "\n".join(("quantity,of,value,unit", *lines)) + "\n"


def curve_csv(curve: Curve) -> str:
    """g(r) with the pairs that were counted."""
    rows = (
        f"{r:.10g},{g:.10g},{pairs}"
        for r, g, pairs in zip(curve.r.tolist(), curve.g.tolist(), curve.pairs.tolist(), strict=True)
    )
    return "\n".join(("r_angstrom,g,pairs", *rows)) + "\n"


def _names(report: Report, pair: tuple[int, int]) -> tuple[str, ...]:
    return tuple(report.objects[number - 1].name for number in pair)


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")
