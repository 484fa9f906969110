"""What the view says of a picked atom.  No Qt."""

from __future__ import annotations

import numpy as np

from sim.core.types import FloatArray
from sim.physics.elements import symbol_of


def atom_lines(number: int, index: int, position: FloatArray, in_beam: FloatArray | None) -> tuple[str, ...]:
    """Lines of the read-out.

    Parameters
    ----------
    number
        Atomic number.
    index
        Of the atom, from 0, in the order of the structure's file.
    position
        (3,) Å in the specimen's frame.
    in_beam
        (3,) Å in the laboratory's frame (x right and y up in the image), or None where there is no pose.
    """
    first = f"{symbol_of(number)} · atom {index} · {_coordinates(position)}"
    return (first,) if in_beam is None else (first, f"in the image's frame · {_coordinates(in_beam)}")


def particle_lines(
    index: int, radius: float, position: FloatArray, in_beam: FloatArray | None
) -> tuple[str, ...]:
    """Lines of the read-out of a whole particle, lengths in nm.

    Parameters
    ----------
    index
        Of the particle, from 0; it is called by its number from 1, as labels and tables do.
    radius
        Å.
    position, in_beam
        As of :func:`atom_lines`.
    """
    first = f"particle {index + 1} · r {radius / 10.0:.3g} nm · {_coordinates(position / 10.0, 'nm')}"
    if in_beam is None:
        return (first,)
    return (first, f"in the image's frame · {_coordinates(in_beam / 10.0, 'nm')}")


def _coordinates(position: FloatArray, unit: str = "Å") -> str:
    # Rounded first, so that −0.00 does not come out.
    x, y, z = (np.round(position, 2) + 0.0).tolist()
    return f"x {x:.2f}  y {y:.2f}  z {z:.2f} {unit}".replace("-", "−")
