"""From what is seen to the pose of a recipe: Euler angles of a view.  No Qt."""

from __future__ import annotations

import math

from sim.core.types import FloatArray


def euler_of_view(rotation: FloatArray) -> dict[str, float]:
    """Bunge angles that turn the specimen so that the beam comes from the viewer's eye.

    With them the projection has the orientation of the view: x right, y up.

    Parameters
    ----------
    rotation
        (3, 3), specimen → view (right, up, towards the eye).

    Returns
    -------
    Values in degrees for ``pose.phi1`` and ``pose.phi2`` (from 0, below 360) and ``pose.Phi`` (0 to 180).

    Notes
    -----
    R = Rz(φ1)·Rx(Φ)·Rz(φ2) has the third row (sin φ2·sin Φ, cos φ2·sin Φ, cos Φ) and the third column
    (sin φ1·sin Φ, −cos φ1·sin Φ, cos Φ).  Where sin Φ vanishes, only φ1 ± φ2 counts: φ2 is 0 there.
    """
    r = rotation.tolist()
    sine = math.hypot(r[2][0], r[2][1])
    if sine < 1e-11:
        tilt = 0.0 if r[2][2] > 0.0 else math.pi
        first, second = math.atan2(r[1][0], r[0][0]), 0.0
    else:
        tilt = math.atan2(sine, r[2][2])
        second = math.atan2(r[2][0], r[2][1])
        # From the first two rows after Rz(φ2) is taken off: exact to rounding also where Φ is small, and
        # where the third column has few digits.
        cosine2, sine2 = math.cos(second), math.sin(second)
        first = math.atan2(r[1][0] * cosine2 - r[1][1] * sine2, r[0][0] * cosine2 - r[0][1] * sine2)
    return {
        "pose.phi1": _from_zero(math.degrees(first)),
        "pose.Phi": math.degrees(tilt),
        "pose.phi2": _from_zero(math.degrees(second)),
    }


def _from_zero(angle: float) -> float:
    turned = angle % 360.0
    # A tiny negative angle rounds up to the full turn.
    return 0.0 if turned >= 360.0 else turned
