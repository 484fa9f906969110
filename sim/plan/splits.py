"""Which split a specimen belongs to: a threshold on a hash, independent of how many there are."""

from __future__ import annotations

from sim.numerics.streams import derive_seed
from sim.recipe.model import Split
from sim.recipe.settings import SplitSettings


def split_of(seed: int, unit: str, shares: SplitSettings) -> Split:
    """Split of one unit (a specimen key or a class name).

    The unit's hash is a number in [0, 1); the first ``train`` of that interval is training, the
    next ``validation`` is validation, the rest is test.
    """
    position = (derive_seed(seed, "split", unit) >> 11) * 2.0**-53
    if position < shares.train:
        return "train"
    if position < shares.train + shares.validation:
        return "validation"
    # With no test share, rounding of the sum must not make a test image.
    if shares.test == 0.0:
        return "validation" if shares.validation > 0.0 else "train"
    return "test"
