"""Exports of further arrays, of HDF5 to train from, and of standardised arrays with their constants."""

from __future__ import annotations

import csv
import json

import h5py
import numpy as np
import pytest
import tifffile
from dataset_fakes import extra_plan, extra_render

from sim.core.errors import InputError
from sim.dataset.export.export import export_dataset
from sim.dataset.export.scaling import BLOCK, Scaling, percentile_scaled, standardised
from sim.dataset.run import generate_dataset

COUNT = 7


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    directory = tmp_path_factory.mktemp("export_extras") / "d"
    return generate_dataset(extra_plan(images=COUNT, per_shard=3), directory, render=extra_render)


def samples(split):
    plan = extra_plan(images=COUNT)
    jobs = [plan[index] for index in range(COUNT) if plan[index].split == split]
    return [(job, extra_render(job, {}, lambda: None)) for job in jobs]


def table(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_extras_are_written_when_asked_for(made, tmp_path):
    export_dataset(made.directory, tmp_path / "usual")
    usual = {name for name in files(tmp_path / "usual") if name.startswith("npy/train")}
    assert usual == {f"npy/train/{name}.npy" for name in ("images", "clean", "particle_mask", "column_ids")}
    export_dataset(made.directory, tmp_path / "out", arrays=("extras", "particle_mask"))
    assert {name for name in files(tmp_path / "out") if name.startswith("npy/train")} == {
        f"npy/train/{name}.npy" for name in (*extra_plan().extras, "particle_mask")
    }
    found = np.load(tmp_path / "out/npy/train/diffraction.npy")
    np.testing.assert_array_equal(
        found, np.stack([item.extras["diffraction"] for _, item in samples("train")])
    )
    assert json.loads((tmp_path / "out/export.json").read_text())["arrays"][-1] == "labels/particle_mask"


def test_arrays_asked_for_are_standardised_each_by_itself_and_labels_never(made, tmp_path):
    names = ("images", "clean", "detector_segments", "labels/particle_mask")
    export_dataset(made.directory, tmp_path / "out", ("npy", "hdf5"), standardise="standardise", arrays=names)
    rows = {(row["image_id"], row["array"]): row for row in table(tmp_path / "out/scaling.csv")}
    assert len(rows) == 3 * COUNT
    for name, values_of in (
        ("images", lambda sample: sample.image),
        ("clean", lambda sample: sample.clean),
        ("detector_segments", lambda sample: sample.extras["detector_segments"]),
    ):
        stack = np.load(tmp_path / "out/npy/train" / f"{name}.npy")
        assert stack.dtype == np.float32
        with h5py.File(tmp_path / "out/hdf5/train.h5") as file:
            np.testing.assert_array_equal(file[name], stack)
            constants = {key: data[...] for key, data in file["scaling"][name].items()}
        for place, (job, sample) in enumerate(samples("train")):
            values, row = values_of(sample).astype(float), rows[job.image_id, name]
            assert abs(stack[place].mean(dtype=float)) < 1e-6
            assert stack[place].var(dtype=float) == pytest.approx(1.0, abs=1e-6)
            assert float(row["mean"]) == pytest.approx(values.mean(), rel=1e-14)
            assert float(row["variance"]) == pytest.approx(values.var(), rel=1e-13)
            assert {key: float(row[key]) for key in constants} == {
                key: data[place] for key, data in constants.items()
            }
            restored = stack[place] * np.sqrt(float(row["variance"])) + float(row["mean"])
            np.testing.assert_allclose(restored, values, atol=1e-6 * values.max())
    masks = np.load(tmp_path / "out/npy/train/particle_mask.npy")
    np.testing.assert_array_equal(
        masks, np.stack([item.labels["particle_mask"] for _, item in samples("train")])
    )
    report = json.loads((tmp_path / "out/export.json").read_text())
    assert report["scaled"] == list(names[:3])
    readme = (tmp_path / "out/README.txt").read_text()
    assert (
        "Scaling (standardise) of images, clean, detector_segments: every image was brought to mean 0"
        in readme
    )
    assert "detector_segments: 12 x 16 x 4, float32, scaled, electrons (tier B)" in readme
    assert "labels/particle_mask: 12 x 16, u1 (tier A)" in readme


def test_hdf5_of_a_split_can_be_trained_from(made, tmp_path):
    export_dataset(made.directory, tmp_path / "out", ("hdf5",), arrays=("images", "diffraction", "labels"))
    assert files(tmp_path / "out/hdf5") == {f"{split}.h5" for split in ("train", "validation", "test")}
    expected = samples("validation")
    with h5py.File(tmp_path / "out/hdf5/validation.h5") as file:
        assert list(file["image_id"].asstr()) == [job.image_id for job, _ in expected]
        assert file["images"].dtype == np.uint16
        np.testing.assert_array_equal(file["images"], np.stack([item.image for _, item in expected]))
        np.testing.assert_array_equal(
            file["diffraction"], np.stack([item.extras["diffraction"] for _, item in expected])
        )
        masks = np.stack([item.labels["particle_mask"] for _, item in expected])
        np.testing.assert_array_equal(file["labels/particle_mask"], masks)
        classes = list(file.attrs["classes"])
        assert [classes[number] for number in file["class_index"]] == [job.class_name for job, _ in expected]
        assert list(file["class_name"].asstr()) == [job.class_name for job, _ in expected]
        assert file.attrs["content_sha256"] == made.content_sha256 and file.attrs["split"] == "validation"
        assert "scaling" not in file and file["images"].chunks == (1, 12, 16)
        assert file["pixel_size"][0] == 0.2
    assert "scaling.csv" not in files(tmp_path / "out")


def test_tiff_of_several_pictures_are_channels(made, tmp_path):
    names = ("images", "detector_segments", "column_ids")
    export_dataset(made.directory, tmp_path / "out", ("tiff",), standardise="standardise", arrays=names)
    job, sample = samples("test")[0]
    folder = tmp_path / "out/tiff/test"
    segments = sample.extras["detector_segments"].astype(float)
    with tifffile.TiffFile(folder / "detector_segments" / f"{job.image_id}.tif") as file:
        found = file.asarray()
        assert file.series[0].axes == "CYX" and file.imagej_metadata["unit"] == "nm"
    expected = (segments - segments.mean()) / segments.std()
    np.testing.assert_allclose(np.moveaxis(found, 0, 2), expected, atol=1e-6)
    np.testing.assert_array_equal(
        tifffile.imread(folder / "column_ids" / f"{job.image_id}.tif"), sample.labels["column_ids"]
    )
    assert tifffile.imread(folder / f"{job.image_id}.tif").dtype == np.float32
    assert not (tmp_path / "out/npy").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"arrays": ("difraction",)}, "did you mean 'diffraction'"),
        ({"arrays": ()}, "names no array"),
        ({"arrays": ("diffraction",), "formats": ("tiff",)}, "cannot become TIFF"),
        ({"arrays": ("mean_pattern",), "formats": ("tiff",)}, "cannot become TIFF"),
    ],
)
def test_arrays_that_cannot_be_written_are_refused_before_work(made, tmp_path, options, sentence):
    with pytest.raises(InputError, match=sentence):
        export_dataset(made.directory, tmp_path / "out", **{"formats": ("npy",), **options})
    assert not (tmp_path / "out").exists()


