"""The microscope that imaging settings describe, in the numbers that curves are made of.  No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sim.imaging.multislice.lens import aberrations_of
from sim.physics import electrons
from sim.physics.optics.aberrations import Aberrations

Kind = Literal["hrtem", "stem", "probe"]


@dataclass(frozen=True)
class DetectorShape:
    """What a detector covers of the diffraction plane.

    Attributes
    ----------
    name
        As in the dataset.
    inner, outer
        Semiangles, mrad; of a square, half its side.
    segments
        Number of equal parts; 0 for one piece.
    rotation
        Where the first of them begins, degrees from +x towards +y.
    square
        A camera instead of a ring.
    """

    name: str
    inner: float
    outer: float
    segments: int = 0
    rotation: float = 0.0
    square: bool = False

    @property
    def farthest(self) -> float:
        """The largest angle it covers, mrad."""
        return self.outer * 2.0**0.5 if self.square else self.outer


@dataclass(frozen=True)
class Microscope:
    """Beam, lens and detectors.

    Attributes
    ----------
    kind
        Imaging model.
    voltage
        kV.
    aberrations
        Defocus and its error included.
    semiangle
        Objective aperture or convergence of the probe, mrad; 0 for no aperture.
    pixel_size
        Of the image, Å.
    focal_spread, vibration
        Å.
    convergence
        Illumination semiangle, mrad.
    source_size
        Full width at half maximum, Å.
    sampling
        Pixel of the wave, Å; 0 where no wave is sampled.
    detectors
        In the order of the settings.
    """

    kind: Kind
    voltage: float
    aberrations: Aberrations
    semiangle: float
    pixel_size: float
    focal_spread: float = 0.0
    convergence: float = 0.0
    vibration: float = 0.0
    source_size: float = 0.0
    sampling: float = 0.0
    detectors: tuple[DetectorShape, ...] = ()

    @property
    def wavelength(self) -> float:
        """Å."""
        return electrons.wavelength(self.voltage)

    @property
    def nyquist(self) -> float:
        """Largest frequency that the image holds, Å⁻¹."""
        return 0.5 / self.pixel_size

    @property
    def band_limit(self) -> float:
        """Two thirds of Nyquist of the wave, Å⁻¹; 0 where no wave is sampled."""
        return 1.0 / (3.0 * self.sampling) if self.sampling else 0.0

    @property
    def aperture(self) -> float:
        """Edge of the aperture, Å⁻¹; 0 for none."""
        return self.frequency(self.semiangle)

    @property
    def spherical(self) -> float:
        """C30, Å."""
        return self.aberrations.coefficients.get("C30", (0.0, 0.0))[0]

    def frequency(self, angle: float) -> float:
        """Spatial frequency of an angle in mrad, Å⁻¹."""
        return angle * 1e-3 / self.wavelength

    def angle(self, frequency: float) -> float:
        """Angle of a spatial frequency in Å⁻¹, mrad."""
        return frequency * self.wavelength * 1e3


def microscope_of(imaging: Any, pixel_size: float) -> Microscope | None:
    """The microscope of imaging settings; None for models without a lens.

    Parameters
    ----------
    imaging
        Settings of any imaging model.
    pixel_size
        Of the image, Å.
    """
    if imaging.model not in ("hrtem", "stem", "probe"):
        return None
    aberrations = aberrations_of(imaging.aberrations, -(imaging.focus.defocus + imaging.focus.error))
    if imaging.model == "hrtem":
        return Microscope(
            "hrtem",
            imaging.beam.voltage,
            aberrations,
            imaging.aperture,
            pixel_size,
            focal_spread=imaging.coherence.focal_spread,
            convergence=imaging.coherence.convergence,
            vibration=imaging.coherence.vibration,
            sampling=imaging.multislice.sampling,
        )
    if imaging.model == "stem":
        detectors = tuple(_shape(detector) for detector in imaging.detectors)
        sampling = imaging.multislice.sampling
    else:
        detectors, sampling = (DetectorShape("annular", imaging.inner, imaging.outer),), 0.0
    return Microscope(
        imaging.model,
        imaging.beam.voltage,
        aberrations,
        imaging.convergence,
        pixel_size,
        source_size=imaging.source_size,
        sampling=sampling,
        detectors=detectors,
    )


def _shape(detector: Any) -> DetectorShape:
    if detector.kind == "segmented":
        return DetectorShape(
            detector.name, detector.inner, detector.outer, detector.segments, detector.rotation
        )
    if detector.kind == "pixelated":
        return DetectorShape(detector.name, 0.0, detector.outer, square=True)
    return DetectorShape(detector.name, getattr(detector, "inner", 0.0), detector.outer)
