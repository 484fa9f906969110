"""Drafts of electron-wave images: from a changed setting to the draft ready for the screen.

Each run changes the voltage, so that no wave is there already; the specimen is.  Times are the best of
several in the preview's own worker without a window; the load of the machine stands beside them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.registry import Line, Observation, Ratio, benchmark, three_digits, verdict

RUNS = 7


def lines(name: str, changes: dict[str, Any], most: float) -> Sequence[Line]:
    """Time drafts of a recipe's first image.

    Parameters
    ----------
    name
        A shipped recipe.
    changes
        Settings that differ, by path.
    most
        Seconds that the draft may take.
    """
    from app.gui.preview.results import Display, Selection
    from app.gui.preview.worker import PreviewWorker, Request
    from sim.core.errors import never
    from sim.recipe.toml import read_recipe

    text = read_recipe(name)
    for path, value in changes.items():
        text = text.with_value(path, value)
    times: list[float] = []
    title = mark = ""
    with tempfile.TemporaryDirectory() as folder:
        worker = PreviewWorker(folder=Path(folder))
        for run in range(RUNS + 1):
            recipe = text.with_value("imaging.beam.voltage", 200.0 + run).recipe()
            made = worker.make(Request(run, recipe, Selection(), Display(), moving=True), never)
            assert made is not None and made.draft
            times.append(made.seconds)
            mark = made.draft
            height, width = made.sample.image.shape
            model, atoms = recipe.imaging.model, made.sample.truth["atoms"]
            title = f"draft of {model}, {atoms:,} atoms, {height} × {width}"
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else ""
    best = min(times[1:])
    return [
        Line(
            title, f"{mark} ({load})", f"{best * 1e3:.0f} ms", "", "", verdict(best, Ratio("", "", most=most))
        ),
        Line(
            title,
            "the first, with its specimen and what is not loaded yet",
            f"{three_digits(times[0])} s",
            "",
            "",
            "",
        ),
    ]


@benchmark("wave_preview")
def drafts() -> Sequence[Observation]:
    """One cluster by both models, and a scene of some 60 000 atoms."""
    cluster = {"image.width": 128, "image.height": 128, "image.pixel_size": 0.2}
    cases: list[tuple[str, dict[str, Any], float]] = [
        ("au55_four_classes", {**cluster, "imaging": {"model": "hrtem"}}, 0.3),
        ("haadf_au55", cluster, 0.3),
        ("hrtem_defocus", {}, 1.0),
    ]
    return [
        Observation(f"drafts of {name}", partial(lines, name, changes, most)) for name, changes, most in cases
    ]
