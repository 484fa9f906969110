"""The numbers as lines of a table and as comma-separated values.  No Qt."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.gui.particle_statistics.numbers import Numbers
from app.gui.scene_statistics.report import Line
from sim.specimen.aggregate.parameters import GYRATION_TOLERANCE

#: Suffixes of the descriptors of each material.
SPECIES = ("first", "second")
#: Of the image: descriptor, name, power of the length it is, meaning.
IN_IMAGE = (
    ("projected_area", "Area", 2, "Area of the particles in the image"),
    ("projected_perimeter", "Perimeter", 1, "Length of their outline, rims of holes included"),
    ("gyration_radius_projected", "Radius of gyration", 1, "Of the outline, filled evenly"),
    ("circularity", "Circularity", 0, "4π·area/perimeter²: 1 for a disc"),
    ("box_dimension", "Box dimension", 0, "Fractal dimension of the outline, by counting boxes"),
    ("holes", "Holes", 0, "Background that the particles enclose"),
)
UNITS = {0: "", 1: "nm", 2: "nm²"}


def lines_of(numbers: Numbers) -> list[Line]:
    """The table, in groups."""
    return [
        *_materials(numbers),
        *_contacts(numbers),
        *_clusters(numbers),
        *_extent(numbers),
        *_image(numbers),
    ]


def warning_of(numbers: Numbers) -> str:
    """One sentence where the aggregate is not as it was asked for; empty where it is."""
    off = numbers.gyration_off
    if off is None or abs(off) <= GYRATION_TOLERANCE:
        return ""
    return f"The radius of gyration is {_percent(off)} off what was asked for."


def _materials(numbers: Numbers) -> Iterator[Line]:
    yield Line(
        ("Material", "N", "vol. %", "r, nm"), "Number of particles, share of the solid, median radius", True
    )
    share = numbers.of("volume_fraction_first")
    parts = (None, None) if share is None else (share, 1.0 - share)
    for own, name in enumerate(numbers.materials[:2]):
        radii = numbers.radii[own]
        law = numbers.laws[own]
        median = f"{float(np.median(radii)) / 10.0:.3g}" if len(radii) else "–"
        asked = "" if law is None else f"; asked for {law.median / 10.0:.3g} nm, s {law.deviation:.3g}"
        part = parts[own]
        yield Line(
            (name, _count(len(radii)), "–" if part is None else f"{100.0 * part:.1f}", median),
            f"{name}: {len(radii)} particles{asked}",
        )


def _contacts(numbers: Numbers) -> Iterator[Line]:
    first, second = _names(numbers)
    yield Line(("Contacts", "All", first, second), "Mean numbers of contacts of a particle", True)
    for stem, title, about in (
        ("coordination", "CN", "Coordination number: contacts of a particle, on average"),
        (
            "hetero_coordination",
            "HCN",
            "Hetero-coordination number: contacts with the other material, on average",
        ),
    ):
        cells = [_text(numbers.of(f"{stem}_{what}")) for what in ("mean", *SPECIES)]
        yield Line((title, cells[0], cells[1], cells[2]), about)
        wanted = numbers.wanted.get(f"{stem}_mean")
        if wanted is not None:
            yield Line(("    aim", _text(wanted), "", ""), "Mean number of contacts that rolling aims at")
    for name, title in (("contacts", "Number"), ("hetero_contacts", "    of two materials")):
        yield Line((title, "", "", _text(numbers.of(name), 0)), f"{title.strip()} of contacts")
    yield Line(
        ("Hetero fraction", "", "", _text(numbers.of("hetero_fraction"))),
        "Share of the contacts that are between two materials",
    )
    yield Line(
        ("Mixing index", "", "", _text(numbers.of("mixing_index"))),
        "Hetero fraction over that of a random mixture: 1 is random, below 1 segregated",
    )


def _clusters(numbers: Numbers) -> Iterator[Line]:
    first, second = _names(numbers)
    yield Line(("Pure clusters", "", first, second), "Touching particles of one material, their number", True)
    for stem, title, about in (
        ("cluster_size", "Mean size", "Mean over the clusters"),
        ("cluster_size_weighted", "Seen by a particle", "Mean over the particles: Σn²/Σn"),
    ):
        cells = [_text(numbers.of(f"{stem}_{what}"), 3) for what in SPECIES]
        yield Line((title, "", cells[0], cells[1]), about)


def _extent(numbers: Numbers) -> Iterator[Line]:
    yield Line(("Extent", "", "Aim", "Made"), "What the settings asked for, and what was reached", True)
    warning = warning_of(numbers)
    wanted = numbers.wanted.get("gyration_radius")
    yield Line(
        (
            "R_g, nm",
            "",
            "–" if wanted is None else f"{wanted / 10.0:.4g}",
            _text(_nm(numbers.of("gyration_radius")), 4),
        ),
        warning or "Radius of gyration: root mean square distance of the solid from its centre of mass",
        warning=bool(warning),
    )
    wanted = numbers.wanted.get("fractal_dimension_achieved")
    yield Line(
        (
            "Fractal dimension",
            "",
            "–" if wanted is None else f"{wanted:.3g}",
            _text(numbers.of("fractal_dimension_achieved"), 4),
        ),
        "ln(N/k_f)/ln(R_g/r), r the geometric mean radius",
    )
    for name, title, about in (
        ("packing", "Packing", "Solid over the sphere with the same radius of gyration"),
        ("anisotropy", "Anisotropy", "Largest over smallest principal moment"),
    ):
        yield Line((title, "", "", _text(numbers.of(name))), about)


def _image(numbers: Numbers) -> Iterator[Line]:
    known = [entry for entry in IN_IMAGE if numbers.of(entry[0]) is not None]
    if not known:
        return
    yield Line(("In the image", "", "", ""), "Of the particles' outline, without noise", True)
    for name, title, power, about in known:
        value = numbers.of(name)
        assert value is not None
        unit = UNITS[power]
        yield Line((f"{title}, {unit}" if unit else title, "", "", _text(value / 10.0**power, 4)), about)


def report_csv(numbers: Numbers) -> str:
    """Long form: what, of what, value, unit; numbers in full."""
    rows: list[tuple[str, str, float, str]] = []
    for own, name in enumerate(numbers.materials[:2]):
        rows.append(("particles", name, float(len(numbers.radii[own])), ""))
        if len(numbers.radii[own]):
            rows.append(("median_radius", name, float(np.median(numbers.radii[own])), "angstrom"))
    rows += [(name, "aim", aim, "") for name, aim in numbers.wanted.items()]
    for name, value in numbers.known.items():
        if _is_number(value):
            rows.append((name, "specimen", float(value), ""))
        elif isinstance(value, (tuple, list)) and all(_is_number(part) for part in value):
            rows += [(name, str(place), float(part), "") for place, part in enumerate(value)]
    lines = (f"{what},{of},{value:.10g},{unit}" for what, of, value, unit in rows)
    return "\n".join(("quantity,of,value,unit", *lines)) + "\n"


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating))


def _names(numbers: Numbers) -> tuple[str, str]:
    first, second = (*numbers.materials[:2], "", "")[:2]
    return first, second


def _nm(value: float | None) -> float | None:
    return None if value is None else value / 10.0


def _text(value: float | None, digits: int = 3) -> str:
    if value is None:
        return "–"
    return _count(round(value)) if digits == 0 else f"{value:.{digits}g}"


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _percent(share: float) -> str:
    return f"{abs(100.0 * share):.2g} %"
