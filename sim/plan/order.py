"""In which order a plan goes through replicates, structure points and image points.

A replicate block is every structure point with every one of its images.  All blocks but the last
are complete and run structure by structure, so that images of one specimen stand together.  The
last block takes the images that are left, spread evenly over classes and sweep points; which ones
it takes does not change when the dataset grows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.core.types import BoolArray


@dataclass(frozen=True)
class Place:
    """Where an image stands: its replicate, structure point, image point and repeat."""

    replicate: int
    structure: int
    point: int
    repeat: int


class Order:
    """Places by index.

    Parameters
    ----------
    total
        Number of images.
    points
        Image points of one specimen.
    repeats
        Images at each of them.
    rotation
        Structure points in the order in which the last block serves them: classes in turn.
    """

    def __init__(self, total: int, points: int, repeats: int, rotation: Sequence[int]) -> None:
        self.total = total
        self.structures = len(rotation)
        self.points = points
        self.repeats = repeats
        self.block = self.structures * points * repeats
        self.full_blocks, left = divmod(total, self.block)
        self._turn = np.empty(self.structures, dtype=np.int64)
        self._turn[np.asarray(rotation, dtype=np.int64)] = np.arange(self.structures)
        structure, point, repeat = self._served(np.arange(left), np.asarray(rotation, dtype=np.int64))
        self._last = np.sort((structure * points + point) * repeats + repeat)
        self._last_structures = np.unique(structure)

    def _served(self, rank: np.ndarray, rotation: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Structure, point and repeat that the last block takes as its rank-th.

        Both structures and points go round, so that each is served evenly at any moment; after their
        least common multiple one of them is moved on by one, so that no pair comes twice before all
        have come.
        """
        pairs = self.structures * self.points
        repeat, inside = np.divmod(rank, pairs)
        point = (inside + inside // math.lcm(self.structures, self.points)) % self.points
        return rotation[inside % self.structures], point, repeat

    def __getitem__(self, index: int) -> Place:
        replicate, inside = divmod(index, self.block)
        if replicate >= self.full_blocks:
            inside = int(self._last[inside])
        rest, repeat = divmod(inside, self.repeats)
        structure, point = divmod(rest, self.points)
        return Place(replicate, structure, point, repeat)

    def another(self, index: int) -> int:
        """The same image of the next replicate; after the last replicate that has it, of the first."""
        replicate, inside = divmod(index, self.block)
        if replicate >= self.full_blocks:
            inside = int(self._last[inside])
        elif replicate + 1 < self.full_blocks:
            return index + self.block
        else:
            place = int(np.searchsorted(self._last, inside))
            if place < len(self._last) and int(self._last[place]) == inside:
                return self.full_blocks * self.block + place
        return inside if self.full_blocks else index

    def next_of(self, index: int, wanted: BoolArray, direction: int) -> int | None:
        """The first image from an index on, in one direction, whose structure point is wanted.

        Parameters
        ----------
        index
            Where to begin; it may lie just outside the sequence.
        wanted
            (structures,) bool.
        direction
            1 forwards, −1 backwards.

        Returns
        -------
        Index of the image; None where there is none before the end.
        """
        structures = np.flatnonzero(wanted)
        if not len(structures) or not 0 <= index < self.total:
            return None
        images, last_block = self.points * self.repeats, self.full_blocks * self.block
        in_last = np.flatnonzero(wanted[self._last // images])
        if direction > 0:
            if index < last_block:
                replicate, inside = divmod(index, self.block)
                place = int(np.searchsorted(structures, inside // images))
                if place < len(structures):
                    return max(index, replicate * self.block + int(structures[place]) * images)
                index = (replicate + 1) * self.block
                if index < last_block:
                    return index + int(structures[0]) * images
            place = int(np.searchsorted(in_last, index - last_block))
            return last_block + int(in_last[place]) if place < len(in_last) else None
        if index >= last_block:
            place = int(np.searchsorted(in_last, index - last_block, side="right")) - 1
            if place >= 0:
                return last_block + int(in_last[place])
            index = last_block - 1
        if index < 0:
            return None
        replicate, inside = divmod(index, self.block)
        place = int(np.searchsorted(structures, inside // images, side="right")) - 1
        if place < 0:
            replicate, place = replicate - 1, len(structures) - 1
            if replicate < 0:
                return None
            index = (replicate + 1) * self.block - 1
        return min(index, replicate * self.block + (int(structures[place]) + 1) * images - 1)

    @property
    def specimens(self) -> int:
        """Number of specimens over all blocks."""
        return self.full_blocks * self.structures + len(self._last_structures)

    def specimen_rank(self, place: Place) -> int:
        """Position of a specimen among all of them, in order."""
        if place.replicate < self.full_blocks:
            return place.replicate * self.structures + place.structure
        position = np.searchsorted(self._last_structures, place.structure)
        return self.full_blocks * self.structures + int(position)

    def specimen_ordinal(self, place: Place) -> int:
        """A number of the specimen that growing the dataset does not change, early ones first."""
        return place.replicate * self.structures + int(self._turn[place.structure])

    def image_ordinal(self, place: Place) -> int:
        """A number of the image that growing the dataset does not change, early ones first."""
        turn = int(self._turn[place.structure])
        cycle = math.lcm(self.structures, self.points)
        # The pair comes in the cycle that is moved on by their difference, in the round that solves
        # turn + round · structures = point − shift (mod points).
        common = math.gcd(self.structures, self.points)
        shift = (place.point - turn) % common
        steps = self.points // common
        difference = ((place.point - shift) % self.points - turn) // common
        round_ = difference * pow(self.structures // common, -1, steps) % steps if steps > 1 else 0
        rank = shift * cycle + turn + round_ * self.structures
        return place.replicate * self.block + place.repeat * self.structures * self.points + rank


def rotation_by_class(class_names: Sequence[str]) -> list[int]:
    """Structure points reordered so that every run over them serves each class as evenly as can be."""
    seen: dict[str, int] = {}
    rounds: list[tuple[int, int]] = []
    for index, name in enumerate(class_names):
        turn = seen.get(name, 0)
        seen[name] = turn + 1
        rounds.append((turn, index))
    return [index for _, index in sorted(rounds)]
