"""What images cost, counted against the transforms that making them takes."""

from __future__ import annotations

import json

import numpy as np
import pytest
import scipy.fft

from sim.core.types import AtomicSpecimen, ImageGrid
from sim.imaging.hrtem import effort as hrtem
from sim.imaging.hrtem.settings import HrtemImaging
from sim.imaging.model import Surroundings
from sim.imaging.stem import effort as stem
from sim.imaging.stem.settings import AnnularDetector, StemImaging

GRID = ImageGrid(24, 24, 0.5)


def row_of_atoms() -> AtomicSpecimen:
    positions = np.column_stack(
        [np.linspace(-4.0, 4.0, 6), np.linspace(-3.0, 2.0, 6), np.linspace(0.0, 11.0, 6)]
    )
    return AtomicSpecimen(np.full(6, 29, dtype=np.int64), positions, 2.5)


def hrtem_settings(**changes):
    tree = {
        "multislice": {"sampling": 0.25, "slice_thickness": 2.0, "padding": 2.0},
        "phonons": {"configurations": 2},
        **changes,
    }
    return HrtemImaging.model_validate_json(json.dumps(tree))


def counted_points(monkeypatch, make) -> float:
    """Points that pass through complex transforms, both axes counted once each."""
    total = 0.0
    for name in ("fft", "ifft", "fft2", "ifft2", "fftn", "ifftn"):
        plain = getattr(scipy.fft, name)

        def counting(x, *arguments, plain=plain, name=name, **options):
            nonlocal total
            total += np.asarray(x).size * (1.0 if name in ("fft2", "ifft2", "fftn", "ifftn") else 0.5)
            return plain(x, *arguments, **options)

        monkeypatch.setattr(scipy.fft, name, counting)
    make()
    return total


def test_twice_the_snapshots_and_slices_cost_twice():
    specimen = row_of_atoms()
    base = hrtem.effort(specimen, GRID, hrtem_settings(), False)
    more = hrtem.effort(specimen, GRID, hrtem_settings(phonons={"configurations": 4}), False)
    assert more.once == pytest.approx(2 * base.once, rel=0.05) and more.shape == base.shape
    thin = {"sampling": 0.25, "slice_thickness": 1.0, "padding": 2.0}
    assert hrtem.effort(specimen, GRID, hrtem_settings(multislice=thin), False).once > 1.7 * base.once
    calibrated = hrtem.effort(specimen, GRID, hrtem_settings(focus={"reference": "minimum_contrast"}), False)
    assert calibrated.once > base.once


def test_the_count_is_that_of_the_engine(monkeypatch):
    """Within a factor of two: the engine leaves out columns beyond the band."""
    from sim.imaging.hrtem.model import project

    specimen, settings = row_of_atoms(), hrtem_settings()
    expected = hrtem.effort(specimen, GRID, settings, False)
    points = counted_points(monkeypatch, lambda: project(specimen, GRID, settings, Surroundings(seed=1)))
    counted = points / (expected.shape[0] * expected.shape[1])
    assert 0.4 < counted / (expected.once / 1.25 + expected.each) < 1.6


def test_a_wider_probe_aperture_costs_more():
    specimen = row_of_atoms()
    made = []
    for angle in (10.0, 20.0):
        settings = StemImaging(
            convergence=angle,
            source_size=0.8,
            detectors=(AnnularDetector(name="adf", inner=30.0, outer=60.0),),
            multislice=StemImaging().multislice.model_copy(update={"sampling": 0.12}),
        )
        made.append(stem.effort(specimen, GRID, settings))
    assert made[1].once > 2.0 * made[0].once > 0 and made[0].each == 0
