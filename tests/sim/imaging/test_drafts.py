"""Drafts of wave models: coarser, never finer than asked, and honest about what differs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.core.types import AtomicSpecimen, ImageGrid
from sim.imaging.hrtem.settings import HrtemImaging
from sim.imaging.multislice.cells import cell_of
from sim.imaging.stem.settings import AnnularDetector, BrightFieldDetector, ProbeImaging, StemImaging
from sim.plan.plan import Plan, collect_structures
from sim.recipe.imaging_models import IMAGING
from sim.recipe.toml import read_recipe
from sim.render.context import RenderContext
from sim.render.render import render

GRID = ImageGrid(300, 512, 0.2)


def specimen(period: tuple[float, float] | None = None, depth: float = 60.0) -> AtomicSpecimen:
    """Two gold atoms, one high up."""
    positions = np.array([[1.0, -2.0, 0.0], [4.0, 3.0, depth]])
    return AtomicSpecimen(np.array([79, 79]), positions, 2.9, {}, (), period)


def drafted(settings: Any, grid: ImageGrid = GRID, atoms: AtomicSpecimen | None = None) -> Any:
    make = IMAGING[settings.model].draft
    assert make is not None
    return make(settings, grid, specimen() if atoms is None else atoms)


def changed(settings: Any, **values: dict[str, Any]) -> Any:
    """Settings with other values in some of their sections."""
    return settings.model_copy(
        update={name: getattr(settings, name).model_copy(update=update) for name, update in values.items()}
    )


@pytest.mark.parametrize("period", [None, (128.0, 90.0), (400.0, 400.0)])
@pytest.mark.parametrize("pixel", [0.05, 0.2, 0.33])
def test_draft_of_a_large_field_has_about_512_points_a_side(
    period: tuple[float, float] | None, pixel: float
) -> None:
    """Padded and periodic cells, pixels finer and coarser than waves; lengths are rounded up to fast ones."""
    grid, atoms = ImageGrid(300, 1024, pixel), specimen(period)
    found = drafted(HrtemImaging(), grid, atoms).settings
    cell = cell_of(atoms, grid, found.multislice)
    exact = cell_of(atoms, grid, HrtemImaging().multislice)
    assert max(cell.shape) <= 512 * 1.1
    assert max(cell.shape) <= max(exact.shape)
    assert cell.slices < exact.slices


def test_draft_is_never_finer_than_asked() -> None:
    settings = changed(HrtemImaging(), multislice={"sampling": 0.4, "slice_thickness": 6.0})
    found = drafted(settings).settings
    assert (found.multislice.sampling, found.multislice.slice_thickness) == (0.4, 6.0)


def test_slices_of_a_draft_fit_into_a_thin_specimen() -> None:
    """A monolayer: a slice thicker than the specimen would be refused."""
    atoms = specimen(depth=1.7)
    found = drafted(HrtemImaging(), GRID, atoms).settings
    assert 1.0 < found.multislice.slice_thickness <= 2.7
    cell_of(atoms, GRID, found.multislice)


def test_draft_of_hrtem_says_what_differs() -> None:
    settings = changed(
        HrtemImaging(),
        focus={"reference": "minimum_contrast"},
        coherence={"method": "focal_integration", "tilt_spread": 2.0},
    )
    found = drafted(settings)
    assert found.mark == "coarse waves, 1 snapshot"
    assert found.settings.phonons.configurations == 1
    assert (found.settings.focus.coarse_step, found.settings.focus.fine_step) == (10.0, 2.0)
    assert found.settings.coherence.method == "envelopes" and not found.settings.coherence.tilt_spread
    told = " / ".join(found.differs)
    for word in ("0.1 Å", "snapshot", "envelope", "tilts", "defocus zero"):
        assert word in told


def test_what_is_as_coarse_already_has_no_draft() -> None:
    settings = changed(
        HrtemImaging(),
        multislice={"sampling": 0.4, "slice_thickness": 4.0},
        phonons={"kind": "none"},
    )
    assert drafted(settings) is None


def test_lens_and_dose_of_a_draft_are_those_of_the_image() -> None:
    settings = changed(HrtemImaging(), focus={"defocus": 321.0}, aberrations={"C30": 1e5, "C12": 30.0})
    found = drafted(settings).settings
    assert found.focus == settings.focus and found.aberrations == settings.aberrations
    assert found.beam == settings.beam


def test_dark_field_is_drafted_by_the_linear_model() -> None:
    settings = changed(StemImaging(convergence=21.0, source_size=0.5), focus={"defocus": 40.0})
    found = drafted(settings)
    linear = found.settings
    assert found.mark == "linear model" and isinstance(linear, ProbeImaging)
    assert (linear.convergence, linear.source_size, linear.focus.defocus) == (21.0, 0.5, 40.0)
    assert (linear.inner, linear.outer) == (80.0, 200.0)
    assert linear.phonons.kind == "static"


def test_bright_field_is_drafted_by_coarser_waves_that_still_reach_its_angle() -> None:
    bright = BrightFieldDetector(name="bf", outer=60.0)
    settings = StemImaging(detectors=(bright, AnnularDetector(name="haadf", inner=60.0, outer=150.0)))
    found = drafted(settings)
    assert isinstance(found.settings, StemImaging)
    assert [detector.name for detector in found.settings.detectors] == ["bf"]
    sampling = found.settings.multislice.sampling
    assert settings.multislice.sampling < sampling
    # 200 kV: λ = 0.02508 Å; the band ends at λ/(3·sampling).
    assert 1e3 * 0.025079 / (3.0 * sampling) >= 60.0 * (1.0 - 1e-4)
    assert "no detector but the first" in found.differs


def test_quick_models_have_no_draft() -> None:
    assert IMAGING["gaussian"].draft is None and IMAGING["probe"].draft is None


@pytest.mark.parametrize("model", ["hrtem", "stem"])
def test_draft_resembles_the_exact_image(model: str) -> None:
    """Au55 in fair sampling: the same picture to the eye (correlation), though not to the bit."""
    imaging: dict[str, Any] = {"model": model, "phonons": {"configurations": 1}}
    if model == "stem":
        imaging["detectors"] = [{"kind": "annular", "name": "ring", "inner": 45.0, "outer": 80.0}]
        imaging["multislice"] = {"sampling": 0.1, "slice_thickness": 4.0, "padding": 2.0}
    text = read_recipe("au55_four_classes").with_value("imaging", imaging).with_value("images", 4)
    for side in ("width", "height"):
        text = text.with_value(f"image.{side}", 40)
    text = text.with_value("image.pixel_size", 0.4)
    recipe = text.recipe()
    plan = Plan(recipe, collect_structures(recipe))
    job, context = plan[0], RenderContext(structures=plan.catalogue)
    from sim.render.specimen import pose_specimen

    found = drafted(job.imaging, ImageGrid(40, 40, 0.4), pose_specimen(job, context)[0])
    exact = render(job, context).clean
    quick = render(job.model_copy(update={"imaging": found.settings}), context).clean
    likeness = float(np.corrcoef(exact.ravel(), quick.ravel())[0, 1])
    assert 0.9 < likeness < 1.0 - 1e-9
    assert math.isclose(float(exact.mean()), float(quick.mean()), rel_tol=0.35)
