"""How a node is turned, and where its random numbers come from."""

from __future__ import annotations

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.numerics.motion import Motion, cross, length
from sim.numerics.rotations import random_quaternion
from sim.numerics.streams import Stream, derive_seed
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.orient import align_planes, plane_motion, zone_axis_motion
from sim.specimen.pose import euler_pose
from sim.specimen.scene.naming import named
from sim.specimen.scene.nodes import SceneNode
from sim.specimen.scene.orientations import (
    AlignedOrientation,
    AsBuilt,
    AxisOrientation,
    EulerOrientation,
    PlaneOrientation,
    RandomOrientation,
    SpunOrientation,
    ZoneOrientation,
)

#: A node without a crystal: directions and planes go by its own axes, x, y, z.
CUBIC = Crystal("axes", np.eye(3), np.array([1], dtype=np.int64), np.zeros((1, 3)))


def base_name(name: str) -> str:
    """The name that all members of a node share."""
    return name.partition("#")[0]


def node_stream(seed: int, node: SceneNode, purpose: str) -> Stream:
    """The random words of one node for one purpose: siblings never disturb each other."""
    return Stream(derive_seed(seed, "scene", base_name(node.name), node.instance), purpose)


def orientation_of(
    node: SceneNode, crystal: Crystal | None, seed: int, other: tuple[Crystal | None, Motion] | None = None
) -> Motion:
    """The rotation from the node's own frame to the one it is placed in.

    Parameters
    ----------
    node
        A concrete node.
    crystal
        What its indices refer to; None: its own axes.
    seed
        The scene's seed.
    other
        Crystal of the node to align with, and the motion from that crystal's frame to the one that
        this node is placed in.
    """
    chosen = node.orientation
    own = crystal or CUBIC
    with named(f"specimen.nodes.{node.name}.orientation"):
        if isinstance(chosen, AsBuilt):
            return Motion.identity()
        if isinstance(chosen, RandomOrientation):
            return Motion.rotation(random_quaternion(node_stream(seed, node, "orientation")))
        if isinstance(chosen, SpunOrientation):
            return _spun(chosen, own, node_stream(seed, node, "orientation"))
        if isinstance(chosen, EulerOrientation):
            return Motion.rotation(euler_pose(chosen.phi1, chosen.Phi, chosen.phi2))
        if isinstance(chosen, AxisOrientation):
            return about((chosen.axis_x, chosen.axis_y, chosen.axis_z), chosen.angle)
        if isinstance(chosen, ZoneOrientation):
            return zone_axis_motion(own, (chosen.u, chosen.v, chosen.w), chosen.in_plane)
        if isinstance(chosen, PlaneOrientation):
            return plane_motion(
                own,
                (chosen.h, chosen.k, chosen.l),
                chosen.in_plane,
                (chosen.u, chosen.v, chosen.w),
                downwards=chosen.downwards,
            )
        return _aligned(chosen, own, other)


def about(axis: tuple[float, float, float], degrees: float) -> Motion:
    """A turn about an axis; InputError where it has no direction."""
    if not any(axis):
        raise InputError("axis", "has no direction", value=list(axis), remedy="give at least one part")
    return Motion.about_axis(axis, degrees)


def _spun(chosen: SpunOrientation, crystal: Crystal, stream: Stream) -> Motion:
    uniforms = stream.uniforms(3).tolist()
    upright = zone_axis_motion(crystal, (chosen.u, chosen.v, chosen.w), 360.0 * uniforms[0])
    if chosen.tilt == 0.0:
        return upright
    # A direction uniform in the cone: its height is uniform between cos(tilt) and 1.
    from sim.numerics.detmath import sincos_degrees

    lowest = float(sincos_degrees(chosen.tilt)[1])
    height = 1.0 - (1.0 - lowest) * uniforms[1]
    sine, cosine = (float(part) for part in sincos_degrees(360.0 * uniforms[2]))
    across = float(np.sqrt(max(0.0, 1.0 - height * height)))
    return _between(np.array([0.0, 0.0, 1.0]), np.array([across * cosine, across * sine, height])).after(
        upright
    )


def _between(one: FloatArray, two: FloatArray) -> Motion:
    """The smallest turn from one unit vector to another."""
    from sim.specimen.crystal.orient import align

    return Motion.identity() if length(cross(one, two)) == 0.0 else align(one, two)


def _aligned(
    chosen: AlignedOrientation, crystal: Crystal, other: tuple[Crystal | None, Motion] | None
) -> Motion:
    if other is None:
        raise InputError(
            "to",
            "is no earlier node on the same level with a crystal",
            value=chosen.to,
            remedy="put that node before this one",
        )
    target, motion = other
    turn = align_planes(
        crystal,
        (chosen.h, chosen.k, chosen.l),
        (chosen.u, chosen.v, chosen.w),
        target or CUBIC,
        (chosen.other_h, chosen.other_k, chosen.other_l),
        (chosen.other_u, chosen.other_v, chosen.other_w),
    )
    return Motion.linear(motion.matrix).after(turn)
