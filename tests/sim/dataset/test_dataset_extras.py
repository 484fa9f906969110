"""Further arrays of every image (detectors, exit waves, 4D data) through shards, master, verify, merge."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from dataset_fakes import FakePlan, Names, extra_plan, extra_render, fake_plan, fake_render

from sim.core.canonical import array_sha256, canonical_json
from sim.core.errors import InputError, IntegrityError
from sim.core.types import Sample
from sim.dataset import checks, folder, shard, stored
from sim.dataset.croissant import croissant_document
from sim.dataset.document import check_document
from sim.dataset.durable import file_sha256
from sim.dataset.finish import document_sha256
from sim.dataset.form import Form, form_of
from sim.dataset.info import describe
from sim.dataset.merge import merge
from sim.dataset.nodes import Stack, piece, stacked
from sim.dataset.reader import Dataset
from sim.dataset.run import generate_dataset
from sim.dataset.verify import verify

NAMES = ["detector_bright_field", "detector_segments", "diffraction", "exit_wave_phase", "mean_pattern"]


def rendered(index: int) -> Sample:
    return extra_render(extra_plan()[index], {}, lambda: None)


def make(directory, **options):
    return generate_dataset(extra_plan(images=7, per_shard=3), directory, render=extra_render, **options)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Seven images in three shards; nobody writes to it."""
    return make(tmp_path_factory.mktemp("extras") / "d")


def copied(made, tmp_path) -> Path:
    import shutil

    return Path(shutil.copytree(made.directory, tmp_path / "copy"))


def rewritten(directory: Path, document: dict) -> None:
    """Put a document in place with hashes that fit it."""
    for number, item in enumerate(document["shards"]):
        path = directory / f"shards/{number:06d}.h5"
        item.update(bytes=path.stat().st_size, sha256=file_sha256(path))
    document["document_sha256"] = document_sha256(document)
    (directory / "dataset.json").write_text(json.dumps(document), encoding="utf-8")


# --- what was there before -------------------------------------------------------------------


def _plain_render(job, structures, cancel):
    index = int(job.image_id[-5:])
    image = ((np.arange(12 * 16).reshape(12, 16) * (index + 3)) % 251).astype(np.uint16)
    atoms = index % 3
    return Sample(
        image=image,
        clean=(image * np.float32(0.25)).astype(np.float32),
        labels={"particle_mask": (image > 100).astype(np.uint8)},
        tables={"atoms": {"x": 0.5 * np.arange(atoms), "number": np.full(atoms, 79, np.int64)}},
        truth={"quaternion": (1.0, 0.0, 0.0, 0.25 * index), "atoms": atoms},
    )


def test_datasets_without_extras_are_what_they_were_before_there_were_any(tmp_path):
    """The digest of this dataset as the version without extras made it."""
    done = generate_dataset(fake_plan(), tmp_path / "d", render=_plain_render)
    assert done.content_sha256 == "28b6d79db2b7c12899883461e4177161a97dd6256903e74968851dd90be240bc"
    assert not {"extras", "environments"} & {*done.document, *done.document["form"]}
    assert '"tier":"B"' not in (tmp_path / "d/manifest.jsonl").read_text(encoding="utf-8")


def test_arrays_of_a_sample_without_extras_keep_their_order():
    sample = fake_render(fake_plan()[5], {}, lambda: None)
    assert [name for name, _ in sample.arrays()][:3] == ["images", "clean", "labels/column_ids"]
    assert {record.tier for record in sample.records()} == {"A"}


# --- there and back --------------------------------------------------------------------------


def test_reader_shard_and_master_return_what_was_rendered(made):
    with Dataset(made.directory) as dataset, h5py.File(made.directory / "stack.h5") as master:
        assert dataset.extra_names() == NAMES
        for index in (6, 0, 3):
            sample = rendered(index)
            for name in NAMES:
                np.testing.assert_array_equal(dataset.extra(name, index), sample.extras[name])
                assert dataset.array(name, index).dtype == np.float32
                np.testing.assert_array_equal(master[f"dataset/{name}/data"][index], sample.extras[name])
                shown = master[f"dataset/{name}/data"]
                assert shown.is_virtual and shown.shape == (7, *sample.extras[name].shape)
        some = dataset.extra("diffraction", 4, slice(2, 5))
        np.testing.assert_array_equal(some, rendered(4).extras["diffraction"][2:5])
        with pytest.raises(InputError, match="is not in this dataset"):
            dataset.extra("particle_mask", 0)
    assert verify(made.directory).problems == ()


