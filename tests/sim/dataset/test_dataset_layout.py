"""The tree inside shards and master: axes, units, aliases, tables; plain h5py and our reader see the same."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from dataset_fakes import FakePlan, FakeRecipe, Names, fake_plan, fake_render
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.canonical import array_sha256
from sim.core.errors import InputError, IntegrityError
from sim.core.types import Sample
from sim.dataset.info import describe
from sim.dataset.reader import Dataset
from sim.dataset.regenerate import regenerate
from sim.dataset.run import generate_dataset
from sim.dataset.samples import as_kind, columns_of, common_kind, kind_of, row
from sim.dataset.verify import verify


def rendered(index: int) -> Sample:
    return fake_render(fake_plan()[index], {}, lambda: None)


@pytest.mark.parametrize(("name", "start", "count"), [("shards/000001.h5", 5, 5), ("stack.h5", 0, 23)])
def test_axes_are_calibrated_in_nanometres(pristine, name, start, count):
    """0.2 Å pixels: row 0 is the top, 0.22 nm above row 11; index runs over the whole dataset."""
    with h5py.File(pristine.directory / name) as file:
        for path in ("dataset/images", "dataset/clean", "dataset/labels/particle_mask"):
            group = file[path]
            assert list(group.attrs["axes"]) == ["index", "y", "x"]
            assert group["data"].shape == (count, 12, 16)
            np.testing.assert_array_equal(group["index"], np.arange(start, start + count))
            np.testing.assert_array_equal(group["y"], (11 - np.arange(12)) * 0.02)
            np.testing.assert_array_equal(group["x"], np.arange(16) * 0.02)
            assert group["dim1"].attrs["units"] == group["dim2"].attrs["units"] == "nm"
            assert (group["dim1"].attrs["name"], group["dim2"].attrs["name"]) == ("y", "x")
            assert group.attrs["interpretation"] == group["data"].attrs["interpretation"] == "image"
        axis = file["Experiments/images/axis-2"].attrs
        assert (axis["name"], axis["scale"], axis["units"], axis["size"]) == ("x", 0.02, "nm", 16)
        assert file["Experiments/images/axis-0"].attrs["offset"] == start


def test_varying_pixel_size_gives_axes_in_pixels_and_a_column(tmp_path):
    plan = fake_plan(vary=(Names(path="image.pixel_size"),))
    generate_dataset(plan, tmp_path / "d", render=fake_render)
    with h5py.File(tmp_path / "d/stack.h5") as file:
        assert file["dataset/images/dim2"].attrs["units"] == "px"
        np.testing.assert_array_equal(file["dataset/images/x"], np.arange(16))
        np.testing.assert_array_equal(file["dataset/images/y"], np.arange(12)[::-1])
        np.testing.assert_array_equal(file["dataset/samples/pixel_size"], np.full(23, 0.2))
        assert file["dataset/samples/pixel_size"].attrs["units"] == "Å/px"
    assert verify(tmp_path / "d").problems == ()


def test_aliases_are_soft_links_to_one_array(pristine):
    with h5py.File(pristine.directory / "shards/000000.h5") as file:
        for name in ("images", "Experiments/images/data"):
            link = file.get(name, getlink=True)
            assert isinstance(link, h5py.SoftLink) and link.path == "/dataset/images/data"
        assert file["images"][2].tolist() == rendered(2).image.tolist()
        assert (file.attrs["emd_group_type"], file.attrs["NX_class"]) == ("file", "NXroot")
        assert (file["dataset"].attrs["emd_group_type"], file["dataset"].attrs["NX_class"]) == (
            "root",
            "NXentry",
        )


def test_chunks_are_single_images_with_plain_compression(pristine):
    with h5py.File(pristine.directory / "shards/000000.h5") as file:
        for name in ("images", "clean", "labels/column_ids"):
            data = file[f"dataset/{name}/data"]
            assert (data.chunks, data.compression, data.compression_opts, data.shuffle) == (
                (1, 12, 16),
                "gzip",
                1,
                True,
            )


def test_the_master_shows_every_shard_from_any_working_directory(pristine, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    moved = pristine.directory.rename(pristine.directory.with_name("moved"))
    try:
        with h5py.File(moved / "stack.h5") as file:
            for index in (0, 4, 5, 22):
                sample = rendered(index)
                np.testing.assert_array_equal(file["images"][index], sample.image)
                np.testing.assert_array_equal(
                    file["dataset/labels/column_ids/data"][index], sample.labels["column_ids"]
                )
                first, end = file["dataset/atoms/offsets"][index : index + 2]
                np.testing.assert_array_equal(file["dataset/atoms/x"][first:end], sample.tables["atoms"]["x"])
            assert file["dataset/samples/image_id"].asstr()[20] == "wire_00020"
    finally:
        moved.rename(pristine.directory)


def test_the_reader_returns_what_was_rendered(pristine):
    with Dataset(pristine.directory) as dataset:
        assert len(dataset) == 23 and dataset.shape == (12, 16) and dataset.dtype == np.uint16
        assert dataset.label_names() == ["column_ids", "particle_mask"]
        for index in (0, 3, 7, 22, 1):
            sample = rendered(index)
            np.testing.assert_array_equal(dataset.image(index), sample.image)
            np.testing.assert_array_equal(dataset.clean(index), sample.clean)
            np.testing.assert_array_equal(
                dataset.label("particle_mask", index), sample.labels["particle_mask"]
            )
            for table, columns in sample.tables.items():
                found = dataset.table(table, index)
                assert set(found) == set(columns)
                for name, values in columns.items():
                    np.testing.assert_array_equal(found[name], values)
            assert dataset.line(index)["image_id"] == fake_plan()[index].image_id
        samples = dataset.samples()
        assert samples["noise.preset"][:3] == ["a", "b", "a"]
        np.testing.assert_array_equal(
            samples["orientation_seed"], np.array([2**62 + i for i in range(23)], np.uint64)
        )
        assert samples["quaternion"].shape == (23, 4)
        assert samples["seated"].dtype == bool
        with pytest.raises(InputError, match="0 to 22"):
            dataset.image(23)
        with pytest.raises(InputError, match="is not in this dataset"):
            dataset.array("depth", 0)


def test_a_missing_shard_is_an_error_not_zeros(damaged):
    """Behind the virtual master a missing shard reads as zeros; the reader must not."""
    (damaged / "shards/000001.h5").unlink()
    with h5py.File(damaged / "stack.h5") as file:
        assert not file["images"][6].any()
    with Dataset(damaged) as dataset, pytest.raises(IntegrityError, match=r"000001\.h5: is missing"):
        dataset.image(6)


def test_manifest_lines_have_the_published_fields(pristine):
    line = json.loads((pristine.directory / "manifest.jsonl").read_text().splitlines()[7])
    job = fake_plan()[7]
    assert line["image_id"] == job.image_id
    assert (line["shard"], line["index"], line["split"]) == (1, 2, "test")
    assert line["orientation_seed"] == str(2**62 + 7)  # above 2⁵³: text
    assert line["noise_seed"] == 7007
    assert line["simulation_params"] == {
        "sigma": 1.375, "alpha": 1.0, "pixel_size": 0.2, "noise_preset": "poisson_medium",
        "imaging.sigma": 1.375, "noise.preset": "b",
    }  # fmt: skip
    names = [record["name"] for record in line["arrays"]]
    assert names == ["images", "clean", "labels/column_ids", "labels/particle_mask",
                     "atoms/number", "atoms/x",
                     "columns/resolved", "columns/xy", "truth"]  # fmt: skip
    image = line["arrays"][0]
    assert (
        image["sha256"] == array_sha256(rendered(7).image)
        and image["shape"] == [12, 16]
        and image["tier"] == "A"
    )


def test_dataset_json_states_counts_of_classes_and_splits(pristine):
    document = pristine.document
    assert document["classes"] == {"decahedron": 8, "icosahedron": 8, "wire": 7}
    assert {name: item["images"] for name, item in document["splits"].items()} == {
        "train": 12,
        "validation": 6,
        "test": 5,
    }
    assert sum(document["splits"]["train"]["classes"].values()) == 12
    assert document["recipe"]["seed"] == 7


def test_describe_tells_finished_from_unfinished(pristine, tmp_path):
    found = describe(pristine.directory)
    assert (found["state"], found["images"], found["done"], found["shape"]) == ("complete", 23, 23, [12, 16])
    assert found["bytes"] == sum(
        path.stat().st_size for path in pristine.directory.rglob("*") if path.is_file()
    )
    generate_dataset(fake_plan(), tmp_path / "part", render=fake_render, shards=(1, 3))
    assert found["noise"] == "poisson_medium"
    part = describe(tmp_path / "part")
    assert part["noise"] == "poisson_medium"
    assert (part["state"], part["images"], part["done"], part["shards_done"]) == ("unfinished", 23, 10, 2)
    with pytest.raises(InputError, match="holds no dataset"):
        describe(tmp_path)


def test_a_preset_that_varies_is_not_described_as_the_preset(tmp_path):
    class Varied(FakeRecipe):
        def tree(self):
            return {**super().tree(), "vary": [{"path": "noise.preset", "law": "choice"}]}

    made = generate_dataset(FakePlan(Varied(images=3)), tmp_path / "d", render=fake_render)
    assert describe(made.directory)["noise"] == "varies"


def test_a_dataset_of_varying_pixel_size_can_be_resumed(tmp_path):
    """The journal leaves out what has no value, such as the one pixel size."""
    plan = fake_plan(vary=(Names(path="image.pixel_size"),))
    generate_dataset(plan, tmp_path / "d", render=fake_render, shards=(0, 2))
    made = generate_dataset(plan, tmp_path / "d", render=fake_render, resume=True)
    assert verify(made.directory).problems == ()


# --- regenerate ------------------------------------------------------------------------------


def test_regenerate_compares_every_array(pristine):
    made = regenerate(
        pristine.directory, "icosahedron_00007", render=fake_render, read_job=lambda tree: fake_plan()[7]
    )
    assert made.equal and made.remark == "" and made.pixel_size == 0.2
    assert [item.name for item in made.comparisons] == [name for name, _ in rendered(7).arrays()] + ["truth"]


def test_regenerate_names_the_arrays_that_differ(pristine):
    def render(job, structures, cancel):
        sample = fake_render(job, structures, cancel)
        sample.labels["particle_mask"][0, 0] ^= 1
        return sample

    made = regenerate(
        pristine.directory, "icosahedron_00007", render=render, read_job=lambda tree: fake_plan()[7]
    )
    assert [item.name for item in made.comparisons if not item.equal] == ["labels/particle_mask"]
    assert made.remark


def test_regenerate_refuses_unknown_images_and_changed_jobs(damaged):
    with pytest.raises(InputError, match="no such image"):
        regenerate(damaged, "nobody", render=fake_render, read_job=lambda tree: fake_plan()[7])
    manifest = damaged / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace('"sigma":1.375', '"sigma":1.25'))
    with pytest.raises(IntegrityError, match="its job was changed"):
        regenerate(damaged, "icosahedron_00007", render=fake_render, read_job=lambda tree: fake_plan()[7])


# --- columns and ragged tables ---------------------------------------------------------------

scalars = st.one_of(st.booleans(), st.integers(-(2**60), 2**60), st.floats(-1e9, 1e9), st.text(max_size=5))


@given(st.lists(st.lists(scalars, min_size=1, max_size=4), min_size=1, max_size=4))
def test_columns_of_shards_join_as_if_they_were_one(parts):
    """Whatever values a choice mixes, shard columns brought to their common kind keep every value."""
    columns = [columns_of([{"value": value} for value in part])["value"] for part in parts]
    kind = common_kind([kind_of(column) for column in columns])
    joined = [item for column in columns for item in np.asarray(as_kind(column, kind), dtype=object)]
    values = [value for part in parts for value in part]
    assert len(joined) == len(values)
    for found, value in zip(joined, values, strict=True):
        if kind[0] == "text":
            assert found == value if isinstance(value, str) else isinstance(found, str)
        else:
            assert float(found) == pytest.approx(float(value), rel=1e-15)


def test_a_truth_that_hides_a_column_is_refused():
    job = fake_plan()[0].tree()
    with pytest.raises(IntegrityError, match="split"):
        row(job, {"split": "mine"})
    with pytest.raises(IntegrityError, match="cannot be the name"):
        row(job, {"../x": 1})


class _Ragged:
    """Renders tables of given lengths."""

    def __init__(self, lengths):
        self.lengths = lengths

    def __call__(self, job, structures, cancel):
        sample = fake_render(job, structures, cancel)
        index = int(job.image_id[-5:])
        count = self.lengths[index]
        tables = {
            "atoms": {"x": np.arange(count) + 0.5 * index, "number": np.full(count, index, np.uint8)},
            "columns": {"xy": np.arange(2.0 * count).reshape(count, 2)},
        }
        return Sample(sample.image, sample.clean, sample.labels, tables, sample.truth)


@settings(max_examples=6)
@given(lengths=st.lists(st.integers(0, 5), min_size=1, max_size=6), step=st.integers(2, 4))
def test_ragged_tables_come_back(tmp_path_factory, lengths, step):
    """Empty images, empty shards and empty tables included; shard, master and reader agree."""
    plan = FakePlan(FakeRecipe(images=len(lengths), per_shard=step, height=8, width=8))
    directory = tmp_path_factory.mktemp("ragged") / "d"
    generate_dataset(plan, directory, render=_Ragged(lengths))
    with Dataset(directory) as dataset, h5py.File(directory / "stack.h5") as master:
        offsets = master["dataset/atoms/offsets"][...]
        assert offsets.tolist() == [0, *np.cumsum(lengths).tolist()]
        for index, count in enumerate(lengths):
            table = dataset.table("atoms", index)
            np.testing.assert_array_equal(table["x"], np.arange(count) + 0.5 * index)
            np.testing.assert_array_equal(table["number"], np.full(count, index))
            first, end = offsets[index : index + 2]
            np.testing.assert_array_equal(master["dataset/atoms/x"][first:end], table["x"])
            np.testing.assert_array_equal(
                master["dataset/columns/xy"][first:end], np.arange(2.0 * count).reshape(count, 2)
            )
    assert verify(directory).problems == ()
