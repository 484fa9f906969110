"""Varied values of one image as short texts: ``σ 0.6 Å``.  From the settings' own descriptions, no Qt."""

from __future__ import annotations

from app.gui.document.entry_fields import field_in
from app.gui.document.fields import Field, field_of
from app.gui.document.labels import title_of
from sim.recipe.model import Job

#: Digits of a drawn value: enough to tell images apart.
DIGITS = 6
#: What the images are sorted by has one name wherever images are shown.
NAMES = {"specimen.geometry": "class"}


def varied_chips(job: Job) -> list[tuple[str, str]]:
    """Text and explanation of every varied value of a job, in the order of the recipe."""
    chips: list[tuple[str, str]] = []
    for path, value in job.varied.items():
        field = _field(job, path)
        if field is None:
            chips.append((f"{title_of(path)} {value}", path))
            continue
        name = NAMES.get(path) or field.symbol or field.label.lower()
        # What belongs to a node is said with the node's name.
        owner = title_of(path).rpartition(": ")[0]
        name = f"{owner} {name}" if owner else name
        about = f"{path}: {field.about}" if field.about else path
        chips.append((f"{name} {field.shown(value, DIGITS)}", about))
    return chips


def _field(job: Job, path: str) -> Field | None:
    """The field of a varied setting; None of one that the image has not, as of a node that is off."""
    try:
        return field_of(path)
    except KeyError:
        pass
    try:
        return field_in(job, path)
    except KeyError:
        return None
