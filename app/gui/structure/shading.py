"""How a sphere catches the light: one formula for the painter's sprites and the reference.  No Qt.

OpenGL's fragment shader follows the same formula.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.types import FloatArray

#: x, y and z of vectors.
Components = tuple[Any, Any, Any]

#: Direction towards the lamp in the view's frame: upper right, before the picture.
LIGHT = np.array([0.35, 0.45, 0.82]) / np.linalg.norm([0.35, 0.45, 0.82])
#: Shares of the light; the shine falls off with the 40th power of the cosine.
AMBIENT, DIFFUSE, SPECULAR = 0.28, 0.72, 0.25
#: The outline darkens where the surface turns away by more than this cosine, down to this brightness.
RIM_COSINE, RIM_BRIGHTNESS = 0.35, 0.55


def brightness(normals: Components, to_eye: Components) -> tuple[FloatArray, FloatArray]:
    """How bright a surface is.

    Parameters
    ----------
    normals
        x, y and z, each (…), of vectors of length 1 in the view's frame.
    to_eye
        x, y and z, each (…) or one number, of the direction from the surface to the eye, length 1.

    Returns
    -------
    matt
        (…) factor of the atom's colour.
    shine
        (…) white light added, of the range 0 to 1.
    """
    half = [lamp + eye for lamp, eye in zip(LIGHT.tolist(), to_eye, strict=True)]
    half_length = np.sqrt(half[0] * half[0] + half[1] * half[1] + half[2] * half[2])
    facing = np.clip(_dot(normals, to_eye) / RIM_COSINE, 0.0, 1.0)
    rim = RIM_BRIGHTNESS + (1.0 - RIM_BRIGHTNESS) * facing * facing * (3.0 - 2.0 * facing)
    x, y, z = LIGHT.tolist()
    matt = (AMBIENT + DIFFUSE * np.maximum(_dot(normals, (x, y, z)), 0.0)) * rim
    mirrored = np.maximum(_dot(normals, (half[0], half[1], half[2])) / half_length, 0.0)
    # Squares, because a power of an array takes many times as long.
    eighth = np.square(np.square(np.square(mirrored)))
    return matt, SPECULAR * eighth * np.square(np.square(eighth))


def _dot(one: Components, other: Components) -> FloatArray:
    product: FloatArray = one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
    return product