def test_a_full_disk_under_hdf5_is_told_in_a_sentence(made, tmp_path, monkeypatch):
    from sim.dataset import spill

    class Full(spill.Spill):
        def write(self, content):
            def fail():
                raise OSError(28, "No space left on device")

            return self._kept(fail, len(content))

    monkeypatch.setattr(spill, "Spill", Full)
    with pytest.raises(InputError, match="the disk is full"):
        export_dataset(made.directory, tmp_path / "out", ("hdf5",))
    assert not list((tmp_path / "out").rglob("*.h5"))


def test_constants_do_not_depend_on_the_size_of_blocks():
    """The sum is exactly rounded over all blocks: 3 · 2⁵³ + 1 would be lost in any rounded sum."""
    values = np.zeros(3 * BLOCK + 5)
    values[[0, BLOCK, 2 * BLOCK]] = 2.0**53
    values[-1] = 1.0
    found = standardised(values)
    assert found.mean == (3 * 2**53 + 1) / values.size
    assert found == standardised(values[::-1])
    np.testing.assert_array_equal(found.stored(values), found.apply(values).astype(np.float32))


def test_flat_arrays_have_no_variance_and_scale_one():
    found = standardised(np.full((3, 4, 2), 5.0, np.float32))
    assert found == Scaling(5.0, 1.0, mean=5.0, variance=0.0)
    assert percentile_scaled(np.arange(101.0), 1, 99).variance is None


def test_the_command_line_passes_arrays_on(made, tmp_path):
    from app.cli.main import run

    words = ["export", str(made.directory), "--output", str(tmp_path / "out"), "--progress", "none"]
    assert run([*words, "--arrays", "images, mean_pattern", "--scale", "standardise"]) == 0
    assert files(tmp_path / "out/npy/test") == {"images.npy", "mean_pattern.npy"}
    assert run([*words[:3], str(tmp_path / "other"), "--arrays", "nothing"]) == 2
