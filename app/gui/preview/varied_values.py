"""Varied values of one image as short texts: ``σ 0.6 Å``.  From the settings' own descriptions, no Qt."""

from __future__ import annotations

from app.gui.document.fields import field_of
from sim.recipe.model import Job

#: Digits of a drawn value: enough to tell images apart.
DIGITS = 6
#: What the images are sorted by has one name wherever images are shown.
NAMES = {"specimen.geometry": "class"}


def varied_chips(job: Job) -> list[tuple[str, str]]:
    """Text and explanation of every varied value of a job, in the order of the recipe."""
    chips: list[tuple[str, str]] = []
    for path, value in job.varied.items():
        field = field_of(path)
        name = NAMES.get(path) or field.symbol or field.label.lower()
        about = f"{path}: {field.about}" if field.about else path
        chips.append((f"{name} {field.shown(value, DIGITS)}", about))
    return chips
