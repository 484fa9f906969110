"""One merge of two clusters: trials, and the search for the wanted distance between two of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sim.core.types import FloatArray
from sim.specimen.aggregate import kernels
from sim.specimen.aggregate.clusters import Cluster, joined
from sim.specimen.aggregate.flights import RandomFlights, between, flown
from sim.specimen.aggregate.kernels_numpy import matrices, turned
from sim.specimen.aggregate.rolling import Pair, rolled
from sim.specimen.aggregate.schedule import Merge

#: How near the wanted radius of gyration (relative) a merge has to come, by the share of all particles it
#: joins: only late merges decide the aggregate's, and early ones have little choice.
_LATE = 0.125
GOOD = 2e-3
GOOD_EARLY = 1e-2
GOOD_EARLY_ROLLED = 0.3
#: Above this share a merge gives up rolling where that leaves the radius of gyration farther off than this.
_LAST = 0.8
FAR_OFF = 8e-3
#: Halvings between two trials, pairs of trials that are tried, rounds of further trials.
HALVINGS = 12
BRACKETS = 6
ROUNDS = 10
ROUNDS_EARLY = 2
#: Flights of the further rounds start from the best so far and go this share of the way to random ones.
STEP = 0.25
#: Trials that are rolled before a search begins.
ROLLS = 6
#: A second pair of spheres this near (Å) would be taken for a contact, or not, by the rounding of places.
MARGIN = 8e-6


@dataclass(frozen=True, eq=False)
class Trial:
    """One flight with its end.

    Attributes
    ----------
    flight
        Its ten numbers.
    shift
        x of the moving cluster's centre of mass at the first contact, Å.
    distance
        Of the centres of mass in the end, Å.
    error
        |R / R* − 1| of the radius of gyration.
    there
        (3, m + 1) places and centre of mass of a cluster that rolled.
    pairs
        Its contacts.
    """

    flight: list[float]
    shift: float
    distance: float
    error: float
    there: FloatArray | None = None
    pairs: tuple[Pair, ...] = ()


class Merging:
    """Two clusters that are about to merge: the smaller flies onto the larger.

    Parameters
    ----------
    merge
        What is aimed at.
    one, other
        The clusters.
    contacts
        How many contacts are wanted; 1: no rolling.
    cancel
        Called before every flight of many.
    """

    def __init__(
        self, merge: Merge, one: Cluster, other: Cluster, contacts: int, cancel: Callable[[], None]
    ) -> None:
        self.fixed, self.moving = (one, other) if len(one) >= len(other) else (other, one)
        self.merge = merge
        self.contacts = contacts
        self.cancel = cancel
        self.mass = one.mass + other.mass
        self.rest = one.moment + other.moment
        self.reduced = one.mass * other.mass / self.mass
        # Huygens and Steiner: m·R² = m₁·R₁² + m₂·R₂² + (m₁·m₂ / m)·d².
        moment = self.mass * merge.gyration * merge.gyration - self.rest
        self.wanted = math.sqrt(max(moment, 0.0) / self.reduced)

    def done(self, random: RandomFlights, trials: int, uniforms: list[float]) -> tuple[Cluster, int]:
        """The cluster that they make, and how many contacts that brought.

        Parameters
        ----------
        random
            Where flights come from.
        trials
            Hits to choose from.
        uniforms
            Random numbers for the directions of rolling.
        """
        early = self.merge.share <= _LATE
        good = GOOD if not early else GOOD_EARLY if self.contacts == 1 else GOOD_EARLY_ROLLED
        found = self._found(random, trials, good, uniforms)
        if self.contacts > 1 and self.merge.share > _LAST and min(trial.error for trial in found) > FAR_OFF:
            # In the end the size comes before a few contacts.
            self.contacts = 1
            found += self._found(random, trials, good, uniforms)
        found.sort(key=lambda trial: self._rank(trial, good))
        return self._made(found)

    def _found(self, random: RandomFlights, trials: int, good: float, uniforms: list[float]) -> list[Trial]:
        """Trials to choose from: random ones, and where none of them is good, searched ones."""
        # Two single spheres have no orientation: all flights end alike.
        lone = self.merge.sizes == (1, 1)
        radius = self.fixed.reach + self.moving.reach
        found: list[Trial] = []
        drawn = 0
        while len(found) < (1 if lone else trials):
            flights = random.of(self.merge.number, drawn, radius)
            found += self._ended(flights[:1] if lone else flights)
            drawn += 1
        found = found[:trials]
        if lone:
            return found
        if self.contacts > 1:
            found = self._rolled(found, good, uniforms)
        if not self._good(found, good):
            rounds = ROUNDS_EARLY if self.merge.share <= _LATE else ROUNDS
            found = self._opened(found, random, drawn, radius, rounds, uniforms)
            found += self._halved(found, good, uniforms)
        return found

    def _good(self, found: list[Trial], good: float) -> bool:
        return any(
            trial.error <= good and len(trial.pairs) >= (self.contacts if self.contacts > 1 else 0)
            for trial in found
        )

    def _rank(self, trial: Trial, good: float) -> tuple[float, int, float]:
        return (trial.error if trial.error > good else 0.0, -len(trial.pairs), trial.error)

    def _error(self, distance: float) -> float:
        moment = self.rest + self.reduced * (distance * distance)
        return abs(math.sqrt(moment / self.mass) / self.merge.gyration - 1.0)

    def _ended(self, flights: FloatArray) -> list[Trial]:
        """The trials of the flights (K, 10) that hit, before any rolling."""
        found = []
        shifts = flown(self.fixed, self.moving, flights, self.cancel).tolist()
        for shift, flight in zip(shifts, flights.tolist(), strict=True):
            if shift > -math.inf:
                y, z = flight[8:]
                distance = math.sqrt((shift * shift + y * y) + z * z)
                found.append(Trial(flight, shift, distance, self._error(distance)))
        return found

    def _rolled(self, trials: list[Trial], good: float, uniforms: list[float]) -> list[Trial]:
        """The best trials after rolling, until one is good."""
        found: list[Trial] = []
        for trial in sorted(trials, key=lambda each: each.error)[:ROLLS]:
            found.append(self._roll(trial, uniforms))
            if self._good(found[-1:], good):
                break
        return found

    def _roll(self, trial: Trial, uniforms: list[float]) -> Trial:
        here, there = self._placed(trial)
        _, i, j = kernels.chosen().touching(here, self.fixed.touch, there[:, :-1], self.moving.touch, MARGIN)
        there, pairs = rolled(
            self.fixed, here, self.moving, there, (i, j), self.contacts, uniforms, self.cancel
        )
        x, y, z = there[:, -1].tolist()
        distance = math.sqrt((x * x + y * y) + z * z)
        return Trial(trial.flight, trial.shift, distance, self._error(distance), there, tuple(pairs))

    def _flown_on(self, flights: list[list[float]], uniforms: list[float]) -> list[Trial]:
        """Trials of flights, rolled where that is wanted."""
        ended = self._ended(np.array(flights))
        return [self._roll(trial, uniforms) for trial in ended] if self.contacts > 1 else ended

    def _opened(
        self,
        found: list[Trial],
        random: RandomFlights,
        drawn: int,
        radius: float,
        rounds: int,
        uniforms: list[float],
    ) -> list[Trial]:
        """More trials, near the best ones, where all end too near or all end too far."""
        for number in range(drawn, drawn + rounds):
            if {trial.distance < self.wanted for trial in found} == {False, True}:
                break
            best = min(found, key=lambda trial: trial.error)
            flights = random.of(self.merge.number, number, radius).tolist()
            if self.contacts > 1:
                flights = flights[:ROLLS]
            found = found + self._flown_on(
                [between(best.flight, flight, STEP) for flight in flights], uniforms
            )
        return found

    def _halved(self, trials: list[Trial], good: float, uniforms: list[float]) -> list[Trial]:
        """Trials between those that end too near and those that end too far, until one is good."""
        near = sorted(
            (trial for trial in trials if trial.distance < self.wanted), key=lambda each: each.error
        )
        far = sorted(
            (trial for trial in trials if trial.distance >= self.wanted), key=lambda each: each.error
        )
        found: list[Trial] = []
        # The best of either side first, then the next of one side or the other in turn.
        order = sorted((i + j, i, j) for i in range(min(len(near), 4)) for j in range(min(len(far), 4)))
        for _, i, j in order[:BRACKETS]:
            low, high = near[i], far[j]
            for _ in range(HALVINGS):
                middle = self._flown_on([between(low.flight, high.flight, 0.5)], uniforms)
                if not middle:
                    break
                found += middle
                if self._good(middle, good):
                    return found
                if middle[0].distance < self.wanted:
                    low = middle[0]
                else:
                    high = middle[0]
        return found

    def _placed(self, trial: Trial) -> tuple[FloatArray, FloatArray]:
        """Places (3, n) of the fixed cluster, and (3, m + 1) of the moving one with its centre of mass."""
        flight = np.array([trial.flight])
        here = np.concatenate(turned(matrices(flight[:, 0:4]), self.fixed.places))
        there = np.empty((3, len(self.moving) + 1))
        there[:, :-1] = np.concatenate(turned(matrices(flight[:, 4:8]), self.moving.places))
        there[:, -1] = 0.0
        return here, np.add(there, np.array([trial.shift, *trial.flight[8:]])[:, None])

    def _made(self, found: list[Trial]) -> tuple[Cluster, int]:
        """The cluster of the first trial whose contacts the rounding of places cannot change."""
        touching = kernels.chosen().touching
        for trial in found:
            here, there = self._placed(trial)
            if trial.there is not None:
                there = trial.there
            count, _, _ = touching(here, self.fixed.touch, there[:, :-1], self.moving.touch, MARGIN)
            if count == max(1, len(trial.pairs)):
                break
        return joined(self.fixed, self.moving, here, there), count