def test_every_axis_of_an_array_is_calibrated(made):
    """Scan axes as the images have them; a pattern's own axes are the plan's, highest qy on top."""
    for name in ("shards/000001.h5", "stack.h5"):
        with h5py.File(made.directory / name) as file:
            group = file["dataset/diffraction"]
            assert list(group.attrs["axes"]) == ["index", "y", "x", "qy", "qx"]
            np.testing.assert_array_equal(group["y"], (11 - np.arange(12)) * 0.02)
            np.testing.assert_allclose(group["qy"], [12.5, 7.5, 2.5, -2.5, -7.5, -12.5])
            np.testing.assert_allclose(group["qx"], np.arange(10) * 5.0 - 22.5)
            assert (group["dim3"].attrs["units"], group["dim1"].attrs["units"]) == ("mrad", "nm")
            assert group.attrs["emd_group_type"] == "array" and group.attrs["NX_class"] == "NXdata"
            assert group["data"].attrs["units"] == "electrons"
            segments = file["dataset/detector_segments"]
            assert list(segments.attrs["axes"]) == ["index", "y", "x", "segment"]
            assert segments.attrs["interpretation"] == "spectrum"
            assert file["dataset/exit_wave_phase/data"].attrs["units"] == "rad"
            assert list(file["dataset/mean_pattern"].attrs["axes"]) == ["index", "qy", "qx"]


def test_the_manifest_names_the_tier_of_every_array(made):
    line = json.loads((made.directory / "manifest.jsonl").read_text().splitlines()[2])
    tiers = {record["name"]: record["tier"] for record in line["arrays"]}
    assert tiers["labels/particle_mask"] == tiers["atoms/x"] == "A"
    assert {tiers[name] for name in ("images", "clean", "truth", "columns/xy", *NAMES)} == {"B"}
    assert [name for name in tiers if name in NAMES] == NAMES
    assert {item["name"]: item["tier"] for item in made.document["arrays"]} == {
        name: tier for name, tier in tiers.items() if name != "truth"
    }


def test_parts_and_resumed_runs_give_the_same_dataset(made, tmp_path):
    make(tmp_path / "a", shards=(0, 2))
    make(tmp_path / "b", shards=(2, 3))
    whole = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "whole")
    assert whole.content_sha256 == made.content_sha256
    assert verify(whole.directory).problems == ()
    assert make(tmp_path / "a", resume=True).content_sha256 == made.content_sha256
    assert describe(tmp_path / "b")["extras"]["diffraction"] == [12, 16, 6, 10]


def test_the_environment_of_tier_b_is_recorded_by_shard(made, tmp_path, monkeypatch):
    (found,) = made.document["environments"]
    assert found["shards"] == [[0, 3]]
    assert found["environment"]["libraries"]["numpy"] == np.__version__
    assert found["environment"]["cpu_features"] and found["environment"]["machine"]
    make(tmp_path / "a", shards=(0, 1))
    make(tmp_path / "a2", shards=(2, 3))
    monkeypatch.setattr(shard, "environment", lambda: {"machine": "other"})
    make(tmp_path / "b", shards=(1, 2))
    whole = merge([tmp_path / "a", tmp_path / "b", tmp_path / "a2"], tmp_path / "whole")
    shards = {item["environment"]["machine"]: item["shards"] for item in whole.document["environments"]}
    assert shards.pop("other") == [[1, 2]]
    assert list(shards.values()) == [[[0, 1], [2, 3]]]


def test_info_and_croissant_name_them(made):
    facts = describe(made.directory)
    assert facts["extras"] == {item: list(rendered(0).extras[item].shape) for item in NAMES}
    text = croissant_document(made.document).decode()
    assert "diffraction (12, 16, 6, 10) f4 in electrons" in text


# --- pieces and memory -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((512, 512), (512, 512)),
        ((64, 64, 128, 128), (1, 16, 128, 128)),  # 16 patterns of 64 KiB
        ((20, 20, 16, 16), (20, 20, 16, 16)),
        ((8, 8, 1024, 1024), (1, 1, 256, 1024)),
        ((512, 512, 4), (128, 512, 4)),
    ],
)
def test_chunks_are_whole_patterns_of_about_a_mebibyte(shape, expected):
    assert piece(shape, 4) == expected


