"""In which order a plan goes through replicates, structure points and image points.

A replicate block is every structure point with every one of its images.  All blocks but the last
are complete and run structure by structure, so that images of one specimen stand together.  The
last block takes the images that are left, spread evenly over classes and sweep points; which ones
it takes does not change when the dataset grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where an image stands: its replicate, structure point and image within the specimen."""

    replicate: int
    structure: int
    image: int


class Order:
    """Places by index.

    Parameters
    ----------
    total
        Number of images.
    structures
        Number of structure points.
    images
        Images of one specimen (image points × repeats).
    rotation
        Structure points in the order in which the last block serves them: classes in turn.
    """

    def __init__(self, total: int, structures: int, images: int, rotation: Sequence[int]) -> None:
        self.total = total
        self.structures = structures
        self.images = images
        self.block = structures * images
        self.full_blocks, left = divmod(total, self.block)
        self._last = sorted(self._served(rank, rotation) for rank in range(left))
        self._last_structures = sorted({structure for structure, _ in self._last})

    def _served(self, rank: int, rotation: Sequence[int]) -> tuple[int, int]:
        # A diagonal walk: each round gives every structure point one image, each a different one.
        turn, position = divmod(rank, self.structures)
        shift = position * max(1, self.images // self.structures)
        return rotation[position], (turn + shift) % self.images

    def __getitem__(self, index: int) -> Place:
        replicate, inside = divmod(index, self.block)
        if replicate < self.full_blocks:
            structure, image = divmod(inside, self.images)
        else:
            structure, image = self._last[inside]
        return Place(replicate, structure, image)

    @property
    def replicates(self) -> int:
        """Number of replicate blocks, the last possibly incomplete."""
        return self.full_blocks + bool(self._last)

    @property
    def specimens(self) -> int:
        """Number of specimens over all blocks."""
        return self.full_blocks * self.structures + len(self._last_structures)

    def specimen_rank(self, replicate: int, structure: int) -> int:
        """Position of a specimen among all of them, in order."""
        if replicate < self.full_blocks:
            return replicate * self.structures + structure
        return self.full_blocks * self.structures + self._last_structures.index(structure)


def rotation_by_class(class_names: Sequence[str]) -> list[int]:
    """Structure points reordered so that every run over them serves each class as evenly as can be."""
    seen: dict[str, int] = {}
    rounds: list[tuple[int, int]] = []
    for index, name in enumerate(class_names):
        turn = seen.get(name, 0)
        seen[name] = turn + 1
        rounds.append((turn, index))
    return [index for _, index in sorted(rounds)]
