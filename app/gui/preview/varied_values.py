"""Varied values of one image as short texts: ``σ 0.6 Å``.  From the settings' own descriptions, no Qt."""

from __future__ import annotations

from functools import cache

from sim.core.description import Quantity
from sim.core.settings import Leaf, model_fields
from sim.recipe.model import Job, Recipe


@cache
def _leaves() -> dict[str, Leaf]:
    return {leaf.path: leaf for leaf in model_fields(Recipe)}


def value_text(value: object, unit: str = "") -> str:
    """A value as people read it, with its unit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    if isinstance(value, (int, float)):
        text = text.replace("-", "−")
        return f"{text} {unit}" if unit else text
    return text.replace("_", " ")


def varied_chips(job: Job) -> list[tuple[str, str]]:
    """Text and explanation of every varied value of a job, in the order of the recipe."""
    chips: list[tuple[str, str]] = []
    for path, value in job.varied.items():
        leaf = _leaves().get(path)
        described = None if leaf is None else leaf.description
        symbol, unit = "", ""
        if isinstance(described, Quantity):
            symbol, unit = described.symbol, described.unit
        name = symbol or path.rsplit(".", 1)[-1].replace("_", " ")
        about = "" if described is None else described.about
        chips.append((f"{name} {value_text(value, unit)}", f"{path}: {about}" if about else path))
    return chips
