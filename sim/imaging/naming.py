"""Errors of the physics in the words of the recipe: the physics calls what is wrong by its own names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sim.core.errors import InputError, renamed

#: The setting that gives what the physics names; what begins with such a name and a dot keeps its rest.
_SETTINGS = {
    "voltage": "imaging.beam.voltage",
    "tilt": "imaging.beam.tilt",
    "element": "specimen",
    "positions": "specimen",
    "b_factor": "imaging.phonons.elements",
    "phonons": "imaging.phonons",
    "parametrisation": "imaging.multislice.parametrisation",
    "sampling": "imaging.multislice.sampling",
    "slice_thickness": "imaging.multislice.slice_thickness",
    "cell.padding": "imaging.multislice.padding",
    "cell.width": "specimen.width",
    "cell.height": "specimen.height",
    "field": "image.width",
    "aperture": "imaging.aperture",
    "aberrations": "imaging.aberrations",
    "focus": "imaging.focus",
    "coherence": "imaging.coherence",
    "detectors": "imaging.detectors",
    "inner, outer": "imaging.inner",
    "probe.semiangle": "imaging.convergence",
    "probe.source_size": "imaging.source_size",
    "stem.method": "imaging.method",
    "threshold": "labels.phase_threshold",
}


def setting(name: str) -> str:
    """The dotted path of the setting that gives what the physics names; the name where there is none."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        known = _SETTINGS.get(".".join(parts[:length]))
        if known is not None:
            return ".".join([known, *parts[length:]])
    return name


@contextmanager
def in_recipe_words() -> Iterator[None]:
    """Let errors name the user's settings; also a decorator."""
    try:
        yield
    except InputError as error:
        known = setting(error.parameter)
        if known == error.parameter:
            raise
        raise renamed(error, known) from error
