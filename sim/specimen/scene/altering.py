"""The changes of a node: motions of lattice and volume before it is filled, and what is done to its atoms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.errors import InputError, never
from sim.numerics.motion import Motion
from sim.numerics.neighbours import CandidateSearch
from sim.numerics.streams import Stream
from sim.physics.thermal import b_factors_in
from sim.specimen.atoms import Atoms
from sim.specimen.particles.chemistry import displace, substitute, vacancies
from sim.specimen.particles.strain import bending, deformed, gradient, homogeneous, surface_relaxation
from sim.specimen.scene.changes import (
    Bend,
    ChangeSettings,
    Displace,
    Invert,
    Reflect,
    Rotate,
    Strain,
    StrainGradient,
    Substitute,
    SurfaceRelaxation,
    Translate,
    Vacancies,
)
from sim.specimen.scene.naming import named
from sim.specimen.scene.orienting import about
from sim.specimen.scene.shaping import element
from sim.specimen.shapes.base import Shape

Moving = Translate | Rotate | Reflect | Invert | Strain
#: Changes that move atoms and volume as a whole.
MOVING = (Translate, Rotate, Reflect, Invert, Strain)
#: Ångström in a nanometre.
_NANOMETRE = 10.0


@dataclass(frozen=True, eq=False)
class Moves:
    """What the motions among a node's changes come to.

    Attributes
    ----------
    lattice
        Of the atoms, before the volume cuts them.
    volume
        Of the volume.
    later
        The changes from the first on that works on single atoms.
    after_lattice, after_volume
        Of the motions among ``later``.
    """

    lattice: Motion
    volume: Motion
    later: tuple[ChangeSettings, ...]
    after_lattice: Motion
    after_volume: Motion

    @property
    def of_crystal(self) -> Motion:
        """Of the lattice, by all changes."""
        return self.after_lattice.after(self.lattice)

    @property
    def of_volume(self) -> Motion:
        """Of the volume, by all changes."""
        return self.after_volume.after(self.volume)


def moves_of(changes: Sequence[ChangeSettings], parameter: str) -> Moves:
    """Split a node's changes into motions of lattice and volume, and the rest."""
    active = [change for change in changes if change.enabled]
    first = next((n for n, change in enumerate(active) if not isinstance(change, MOVING)), len(active))
    lattice, volume = _both(active[:first], parameter, True)
    after_lattice, after_volume = _both(active[first:], parameter, False)
    return Moves(lattice, volume, tuple(active[first:]), after_lattice, after_volume)


def _both(changes: Sequence[ChangeSettings], parameter: str, free: bool) -> tuple[Motion, Motion]:
    lattice, volume = Motion.identity(), Motion.identity()
    for change in changes:
        if not isinstance(change, MOVING):
            continue
        motion = motion_of(change, f"{parameter}.{change.name}")
        moves = getattr(change, "moves", "both")
        if moves != "both" and not free:
            raise InputError(
                f"{parameter}.{change.name}.moves",
                "comes after a change of single atoms, which belong to their volume by then",
                value=moves,
                allowed="both",
                remedy="move it before that change",
            )
        if moves != "volume":
            lattice = motion.after(lattice)
        if moves != "atoms":
            volume = motion.after(volume)
    return lattice, volume


def motion_of(change: Moving, parameter: str) -> Motion:
    """The motion that one change stands for."""
    with named(parameter):
        if isinstance(change, Translate):
            return Motion.translation((change.x, change.y, change.z))
        if isinstance(change, Rotate):
            return about((change.axis_x, change.axis_y, change.axis_z), change.angle)
        if isinstance(change, Reflect):
            normal = (change.normal_x, change.normal_y, change.normal_z)
            if not any(normal):
                raise InputError("normal", "has no direction", remedy="give at least one part")
            return Motion.reflection(normal)
        if isinstance(change, Invert):
            return Motion.linear([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, -1.0]])
        return homogeneous(change.xx, change.yy, change.zz, change.xy, change.xz, change.yz)


def altered(
    atoms: Atoms,
    changes: Sequence[ChangeSettings],
    shape: Shape | None,
    stream: Callable[[str], Stream],
    parameter: str,
    search: CandidateSearch | None = None,
    cancel: Callable[[], None] = never,
) -> Atoms:
    """Atoms after changes, in their order.

    Parameters
    ----------
    shape
        The node's volume before these changes, None where it has none.
    stream
        Random words of a change by its name.
    parameter
        Dotted path of the changes, for messages.
    """
    for change in changes:
        cancel()
        where = f"{parameter}.{change.name}"
        with named(where):
            if isinstance(change, MOVING):
                motion = motion_of(change, where)
                atoms = atoms.moved(motion)
                shape = None if shape is None else shape.moved(motion)
            elif isinstance(change, StrainGradient):
                growth = change.per_nanometre / _NANOMETRE
                atoms = deformed(atoms, gradient(change.along, change.across, change.start, growth))
            elif isinstance(change, SurfaceRelaxation):
                if shape is None:
                    raise InputError(
                        "kind", "needs a node with a volume", value=change.kind, remedy="remove it"
                    )
                atoms = deformed(atoms, surface_relaxation(shape, change.strain, change.decay, cancel))
            elif isinstance(change, Bend):
                atoms = deformed(atoms, bending(change.radius, change.along))
            else:
                atoms = _chemistry(atoms, change, stream(change.name), where, search, cancel)
    return atoms


def _chemistry(
    atoms: Atoms,
    change: Substitute | Vacancies | Displace,
    stream: Stream,
    where: str,
    search: CandidateSearch | None,
    cancel: Callable[[], None],
) -> Atoms:
    if isinstance(change, Substitute):
        return substitute(
            atoms,
            element(change.element, f"{where}.element"),
            element(change.by, f"{where}.by"),
            stream,
            fraction=change.share,
            where=change.where,
            candidates=search,
            cancel=cancel,
        )
    if isinstance(change, Vacancies):
        number = element(change.element, f"{where}.element") if change.element else None
        return vacancies(
            atoms,
            stream,
            fraction=change.share,
            number=number,
            where=change.where,
            candidates=search,
            cancel=cancel,
        )
    factors = change.b_factor or b_factors_in(np.unique(atoms.numbers).tolist())
    return displace(atoms, stream, factors)


def check_changes(changes: Sequence[ChangeSettings], parameter: str) -> None:
    """What can be found wrong with changes before anything is built."""
    moves_of(changes, parameter)
    for change in changes:
        for setting in ("element", "by"):
            symbol = getattr(change, setting, "")
            if symbol:
                element(symbol, f"{parameter}.{change.name}.{setting}")


def draws(changes: Sequence[ChangeSettings]) -> bool:
    """Whether changes need random numbers."""
    return any(change.enabled and isinstance(change, (Substitute, Vacancies, Displace)) for change in changes)