@pytest.mark.parametrize("shape", [(5, 7, 3, 11), (9, 4, 6), (1, 1, 40, 3)])
def test_images_in_several_chunks_come_back(tmp_path, monkeypatch, shape):
    """Also where the last chunk of a side goes beyond the image."""
    monkeypatch.setattr("sim.dataset.nodes.PIECE_BYTES", 260)
    images = np.random.default_rng(3).random((2, *shape), dtype=np.float32)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        stack = Stack(stacked(images.shape, np.dtype(np.float32))(file))
        for position, image in enumerate(images):
            stack.write(position, image)
        assert file["data"].chunks[0] == 1 and file["data"].chunks[1:] != shape
    with h5py.File(tmp_path / "x.h5") as file:
        np.testing.assert_array_equal(file["data"][...], images)


def test_large_shards_grow_on_disk_and_hold_the_same(made, tmp_path, monkeypatch):
    monkeypatch.setattr(shard, "IN_MEMORY", 0)
    done = make(tmp_path / "d")
    assert done.content_sha256 == made.content_sha256
    assert verify(done.directory).problems == ()
    assert not [path for path in done.directory.rglob("*.tmp")]


@pytest.mark.parametrize("room", [0, 4_000, 60_000, 100_000])
def test_a_disk_that_runs_full_under_a_large_shard_is_told_in_a_sentence(tmp_path, monkeypatch, room):
    """Wherever HDF5 is when it happens: in the header, in a chunk, while closing."""
    from sim.dataset import spill

    written = 0

    class Small(spill.Spill):
        def write(self, content):
            return self._kept(lambda: self._room(content), len(content))

        def _room(self, content):
            nonlocal written
            written += len(content)
            if written > room:
                raise OSError(28, "No space left on device")
            return self._stream.write(content)

    monkeypatch.setattr(spill, "Spill", Small)
    monkeypatch.setattr(shard, "IN_MEMORY", 0)
    with pytest.raises(InputError, match="the disk is full"):
        make(tmp_path / "d")
    assert not [
        path for path in (tmp_path / "d").rglob("*") if path.is_file() and path.suffix in (".h5", ".tmp")
    ]


def test_a_cancelled_large_shard_leaves_nothing(tmp_path, monkeypatch):
    from sim.core.errors import Cancelled

    monkeypatch.setattr(shard, "IN_MEMORY", 0)

    def render(job, structures, cancel):
        if job.image_id.endswith("1"):
            raise Cancelled("stopped")
        return extra_render(job, structures, cancel)

    with pytest.raises(Cancelled):
        generate_dataset(extra_plan(images=3), tmp_path / "d", render=render)
    assert not [path for path in (tmp_path / "d").rglob("*.h5*")]


def test_arrays_are_hashed_in_blocks_of_rows(made, monkeypatch):
    monkeypatch.setattr(stored, "HASHED_AT_ONCE", 5 * 16 * 6 * 10 * 4)  # five of twelve rows
    with Dataset(made.directory) as dataset:
        record = next(item for item in made.document["arrays"] if item["name"] == "diffraction")
        reader = stored.ArrayReader(dataset.shard(1), record, 3)
        asked = []
        monkeypatch.setattr(
            stored.ArrayReader, "__call__",
            lambda self, position, rows=slice(None): asked.append(rows) or self._data[position, rows],
        )  # fmt: skip
        shape, sha256 = reader.hashed(1)
    assert shape == (12, 16, 6, 10) and [rows.start for rows in asked] == [0, 5, 10]
    assert sha256 == array_sha256(rendered(4).extras["diffraction"])


def test_disk_and_memory_count_them(tmp_path, monkeypatch):
    plan = extra_plan(images=7)
    extras = 4 * 12 * 16 * (1 + 4 + 60 + 1) + 4 * 60
    assert checks.extra_bytes(plan) == extras and checks.extra_bytes(fake_plan()) == 0
    assert checks.disk_bytes(plan, 7) - checks.disk_bytes(fake_plan(), 7) == 7 * extras
    monkeypatch.setattr(folder, "free_bytes", lambda directory: checks.disk_bytes(plan, 7) - 1)
    with pytest.raises(InputError, match="the disk is too small"):
        make(tmp_path / "d")


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda extras: {**extras, "depth": extras["mean_pattern"]}, "the plan says"),
        (lambda extras: {**extras, "mean_pattern": extras["mean_pattern"].T}, "the plan says"),
        (
            lambda extras: {**extras, "mean_pattern": extras["mean_pattern"].astype(float)},
            "no dataset stores",
        ),
    ],
)
def test_extras_that_the_plan_did_not_announce_are_refused(tmp_path, change, sentence):
    def render(job, structures, cancel):
        sample = extra_render(job, structures, cancel)
        return replace(sample, extras=change(dict(sample.extras)))

    with pytest.raises(IntegrityError, match=sentence):
        generate_dataset(extra_plan(images=2), tmp_path / "d", render=render)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("images", (4, 4)), ("atoms", (4,)), ("../x", (4,)), ("x", ()), ("x", (0, 4)), ("x", (2,) * 5),
     ("x", (1 << 21,)), ("x", (1 << 16, 1 << 17)), ("labels/x", (3,))],
)  # fmt: skip
def test_names_and_sizes_that_no_dataset_can_hold_are_refused_before_work(name, shape):
    plan = fake_plan()
    plan.extras = {name: shape}
    with pytest.raises(InputError, match="cannot be an array of a dataset"):
        form_of(plan)


