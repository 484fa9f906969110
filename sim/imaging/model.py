"""What every imaging model gets and gives: the values between render and the models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

from sim.core.errors import never
from sim.core.types import FloatArray

Arrays = Mapping[str, NDArray[Any]]


class Remember(Protocol):
    """Keeps what a step of a model costs to make."""

    def __call__(
        self, step: str, revision: int, settings: Any, compute: Callable[[], Arrays], *, on_disk: bool = False
    ) -> Arrays:
        """The arrays of a step, computed where they are nowhere yet.

        Parameters
        ----------
        step, revision
            Name of the step, and a number raised by hand whenever its result changes.
        settings
            Plain values of everything the result depends on beside the posed specimen.
        on_disk
            The result is worth keeping between runs.
        """


def _anew(
    step: str, revision: int, settings: Any, compute: Callable[[], Arrays], *, on_disk: bool = False
) -> Arrays:
    """Keeps nothing."""
    del step, revision, settings, on_disk
    return compute()


def _silent(step: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Surroundings:
    """What accompanies a model's work.

    Attributes
    ----------
    seed
        Keys everything random about the specimen, such as the motion of its atoms.
    remember
        Keeps results between images of one posed specimen.
    cancel
        Raises ``Cancelled`` when the user wants to stop; called at least every 100 ms.
    progress
        Called with the name of every step as it begins.
    workers
        Threads that may be used; no result depends on it.
    """

    seed: int = 0
    remember: Remember = _anew
    cancel: Callable[[], None] = field(default=never)
    progress: Callable[[str], None] = field(default=_silent)
    workers: int = 1


@dataclass(frozen=True, eq=False)
class Projected:
    """The ideal image of a specimen.

    Attributes
    ----------
    fraction
        (H, W) float64: share of the beam that is detected; of a high-resolution TEM image |ψ|², 1 in vacuum.
    extras
        Further arrays by name, (H, W, …) each, that go through the scan distortion as the image does.
    truth
        Scalars of this image that the model found out, such as the calibrated focus.
    """

    fraction: FloatArray
    extras: Arrays = field(default_factory=dict)
    truth: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A quicker way to nearly the same image, for while the exact one is being made.

    Attributes
    ----------
    settings
        Imaging settings of the draft; of another model where that is nearer and quicker.
    mark
        What it is, in a few words: "coarse waves, 1 snapshot".
    differs
        What it does otherwise than the exact image, one phrase each.
    """

    settings: Any
    mark: str
    differs: tuple[str, ...]


@dataclass(frozen=True)
class Effort:
    """What images cost, in Fourier transforms of one size, known without making them.

    Attributes
    ----------
    shape
        Rows and columns of the transform (complex64).
    once
        Transforms for a posed specimen, shared by all its images.
    each
        Transforms for every image.
    """

    shape: tuple[int, int]
    once: int
    each: int
