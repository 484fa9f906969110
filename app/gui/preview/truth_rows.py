"""What the table of statistics says of a result: names and values as words.  No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.gui.document.wording import words_of
from app.gui.preview.cursor_text import number_text
from app.gui.preview.results import Result
from app.gui.preview.varied_values import varied_chips

#: Names, units and meaning of the scalars that a sample tells of itself.
TRUTH: Mapping[str, tuple[str, str, str]] = {
    "quaternion": ("Quaternion", "", "w, x, y, z: rotation from the specimen's frame to the laboratory's"),
    "atoms": ("Atoms", "", "Atoms of the specimen"),
    "atoms_in_field": ("Atoms in the field", "", "Atoms that lie on a pixel of the image"),
    "bond_length": ("Nearest neighbours", "Å", "Nearest-neighbour distance, from which masks are built"),
    "electrons_per_pixel": ("Electrons per pixel", "e⁻", "Electrons that hit the specimen at one pixel"),
    "largest_fraction": ("Largest fraction", "", "Largest fraction of the beam detected at one pixel"),
    "defocus": ("Defocus", "Å", "Positive: underfocus"),
    "defocus_zero": ("Defocus zero", "Å", "z of the plane that the defocus is counted from"),
    "phase_mask_area": ("Phase mask", "Å²", "Area of the phase mask"),
    "particle_mask_area": ("Particle mask", "Å²", "Area of the geometric mask of the particles"),
    "phase_mask_empty": ("Phase mask empty", "", "Nothing of the particles shows in the phase mask"),
    "saturated_pixels": ("Saturated pixels", "", "Pixels at the detector's or the file's largest count"),
}


@dataclass(frozen=True)
class Row:
    """One line: a heading, or a name with its value."""

    name: str
    value: str = ""
    about: str = ""
    heading: bool = False


def truth_rows(result: Result) -> list[Row]:
    """The lines for a result, in groups."""
    return [*_image_rows(result), *_sample_rows(result), *_origin_rows(result)]


def _image_rows(result: Result) -> list[Row]:
    found, unit = result.picture.statistics, result.picture.unit
    job = result.job
    rows, columns = result.picture.values.shape
    pixel = job.image.pixel_size
    whole = bool(np.issubdtype(result.picture.values.dtype, np.integer))
    extreme = (int(found.minimum), int(found.maximum)) if whole else (found.minimum, found.maximum)
    return [
        Row(f"Image shown: {result.picture.described}{', draft' if result.draft else ''}", heading=True),
        Row("Size", f"{columns} × {rows} px"),
        Row("Field", f"{columns * pixel / 10.0:.4g} × {rows * pixel / 10.0:.4g} nm"),
        Row("Pixel size", f"{pixel:g} Å"),
        Row("Minimum", f"{number_text(extreme[0])} {unit}".rstrip()),
        Row("Maximum", f"{number_text(extreme[1])} {unit}".rstrip()),
        Row("Mean", f"{number_text(found.mean, 5)} {unit}".rstrip()),
        Row("Standard deviation", f"{number_text(found.deviation, 5)} {unit}".rstrip()),
        Row("Total", f"{number_text(found.total, 7)} {unit}".rstrip()),
    ]


def _sample_rows(result: Result) -> list[Row]:
    rows = [Row("Truth", heading=True)]
    for name, value in result.sample.truth.items():
        title, unit, about = TRUTH.get(name, (words_of(name), "", name))
        rows.append(Row(title, f"{_truth_text(value)} {unit}".rstrip(), about))
    for name, table in sorted(result.sample.tables.items()):
        if name != "atoms":
            length = len(next(iter(table.values()))) if table else 0
            rows.append(Row(words_of(name), number_text(length)))
    return rows


def _origin_rows(result: Result) -> list[Row]:
    job = result.job
    rows = [
        Row("Origin", heading=True),
        Row("Image", job.image_id, "image_id: the image's name in the dataset"),
        Row("Structure", job.structure_id),
        Row("Class", job.class_name),
        Row("Replicate", str(job.replicate), "Which of several random specimens or poses of its kind"),
        Row("Repeat", str(job.repeat), "Which of several images that differ in their noise alone"),
        Row("Split", job.split, "train, validation or test"),
        Row("Orientation seed", str(job.orientation_seed)),
        Row("Noise seed", str(job.noise_seed)),
    ]
    rows += [Row("Varied", text, tip) for text, tip in varied_chips(job)]
    rows += [
        Row("Reproducibility tier", result.sample.tier, "A: the same bits on every computer"),
        Row("Rendered in", f"{result.seconds * 1e3:.1f} ms"),
    ]
    return rows


def _truth_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ", ".join(number_text(float(part)) for part in value)
    if isinstance(value, (int, float, np.integer, np.floating)):
        return number_text(value)
    return str(value)
