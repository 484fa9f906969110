"""What an entry of the table of imaging models says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from numpy.typing import NDArray

from sim.core.kinds import Importable, imported
from sim.core.types import ImageGrid, Outline, Tier
from sim.imaging.model import Arrays, Draft, Effort, Projected, Surroundings
from sim.labels.settings import LabelSettings

if TYPE_CHECKING:
    from pydantic import BaseModel

#: What a specimen consists of, as imaging and labels see it.
Yield = Literal["atoms", "particles"]
#: Name, unit, first value and step of an axis of a further array.
ExtraAxis = tuple[str, str, float, float]
#: Width and height of the box that a specimen repeats with, Å, or None.
Period = tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class Labelled:
    """Labels that only the imaging model can make.

    Attributes
    ----------
    images
        Label images by name, (H, W) each.
    extras
        Further arrays by name, (H, W, …).
    """

    images: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    extras: Arrays = field(default_factory=dict)


def _no_check(settings: Any, grid: ImageGrid, outline: Outline, period: Period) -> None:
    del settings, grid, outline, period


def _no_memory(settings: Any, grid: ImageGrid, outline: Outline, period: Period) -> int:
    del settings, grid, outline, period
    return 0


def _no_labels(
    specimen: Any,
    grid: ImageGrid,
    settings: Any,
    labels: LabelSettings,
    class_name: str,
    around: Surroundings,
) -> Labelled:
    del specimen, grid, settings, labels, class_name, around
    return Labelled()


@dataclass(frozen=True)
class ImagingModel:
    """One imaging model.

    Attributes
    ----------
    settings
        Its settings model, told from the others by ``model``, or a function that imports it.
    about
        One sentence for menus and help.
    accepts
        The specimens it can image.
    tier
        Reproducibility tier of its result.
    revision
        Raised whenever the result changes for the same settings.
    project
        (specimen, grid, settings, surroundings) → the ideal image and what comes with it.
    largest_fraction
        (settings, composition) → upper bound of the ideal image, from the recipe alone.
    spot_sigma
        (settings) → width of one atom's spot, Å: what resolves columns and what "auto" leaves room for.
    check
        (settings, grid, outline, period) raises InputError for what cannot be, before work starts.
    memory
        (settings, grid, outline, period) → bytes of working memory beside that of every image.
    extras
        (settings, labels) → further arrays of every image: name → shape beyond (H, W).
    axes
        (settings) → name → axes of an extra beyond y and x: name, unit, first value, step.
    detected
        The extras of ``project`` are signals of detectors, which get noise as the image does.
    labelled
        (specimen, grid, settings, labels, class name, surroundings) → labels only this model can make.
    makes
        Labels that only models like this one can make, by the names of their settings.
    background
        (settings) → whether vacuum is dark in its image: a carbon film of the noise settings can be added,
        and what is bright is specimen.
    draft
        (settings, grid, posed specimen) → a quicker way to nearly the same image, or None where there is
        none; None for models that are quick anyway.
    effort
        (posed specimen, grid, settings, labels) → what its images cost; None for models that are quick
        enough to be timed.
    """

    settings: Importable
    about: str
    accepts: tuple[Yield, ...]
    tier: Tier
    revision: int
    project: Callable[[Any, ImageGrid, Any, Surroundings], Projected]
    largest_fraction: Callable[[Any, Mapping[int, int]], float]
    spot_sigma: Callable[[Any], float]
    check: Callable[[Any, ImageGrid, Outline, Period], None] = _no_check
    memory: Callable[[Any, ImageGrid, Outline, Period], int] = _no_memory
    extras: Callable[[Any, LabelSettings], Mapping[str, tuple[int, ...]]] = lambda settings, labels: {}
    axes: Callable[[Any], Mapping[str, tuple[ExtraAxis, ...]]] = lambda settings: {}
    detected: bool = False
    labelled: Callable[[Any, ImageGrid, Any, LabelSettings, str, Surroundings], Labelled] = _no_labels
    makes: tuple[str, ...] = ()
    background: Callable[[Any], bool] = lambda settings: True
    draft: Callable[[Any, ImageGrid, Any], Draft | None] | None = None
    effort: Callable[[Any, ImageGrid, Any, LabelSettings], Effort] | None = None

    @property
    def model(self) -> type[BaseModel]:
        """Its settings model, imported now."""
        return imported(self.settings)

    def arrays(self, settings: Any, labels: LabelSettings) -> dict[str, tuple[int, ...]]:
        """Further arrays of every stored image: name → shape beyond (H, W)."""
        shapes: dict[str, tuple[int, ...]] = {}
        for name, shape in self.extras(settings, labels).items():
            for stored in stored_names(name, shape) if self.detected else (name,):
                shapes[stored] = shape
        return shapes


def stored_names(detector: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    """Arrays of a detector beside the first: what it counts and, unless it is a camera, expects.

    Parameters
    ----------
    shape
        Of its signal at one pixel of the image.
    """
    counts = f"detector_{detector}"
    return (counts, f"{counts}_clean") if len(shape) < 2 else (counts,)
