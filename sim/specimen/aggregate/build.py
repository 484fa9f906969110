"""Builds an aggregate: particles, pure clusters, merges, places on the grid, contacts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.core.errors import never
from sim.core.types import FACT, FloatArray, Particles, on_position_grid
from sim.numerics.detmath import log, ordered_sum
from sim.numerics.rotations import quaternion_to_matrix, random_quaternion, rotate
from sim.numerics.streams import Stream
from sim.specimen.aggregate.clusters import Cluster, centre_of_mass, gyration_radius, single_clusters
from sim.specimen.aggregate.contact import contacts_of
from sim.specimen.aggregate.flights import RandomFlights
from sim.specimen.aggregate.merging import Merging
from sim.specimen.aggregate.parameters import AggregateParameters
from sim.specimen.aggregate.radii import radii_of, species_of
from sim.specimen.aggregate.schedule import Merge, schedule, wanted_gyration

#: Random numbers for the directions in which the clusters of one merge roll.
_DIRECTIONS = 18


def build_aggregate(
    parameters: AggregateParameters,
    seed: int,
    *,
    cancel: Callable[[], None] = never,
    progress: Callable[[float], None] | None = None,
) -> Particles:
    """An aggregate of spheres of two species.

    Parameters
    ----------
    parameters
        Of the model.
    seed
        Keys everything that is random.
    cancel
        Called at least every 100 ms; may raise.
    progress
        Told the share of the work that is done, 0 to 1, now and then.

    Returns
    -------
    Spheres about the centre of mass of their volumes, those of the first species first.  Facts:
    ``gyration_target`` and ``gyration_radius``, Å, ``gyration_ratio`` (reached / wanted),
    ``coordination_target`` (2 − 2/N for trees).
    """
    species = species_of(parameters, seed)
    radii = radii_of(parameters, species, seed)
    clusters: dict[int, Cluster] = dict(enumerate(single_clusters(radii, parameters.overlap)))
    merges = schedule(parameters, species, radii, seed)
    random = RandomFlights(seed, 2 * parameters.trials)
    aims = ContactAims(parameters, merges, seed)
    directions = Stream(seed, "aggregate", "rolling")
    work = _work(merges)
    for merge in merges:
        cancel()
        one, other = clusters.pop(merge.first), clusters.pop(merge.second)
        contacts = aims.of(merge)
        uniforms = (
            directions.uniforms(_DIRECTIONS, _DIRECTIONS * merge.number).tolist() if contacts > 1 else []
        )
        merging = Merging(merge, one, other, contacts, cancel)
        made, reached = merging.done(random, parameters.trials, uniforms)
        aims.tell(merge, reached)
        clusters[len(radii) + merge.number] = made
        if progress is not None:
            progress(work[merge.number])
    (whole,) = clusters.values()
    centres = np.empty((len(radii), 3))
    centres[whole.members] = whole.places.T
    # Every cluster flew along x: only turned at random is the whole as often long in any direction.
    turn = quaternion_to_matrix(random_quaternion(Stream(seed, "aggregate", "orientation")))
    centres = on_position_grid(rotate(turn, np.subtract(centres, centre_of_mass(centres, radii))))
    contacts_found = contacts_of(centres, radii)
    target = float(wanted_gyration(parameters, np.array(float(len(radii))), ordered_sum(log(radii))))
    gyration = gyration_radius(centres, radii)
    facts = {
        "gyration_target": target,
        "gyration_radius": gyration,
        "gyration_ratio": gyration / target,
        "coordination_target": _coordination_target(parameters),
    }
    parts: dict[str, FloatArray] = {f"{FACT}{name}": np.array(value) for name, value in facts.items()}
    return Particles(centres, radii, species, contacts_found, parts)


def _coordination_target(parameters: AggregateParameters) -> float:
    """Mean coordination number that is aimed at; 0 where none is: necks add contacts to trees by the way."""
    if parameters.rolled:
        return parameters.coordination
    return 2.0 - 2.0 / parameters.number if parameters.overlap == 0.0 else 0.0


class ContactAims:
    """How many contacts each merge is to bring, so that the mean coordination number comes out.

    Every merge gets the same share of the contacts that its clusters can have beyond the first; what a merge
    falls short of, later ones make up for.
    """

    def __init__(self, parameters: AggregateParameters, merges: list[Merge], seed: int) -> None:
        self.rolled = parameters.rolled
        self.left = 0.5 * parameters.coordination * parameters.number - len(merges)
        self.room = 0
        for merge in merges:
            self.room += merge.most_contacts - 1
        self.uniforms = Stream(seed, "aggregate", "contacts").uniforms(len(merges)).tolist()

    def of(self, merge: Merge) -> int:
        """Contacts wanted of a merge."""
        if not self.rolled or merge.most_contacts == 1:
            return 1
        share = min(max(self.left / self.room, 0.0), 1.0)
        more = int(share * (merge.most_contacts - 1) + self.uniforms[merge.number])
        return 1 + min(more, merge.most_contacts - 1)

    def tell(self, merge: Merge, contacts: int) -> None:
        """Contacts that a merge brought."""
        self.left -= contacts - 1
        self.room -= merge.most_contacts - 1


def _work(merges: list[Merge]) -> list[float]:
    """Share of the work that is done after each merge: of every merge a fixed part, and one for its size."""
    done = [0.0]
    for merge in merges:
        done.append(done[-1] + 30.0 + merge.sizes[0] + merge.sizes[1])
    return [part / done[-1] for part in done[1:]]
