"""Values that space-filling designs give the jobs of a plan.

A design is global: Sobol points go by a specimen's or image's ordinal, which stays as a dataset grows;
Latin hypercubes by its rank among all of them, which does not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np

from sim.core.errors import InputError
from sim.core.types import FloatArray
from sim.numerics import designs
from sim.numerics.streams import Stream, derive_seed
from sim.plan.laws import DesignLaw, between
from sim.plan.variation import Variation
from sim.recipe.vary import VaryLatinHypercube, VarySobol

#: A Latin hypercube is one table over the whole dataset.
LARGEST_DESIGN = 5_000_000
#: Sobol points are made in stretches of so many, a few of which are remembered: one by one they would cost
#: more than the jobs.
SOBOL_BLOCK = 256
MOST_BLOCKS = 8


class Designs:
    """The designs of a recipe.

    Parameters
    ----------
    seed
        Of the recipe.
    variation
        Its ``[[vary]]`` entries.
    images
        Their number.

    Raises
    ------
    InputError
        For designs that are too large, before any job is asked for.
    """

    def __init__(self, seed: int, variation: Variation, images: int) -> None:
        self._seed = seed
        self._variation = variation
        self._images = images
        self._blocks: OrderedDict[tuple[str, int, int], FloatArray] = OrderedDict()
        self._tables: dict[str, FloatArray] = {}
        self._check()

    def values(
        self, laws: tuple[DesignLaw, ...], level: str, ordinal: int, rank: int, count: int
    ) -> Iterator[tuple[str, Any]]:
        """Path and value of every design of one level.

        Parameters
        ----------
        laws
            The designs.
        level
            ``structure`` or ``image``.
        ordinal, rank
            Of the specimen or image.
        count
            How many of them there are.
        """
        for kind in dict.fromkeys(law.law for law in laws):
            members = [law for law in laws if law.law == kind]
            if kind == "sobol":
                point = self._sobol(level, len(members), ordinal // SOBOL_BLOCK)[ordinal % SOBOL_BLOCK]
            else:
                point = self._hypercube(level, len(members), count)[rank]
            for law, uniform in zip(members, point, strict=True):
                target = self._variation.targets[law.path]
                yield law.path, target.adapt(between(law.low, law.high, float(uniform), whole=target.whole))

    def _sobol(self, level: str, dimensions: int, block: int) -> FloatArray:
        """Points of a stretch of ordinals, (SOBOL_BLOCK, dimensions)."""
        key = (level, dimensions, block)
        found = self._blocks.get(key)
        if found is None:
            stream = Stream(derive_seed(self._seed, "vary", "sobol", level), "design")
            found = np.asarray(
                designs.sobol(SOBOL_BLOCK, dimensions, start=block * SOBOL_BLOCK, stream=stream)
            )
            self._blocks[key] = found
            if len(self._blocks) > MOST_BLOCKS:
                self._blocks.popitem(last=False)
        return found

    def _hypercube(self, level: str, dimensions: int, count: int) -> FloatArray:
        """The whole table, (count, dimensions)."""
        found = self._tables.get(level)
        if found is None:
            stream = Stream(derive_seed(self._seed, "vary", "latin_hypercube", level), "design")
            found = self._tables[level] = np.asarray(designs.latin_hypercube(stream, count, dimensions))
        return found

    def _check(self) -> None:
        variation = self._variation
        for laws in (variation.structure_designs, variation.image_designs):
            sobol = sum(isinstance(law, VarySobol) for law in laws)
            if sobol > designs.MOST_DIMENSIONS:
                raise InputError(
                    "vary",
                    f"has {sobol} sobol entries of one level",
                    allowed=f"up to {designs.MOST_DIMENSIONS}",
                    remedy="use latin_hypercube for some of them",
                )
            numbers = self._images * sum(isinstance(law, VaryLatinHypercube) for law in laws)
            if numbers > LARGEST_DESIGN:
                raise InputError(
                    "vary",
                    f"a Latin hypercube of {numbers:,} numbers is too large to plan",
                    allowed=f"up to {LARGEST_DESIGN:,}",
                    remedy="use sobol, which needs no table",
                )
