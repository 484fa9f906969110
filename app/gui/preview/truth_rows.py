"""What the table of statistics says of a result: names and values as words.  No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.gui.document.wording import words_of
from app.gui.preview.cursor_text import length_unit, number_text
from app.gui.preview.results import Result
from app.gui.preview.varied_values import varied_chips
from sim.dataset.form import COLUMN_UNITS

#: Numbers of electrons are stored without a unit.
UNITS: Mapping[str, str] = {**COLUMN_UNITS, "electrons_per_pixel": "e⁻"}
#: Names and meaning of the scalars that a sample tells of itself.
TRUTH: Mapping[str, tuple[str, str]] = {
    "quaternion": ("Quaternion", "w, x, y, z: rotation from the specimen's frame to the laboratory's"),
    "atoms": ("Atoms", "Atoms of the specimen"),
    "atoms_in_field": ("Atoms in the field", "Atoms that lie on a pixel of the image"),
    "bond_length": ("Nearest neighbours", "Nearest-neighbour distance, from which masks are built"),
    "electrons_per_pixel": ("Electrons per pixel", "Electrons that hit the specimen at one pixel"),
    "largest_fraction": ("Largest fraction", "Largest fraction of the beam detected at one pixel"),
    "defocus": ("Defocus", "Positive: underfocus"),
    "defocus_zero": ("Defocus zero", "z of the plane that the defocus is counted from"),
    "phase_mask_area": ("Phase mask", "Area of the phase mask"),
    "particle_mask_area": ("Particle mask", "Area of the geometric mask of the particles"),
    "phase_mask_empty": ("Phase mask empty", "Nothing of the particles shows in the phase mask"),
    "particles": ("Particles", "Particles of the specimen"),
    "particles_in_field": ("Particles in the field", "Particles whose centre lies on a pixel of the image"),
    "particles_cut_off": ("Particles cut off", "Particles that the image shows in part, or not at all"),
    "gyration_missed": ("R_g missed", "It is more than 1 % off what the settings ask for"),
    "coordination_missed": ("CN missed", "It is more than 2 % off what the settings ask for"),
    "coordination_target": ("CN, aim", "Mean coordination number that the settings ask for"),
    "theta_number": ("θ: N", "Number of particles asked for"),
    "theta_mixing": ("θ: x", "Share of particles of the first material asked for"),
    "theta_median_radius_first": ("θ: r, first", "Median radius of the first material's particles"),
    "theta_median_radius_second": ("θ: r, second", "Median radius of the second material's particles"),
    "theta_deviation_first": ("θ: s, first", "Standard deviation of ln r of the first material"),
    "theta_deviation_second": ("θ: s, second", "Standard deviation of ln r of the second material"),
    "theta_cluster_size_first": ("θ: n, first", "Mean size of the first material's pure clusters"),
    "theta_cluster_size_second": ("θ: n, second", "Mean size of the second material's pure clusters"),
    "theta_fractal_dimension": ("θ: D_f", "Fractal dimension asked for"),
    "theta_prefactor": ("θ: k_f", "Prefactor of the fractal law"),
    "theta_trials": ("θ: K", "Hits that each merge chooses from"),
    "theta_coordination": ("θ: CN", "Mean coordination asked for; of a tree 2 − 2/N"),
    "theta_overlap": ("θ: overlap", "Sinter necks: share by which touching spheres overlap"),
    "gyration_radius": ("Radius of gyration", "Root mean square distance of the solid from its middle"),
    "gyration_target": ("Radius of gyration, aim", "What the fractal law asks for"),
    "mean_diameter": ("Mean diameter", "Of the particles"),
    "geometric_radius": ("Geometric mean radius", "Of the particles"),
    "solid_volume": ("Solid volume", "Of the particles; what two of them share counts once"),
    "projected_area": ("Projected area", "Area of the particles in the image"),
    "projected_perimeter": ("Projected perimeter", "Length of their outline in the image"),
    "gyration_radius_projected": ("Projected radius of gyration", "Of their outline in the image"),
    "intensity_gyration_radius": ("Radius of gyration of the intensity", "Of their clean image"),
    "saturated_pixels": ("Saturated pixels", "Pixels at the detector's or the file's largest count"),
}


#: Longer lists of numbers are counted, and shown by their tooltip.
MOST_NUMBERS = 8
#: Units of lengths, areas and volumes: the power of the length.
POWERS = {"Å": 1, "Å²": 2, "Å³": 3}


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
    length, size = length_unit(pixel)
    whole = bool(np.issubdtype(result.picture.values.dtype, np.integer))
    extreme = (int(found.minimum), int(found.maximum)) if whole else (found.minimum, found.maximum)
    return [
        Row(f"Image shown: {result.picture.described}{', draft' if result.draft else ''}", heading=True),
        Row("Size", f"{columns} × {rows} px"),
        Row("Field", f"{columns * pixel / 10.0:.4g} × {rows * pixel / 10.0:.4g} nm"),
        Row("Pixel size", f"{pixel / size:g} {length}"),
        Row("Minimum", f"{number_text(extreme[0])} {unit}".rstrip()),
        Row("Maximum", f"{number_text(extreme[1])} {unit}".rstrip()),
        Row("Mean", f"{number_text(found.mean, 5)} {unit}".rstrip()),
        Row("Standard deviation", f"{number_text(found.deviation, 5)} {unit}".rstrip()),
        Row("Total", f"{number_text(found.total, 7)} {unit}".rstrip()),
    ]


def _sample_rows(result: Result) -> list[Row]:
    rows = [Row("Truth", heading=True)]
    for name, value in result.sample.truth.items():
        title, about = TRUTH.get(name, (words_of(name), name))
        unit = UNITS.get(name, "")
        if isinstance(value, (tuple, list)) and len(value) > MOST_NUMBERS:
            rows.append(Row(title, f"{len(value)} numbers", f"{about}: {_truth_text(value)}"))
            continue
        if unit in POWERS and not isinstance(value, (bool, tuple, list)):
            scale, size = length_unit(result.job.image.pixel_size)
            value, unit = value / size ** POWERS[unit], unit.replace("Å", scale)
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
