"""Other people's programs open the files: HyperSpy, silx and mlcroissant themselves (``reference`` extra)."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from dataset_fakes import extra_plan, extra_render, fake_plan, fake_render

from sim.dataset.run import generate_dataset

pytestmark = pytest.mark.reference


def needs(name: str) -> pytest.MarkDecorator:
    there = importlib.util.find_spec(name) is not None
    return pytest.mark.skipif(not there, reason=f"{name} is not installed (extra 'reference')")


def images(start: int, stop: int) -> np.ndarray:
    plan = fake_plan()
    return np.stack([fake_render(plan[index], {}, lambda: None).image for index in range(start, stop)])


FILES = [("shards/000001.h5", 5, 10), ("stack.h5", 0, 23)]


@needs("hyperspy")
@pytest.mark.parametrize(("name", "start", "stop"), FILES)
def test_hyperspy_opens_a_calibrated_stack(pristine, name, start, stop):
    import hyperspy.api as hs

    signal = hs.load(str(pristine.directory / name), reader="HSPY")
    assert isinstance(signal, hs.signals.Signal2D)
    np.testing.assert_array_equal(np.asarray(signal.data), images(start, stop))
    x, y = signal.axes_manager.signal_axes
    assert (x.name, y.name, x.units, y.units) == ("x", "y", "nm", "nm")
    assert x.scale == y.scale == pytest.approx(0.02) and (x.size, y.size) == (16, 12)
    # Regions of interest, which come out empty with a negative scale: rows 2 to 4, columns 1 to 5.
    region = hs.roi.RectangularROI(0.02, 0.04, 0.12, 0.10)(signal.inav[0])
    np.testing.assert_array_equal(np.asarray(region.data), images(start, stop)[0, 2:5, 1:6])
    navigation = signal.axes_manager.navigation_axes[0]
    assert (navigation.name, navigation.offset, navigation.size) == ("index", start, stop - start)
    assert signal.metadata.Acquisition_instrument.TEM.acquisition_mode == "STEM"
    assert signal.metadata.Signal.quantity == "counts"
    assert signal.metadata.General.title == "fake"


@needs("hyperspy")
@pytest.mark.parametrize("suffix", [".hspy"])
def test_hyperspy_needs_no_hint_for_its_own_suffix(pristine, tmp_path, suffix):
    import shutil

    import hyperspy.api as hs

    shutil.copy(pristine.directory / "shards/000000.h5", tmp_path / f"copy{suffix}")
    np.testing.assert_array_equal(hs.load(str(tmp_path / f"copy{suffix}")).data, images(0, 5))


@needs("silx")
@pytest.mark.parametrize(("name", "start", "stop"), FILES)
def test_silx_plots_the_default_nxdata(pristine, name, start, stop):
    """The chain of ``default`` attributes leads from the root to the images, as in silx view and h5web."""
    from silx.io import open as silx_open
    from silx.io.nxdata import get_default
    from silx.math.calibration import ArrayCalibration

    with silx_open(str(pristine.directory / name)) as file:
        data = get_default(file)
        assert data is not None and data.is_valid
        assert data.interpretation == "image"
        assert list(data.axes_dataset_names) == ["index", "y", "x"]
        np.testing.assert_array_equal(data.signal[()], images(start, stop))
        np.testing.assert_allclose(data.axes[2][()], np.arange(16) * 0.02)
        np.testing.assert_allclose(data.axes[1][()], np.arange(12)[::-1] * 0.02, atol=1e-15)
        # How silx places an image: row 0 at the first value, the next one a step further, y upwards.
        calibration = ArrayCalibration(data.axes[1][()])
        assert calibration.is_affine() and calibration.get_slope() == pytest.approx(-0.02)
        assert calibration(0) == pytest.approx(0.22)
        assert [axis.attrs["units"] for axis in data.axes[1:]] == ["nm", "nm"]


@needs("silx")
def test_silx_accepts_every_group_that_says_it_is_nxdata(pristine):
    from silx.io import open as silx_open
    from silx.io.nxdata import NXdata

    with silx_open(str(pristine.directory / "stack.h5")) as file:
        for path in (
            "dataset/images",
            "dataset/clean",
            "dataset/labels/particle_mask",
            "dataset/labels/column_ids",
        ):
            data = NXdata(file[path])
            assert data.is_valid, data.issues


@needs("silx")
def test_silx_accepts_further_arrays(tmp_path):
    from silx.io import open as silx_open
    from silx.io.nxdata import NXdata

    plan = extra_plan(images=3, per_shard=2)
    generate_dataset(plan, tmp_path / "d", render=extra_render)
    for name in ("stack.h5", "shards/000001.h5"):
        with silx_open(str(tmp_path / "d" / name)) as file:
            for extra in plan.extras:
                data = NXdata(file[f"dataset/{extra}"])
                assert data.is_valid, data.issues
            assert list(NXdata(file["dataset/diffraction"]).axes_dataset_names)[-2:] == ["qy", "qx"]


@needs("mlcroissant")
def test_croissant_validates_offline_and_yields_the_records(pristine, monkeypatch):
    import mlcroissant
    from absl import logging as absl_logging

    monkeypatch.chdir(pristine.directory)
    warned: list[str] = []
    monkeypatch.setattr(absl_logging, "warning", lambda text, *rest: warned.append(str(text)))
    dataset = mlcroissant.Dataset(jsonld="croissant.json")
    report = (
        dataset.metadata.issues.report()
        if hasattr(dataset.metadata, "issues")
        else dataset.metadata.ctx.issues.report()
    )
    assert report == "" and warned == []
    records = list(dataset.records("images"))
    assert len(records) == 23
    plan = fake_plan()
    for index, record in enumerate(records):
        job = plan[index]
        assert record["images/image_id"].decode() == job.image_id
        assert (record["images/shard"], record["images/index"]) == divmod(index, 5)
        for name in ("split", "geometry", "class_name"):
            assert record[f"images/{name}"].decode() == getattr(job, name)
        # All 64 bits of them.
        for name in ("orientation_seed", "noise_seed"):
            assert int(record[f"images/{name}"]) == getattr(job, name)
        assert record["images/truth/quaternion"] == [0.5, 0.5, -0.5, job.replicate]
        assert record["images/simulation_params/imaging.sigma"] == job.varied["imaging.sigma"]
        assert record["images/simulation_params/pixel_size"] == 0.2
        assert record["images/simulation_params/noise.preset"].decode() == job.varied["noise.preset"]
