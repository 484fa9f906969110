"""Names that a text may be: materials and molecules that come with the program.  No Qt here.

The tables are read when somebody types, not when the window starts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


def names_for(path: str) -> Callable[[], Sequence[str]] | None:
    """What gives the names for a setting of a scene; None where any text will do."""
    if not path.startswith("specimen."):
        return None
    return next((names for end, names in _TABLES if path.endswith(end)), None)


def _crystals() -> Sequence[str]:
    from sim.specimen.crystal.table import BUILTIN

    return tuple(BUILTIN)


def _crystals_or_scene() -> Sequence[str]:
    from sim.specimen.scene.crystals import OF_SCENE

    return (OF_SCENE, *_crystals())


def _amorphous() -> Sequence[str]:
    from sim.specimen.amorphous.materials import AMORPHOUS

    return tuple(AMORPHOUS)


def _molecules() -> Sequence[str]:
    from sim.specimen.particles.molecules import MOLECULES

    return tuple(MOLECULES)


#: End of a path, and where its names come from.
_TABLES: tuple[tuple[str, Callable[[], Sequence[str]]], ...] = (
    ("crystal.name", _crystals_or_scene),
    ("shell.name", _crystals_or_scene),
    ("specimen.material", _crystals),
    (".molecule", _molecules),
    (".material", _amorphous),
)