def _edit(document: dict, change: str) -> None:
    extras = document["form"]["extras"]
    arrays = {item["name"]: item for item in document["arrays"]}
    if change == "shape":
        arrays["diffraction"]["shape"][3] = 11
    elif change == "terabyte":
        extras["diffraction"]["shape"] = arrays["diffraction"]["shape"] = [12, 16, 1 << 16, 1 << 16]
    elif change == "missing":
        del extras["mean_pattern"]
    elif change == "name":
        extras["../x"] = extras.pop("mean_pattern")
    elif change == "axis":
        extras["diffraction"]["axes"][0][0] = "data"
    elif change == "step":
        extras["diffraction"]["axes"][0][3] = 0.0
    elif change == "axes":
        extras["diffraction"]["axes"] = []
    elif change == "environments":
        document["environments"][0]["shards"] = "all"
    else:
        extras["mean_pattern"] = [6, 10]


@pytest.mark.parametrize(
    "change", ["shape", "terabyte", "missing", "name", "axis", "step", "axes", "environments", "kind"]
)
def test_a_document_with_impossible_extras_is_refused(made, change):
    document = json.loads((made.directory / "dataset.json").read_text())
    check_document(document)
    _edit(document, change)
    with pytest.raises(IntegrityError, match=r"dataset\.json: "):
        check_document(document)


def test_a_changed_value_is_found(made, tmp_path):
    """Also where the hashes of files were made to fit."""
    directory = copied(made, tmp_path)
    with h5py.File(directory / "shards/000001.h5", "r+") as file:
        file["dataset/diffraction/data"][1, 11, 15, 5, 9] += 1
        file["dataset/mean_pattern/dim1"][0] = 99.0
    assert any("000001.h5: was changed" in problem for problem in verify(directory).problems)
    rewritten(directory, json.loads((directory / "dataset.json").read_text()))
    problems = verify(directory).problems
    assert len(problems) == 2
    assert "diffraction of icosahedron_00004 differs from its hash" in problems[0]
    assert "/dataset/mean_pattern/dim1 has other values" in problems[1]


def test_a_master_that_shows_other_values_is_found(made, tmp_path):
    directory = copied(made, tmp_path)
    with h5py.File(directory / "stack.h5", "r+") as file:
        group = file["dataset/diffraction"]
        attributes = dict(group["data"].attrs)
        del group["data"]
        group.create_dataset("data", data=np.zeros((7, 12, 16, 6, 10), np.float32)).attrs.update(attributes)
    document = json.loads((directory / "dataset.json").read_text())
    path = directory / "stack.h5"
    document["files"]["stack.h5"] = {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
    rewritten(directory, document)
    assert any(
        "diffraction/data holds values of its own" in problem for problem in verify(directory).problems
    )


def test_forms_of_datasets_with_and_without_extras_read_back(made):
    tree = made.document["form"]
    assert Form(**tree).tree() == json.loads(canonical_json(tree))
    assert "extras" not in form_of(fake_plan()).tree()
    varied = extra_plan(vary=(Names(path="image.pixel_size"),))
    assert [axis.unit for axis in form_of(varied).axes_of("diffraction")] == ["px", "px", "mrad", "mrad"]


def test_plans_of_existing_models_have_none():
    from sim.plan.plan import Plan, collect_structures
    from sim.recipe.toml import load_recipe

    recipe = load_recipe("au55_four_classes")
    assert Plan(recipe, collect_structures(recipe)).extras == {}
    assert getattr(FakePlan, "extras", {}) == {}
