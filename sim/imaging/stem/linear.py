"""The linear model of annular dark field as an imaging model, and its fit to our own multislice."""

from __future__ import annotations

import numpy as np

from sim.core.types import AtomicSpecimen, FloatArray, ImageGrid
from sim.imaging.model import Projected, Surroundings
from sim.imaging.multislice.cells import cell_of
from sim.imaging.multislice.check import sampling_for
from sim.imaging.multislice.lens import aberrations_of, reference_plane
from sim.imaging.multislice.settings import MultisliceSettings
from sim.imaging.multislice.thermal import rms_displacements
from sim.imaging.naming import in_recipe_words
from sim.imaging.stem.settings import ProbeImaging
from sim.physics.stem.detectors import Annular
from sim.physics.stem.linear import LinearFit, LinearModel, LinearParameters, fit_linear
from sim.physics.stem.probe import ProbeOptics

#: Room around the image of a specimen that does not repeat, Å.
_PADDING = 4.0
#: Layers in depth over which the probe spreads.
_LAYER = 4.0


@in_recipe_words()
def project(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: ProbeImaging, around: Surroundings
) -> Projected:
    """The fraction of the beam on the detector; see :mod:`sim.physics.stem.linear`."""
    model = model_of(specimen, grid, settings, around)
    image = model.image(parameters_of(settings), *grid.centres())
    # Exact interpolation leaves a little below zero where nothing is scattered.
    return Projected(
        np.clip(image, 0.0, 1.0), truth={"defocus": settings.focus.defocus + settings.focus.error}
    )


@in_recipe_words()
def model_of(
    specimen: AtomicSpecimen, grid: ImageGrid, settings: ProbeImaging, around: Surroundings
) -> LinearModel:
    """The model of a specimen for any parameters."""
    voltage = settings.beam.voltage
    cell = cell_of(specimen, grid, slices_of(settings, _thickness(specimen)))
    focus = reference_plane(specimen, settings.focus.reference)
    focus -= settings.focus.defocus + settings.focus.error
    optics = ProbeOptics(
        voltage,
        settings.convergence,
        aberrations_of(settings.aberrations, -(cell.entrance - focus)),
        source_size=settings.source_size,
    )
    rms = rms_displacements(specimen, settings.phonons)
    elements = np.unique(specimen.numbers).tolist()
    return LinearModel(
        specimen.positions,
        specimen.numbers,
        {number: float(np.max(rms[specimen.numbers == number])) for number in elements},
        cell,
        optics,
        Annular("ring", settings.inner, settings.outer),
        cancel=around.cancel,
    )


def slices_of(settings: ProbeImaging, thickness: float) -> MultisliceSettings:
    """Points and slices, of a thickness in Å, on which the model's probe is computed."""
    # The sampling matters for its band limit alone.
    needed = sampling_for(settings.beam.voltage, max(settings.outer, settings.convergence))
    return MultisliceSettings(
        sampling=min(0.5, max(0.01, 0.9 * needed)), slice_thickness=thickness, padding=_PADDING
    )


def parameters_of(settings: ProbeImaging) -> LinearParameters:
    """The corrections of the settings."""
    return LinearParameters(
        settings.scale, settings.exponent, settings.focusing, settings.saturation, settings.spread
    )


@in_recipe_words()
def fitted(
    specimen: AtomicSpecimen,
    grid: ImageGrid,
    settings: ProbeImaging,
    image: FloatArray,
    around: Surroundings,
) -> tuple[ProbeImaging, LinearFit]:
    """Settings whose corrections fit a multislice image of the same specimen, and how well they do.

    Parameters
    ----------
    image
        (H, W) fraction of the beam, with the same probe and detector.
    """
    found = fit_linear(
        model_of(specimen, grid, settings, around), image, *grid.centres(), cancel=around.cancel
    )
    corrections = found.parameters
    return (
        settings.model_copy(
            update={
                "scale": corrections.scale,
                "exponent": corrections.exponent,
                "focusing": corrections.focusing,
                "saturation": corrections.saturation,
                "spread": corrections.spread,
            }
        ),
        found,
    )


def _thickness(specimen: AtomicSpecimen) -> float:
    z = specimen.positions[:, 2]
    return min(_LAYER, max(1.0, float(np.max(z) - np.min(z))))
