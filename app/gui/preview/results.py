"""What travels between the preview's worker and its views: plain frozen values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.gui.structure.details import Details
from sim.core.types import FloatArray, Parts, Sample
from sim.recipe.model import Job, Recipe
from sim.render.context import RenderContext

Shown = Literal["noisy", "clean"]
LevelMode = Literal["auto", "locked"]
#: All parts of an array together: every segment of a detector, every pixel of a camera.
ALL_PARTS = -1


@dataclass(frozen=True)
class Profile:
    """A line across the image, in fractional (column, row) with whole numbers at pixel centres.

    ``width`` is the averaged breadth across the line, pixels.
    """

    start: tuple[float, float]
    stop: tuple[float, float]
    width: float = 1.0


@dataclass(frozen=True)
class Display:
    """How the preview shows a sample; it never changes what is rendered.

    Attributes
    ----------
    shown
        The noisy image or the noise-free expectation.
    array
        Name of the sample's further array that is shown instead of its image; empty: the image.
    part
        Which segment of it, from 0, or :data:`ALL_PARTS`.
    labels
        Names of overlays: label images (``particle_mask``), ``columns``, ``atoms``.
    colour_map
        Name of a colour map.
    levels
        ``auto``: black and white follow every new image; ``locked``: they stay at ``low`` and ``high``.
    low, high
        Intensities of black and white where locked.
    histogram, spectrum
        Whether those panes are open (computed only then).
    profile
        The profile line, where one is drawn.
    """

    shown: Shown = "noisy"
    array: str = ""
    part: int = ALL_PARTS
    labels: frozenset[str] = frozenset()
    colour_map: str = "grey"
    levels: LevelMode = "auto"
    low: float = 0.0
    high: float = 1.0
    histogram: bool = True
    spectrum: bool = False
    profile: Profile | None = None


@dataclass(frozen=True, eq=False)
class Histogram:
    """``counts`` (B,) over ``edges`` (B + 1,), in the image's own values."""

    counts: NDArray[np.int64]
    edges: FloatArray


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Log power spectrum as 256 greys, zero frequency at row H // 2 and column W // 2.

    ``step_x`` and ``step_y`` are the frequencies of one column and one row, 1/nm; rows descend in
    frequency as image rows descend in y.
    """

    image: NDArray[np.uint8]
    step_x: float
    step_y: float


@dataclass(frozen=True, eq=False)
class ProfileCurve:
    """Mean value along the profile line: ``distance`` (n,) in Å from its start, ``value`` (n,)."""

    distance: FloatArray
    value: FloatArray
    width: float
    width_length: float


@dataclass(frozen=True)
class Statistics:
    """Of the shown image."""

    minimum: float
    maximum: float
    mean: float
    deviation: float
    total: float


@dataclass(frozen=True, eq=False)
class Picture:
    """A sample prepared for the screen.

    Attributes
    ----------
    values
        (H, W) what is shown, in its own unit: what the cursor reads.
    grey
        (H, W) uint8, levels applied.
    low, high
        The levels used.
    overlay
        (H, W, 4) uint8 RGBA of the label images, or None.
    points
        (n, 2) fractional (column, row) of overlaid atoms or columns, by label name; of particles (n, 3),
        their radii in pixels beside them.
    unit
        Unit of the values: ``e⁻`` or ``counts`` or ``of the beam``; ``rad`` of phases.
    quantity
        What the values are.
    array
        Name of the sample's further array that is shown; empty: its image.
    described
        What is shown, in a few words.
    """

    values: NDArray[Any]
    grey: NDArray[np.uint8]
    low: float
    high: float
    overlay: NDArray[np.uint8] | None
    points: dict[str, FloatArray]
    unit: str
    histogram: Histogram | None
    spectrum: Spectrum | None
    profile: ProfileCurve | None
    statistics: Statistics
    quantity: str = "Intensity"
    array: str = ""
    described: str = ""


@dataclass(frozen=True)
class Selection:
    """Which image of the plan: its index, and the class the browser is confined to (empty: all)."""

    index: int = 0
    class_name: str = ""


@dataclass(frozen=True, eq=False)
class Made:
    """What an image was rendered from, for views that ask its imaging model for more.

    Attributes
    ----------
    job
        As rendered: of a draft the quicker one.
    context
        With the structures, and the cache that holds what the rendering has kept.
    """

    job: Job
    context: RenderContext


@dataclass(frozen=True, eq=False)
class Result:
    """One finished preview.

    Attributes
    ----------
    token
        Number of the request; results older than the newest shown one never arrive.
    recipe, selection, display
        As requested (the selection clipped to the plan, or moved by a step).
    job
        The job of the recipe's plan; of a draft too.
    sample
        ``render(job)``; for a draft, of a cheaper job that ``draft`` describes.
    draft
        Empty for the exact image; otherwise what it is ("noise-free", "coarse waves, 1 snapshot").
    structure
        The specimen before posing: a Structure of atoms, Particles.
    quaternion
        (4,) its pose, specimen → laboratory; None where it has none.
    picture
        The sample prepared for the screen.
    classes
        All class names of the plan, as far as they are known without going through it.
    total
        Images of the plan.
    digest
        SHA-256 of the plan: two equal digests make the same dataset.
    bytes_per_image
        Before compression.
    seconds
        Time of planning, rendering and preparing.
    notes
        Sentences about the structures.
    parts
        Arrays of the specimen's parts (:class:`sim.core.types.Built`, :class:`sim.core.types.Particles`);
        none where it is one object.
    details
        The specimen as the 3D view draws it, with its volumes.
    differs
        What a draft does otherwise than the exact image, one phrase each.
    made
        What it was rendered from; None where nothing more can be asked for.
    """

    token: int
    recipe: Recipe
    selection: Selection
    display: Display
    job: Job
    sample: Sample
    draft: str
    structure: Any
    quaternion: FloatArray | None
    picture: Picture
    classes: tuple[str, ...]
    total: int
    digest: str
    bytes_per_image: int
    seconds: float
    notes: tuple[str, ...] = field(default_factory=tuple)
    parts: Parts = field(default_factory=dict)
    details: Details | None = None
    differs: tuple[str, ...] = ()
    made: Made | None = None


@dataclass(frozen=True, eq=False)
class Failure:
    """A preview that could not be made: one sentence, and the setting at fault where it is known."""

    token: int
    message: str
    parameter: str = ""
    unexpected: BaseException | None = None

    @property
    def at_field(self) -> str:
        """The sentence for the place of the setting at fault, where it need not be named."""
        said = self.message
        # Whether a switch is on is to be seen there, too.
        for begins in (f"{self.parameter}: ", f"{self.parameter} = True: ", f"{self.parameter} = False: "):
            said = said.removeprefix(begins)
        first = said.partition(" ")[0].partition("#")[0]
        # Names are written as they are.
        named = "_" in first or first in self.parameter.replace("#", ".").split(".")
        return said if named else said[:1].upper() + said[1:]
