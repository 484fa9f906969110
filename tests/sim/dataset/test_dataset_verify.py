"""Every kind of tampering is named, also by someone who mended all file hashes afterwards."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from dataset_fakes import FakeCatalogue, FakePlan, FakeRecipe, fake_plan, fake_render

from sim.core.canonical import canonical_json, sha256_of
from sim.core.errors import InputError
from sim.dataset.croissant import croissant_document
from sim.dataset.durable import file_sha256
from sim.dataset.finish import document_sha256, document_text
from sim.dataset.run import Summary, generate_dataset
from sim.dataset.verify import verify


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Summary:
    """13 images in shards of 5, 5 and 3."""
    return generate_dataset(
        fake_plan(images=13), tmp_path_factory.mktemp("small") / "data", render=fake_render
    )


def facts(path: Path) -> dict[str, object]:
    return {"bytes": path.stat().st_size, "sha256": file_sha256(path)}


def reseal(directory: Path, **changes: object) -> None:
    """Mend every file hash, so that only the deeper checks are left to notice."""
    document = json.loads((directory / "dataset.json").read_text())
    document.update(changes)
    for shard in document["shards"]:
        if (directory / shard["file"]).exists():
            shard.update(facts(directory / shard["file"]))
    for name in ("manifest.jsonl", *(name for name in document["files"] if name.startswith("structures/"))):
        document["files"][name] = facts(directory / name)
    (directory / "croissant.json").write_bytes(croissant_document(document))
    for name in ("stack.h5", "croissant.json"):
        document["files"][name] = facts(directory / name)
    document["document_sha256"] = document_sha256(document)
    (directory / "dataset.json").write_bytes(document_text(document))


def lines_of(directory: Path) -> list[dict]:
    return [json.loads(line) for line in (directory / "manifest.jsonl").read_text().splitlines()]


def write_lines(directory: Path, lines: list[dict]) -> None:
    (directory / "manifest.jsonl").write_text("".join(canonical_json(line) + "\n" for line in lines))


def edit_line(directory: Path, number: int, **changes: object) -> None:
    lines = lines_of(directory)
    lines[number].update(changes)
    write_lines(directory, lines)


def problems(directory: Path) -> str:
    report = verify(directory)
    assert all(problem.endswith(".") and "\n" not in problem for problem in report.problems)
    return "\n".join(report.problems)


def test_a_sound_dataset_has_no_problems(pristine):
    report = verify(pristine.directory)
    assert report.problems == () and report.sound
    assert report.images == 13 and report.content_sha256 == pristine.content_sha256


def test_a_changed_job_does_not_fit_its_hash(damaged):
    lines = lines_of(damaged)
    lines[6]["job"]["imaging"]["sigma"] += 0.25
    write_lines(damaged, lines)
    assert "its job was changed" in problems(damaged)


def test_workers_find_what_one_process_finds(damaged):
    with h5py.File(damaged / "shards/000002.h5", "r+") as file:
        file["dataset/images/data"][1, 2, 3] += 1
    alone = verify(damaged)
    assert len(alone.problems) == 1  # the file, which is not opened then
    assert verify(damaged, workers=2).problems == alone.problems
    reseal(damaged)
    alone = verify(damaged)
    assert len(alone.problems) == 1 and "differs from its hash" in alone.problems[0]
    assert verify(damaged, workers=2).problems == alone.problems


def test_resealing_alone_changes_nothing(damaged):
    reseal(damaged)
    assert problems(damaged) == ""


# --- manifest --------------------------------------------------------------------------------

CHANGED_VALUES = [
    ({"image_id": "wire_00007"}, "image_id is not that of its job"),
    ({"structure_id": "other"}, "structure_id is not that of its job"),
    ({"geometry": "other"}, "geometry is not that of its job"),
    ({"orientation_seed": 5}, "orientation_seed is not that of its job"),
    ({"noise_seed": 7005}, "noise_seed is not that of its job"),
    ({"split": "test"}, "split is not that of its job"),
    ({"structures": ["0" * 64]}, "structures is not that of its job"),
    ({"simulation_params": {"sigma": 0.6}}, "simulation_params are not those of its job"),
    ({"truth": {"quaternion": [1, 0, 0, 0]}}, "its truth was changed"),
    ({"dataset_version": "v2"}, "dataset_version is not that of dataset.json"),
    ({"git_tag": "v9"}, "git_tag is not that of dataset.json"),
    ({"created_at": "2000-01-01T00:00:00Z"}, "created_at is not that of dataset.json"),
    ({"job_sha256": "0" * 64}, "its job was changed"),
    ({"shard": 3}, "not in order"),
    ({"index": 4}, "not in order"),
    ({"extra": 1}, "unknown field 'extra'"),
    ({"index": "0"}, "index is not of the right type"),
    ({"arrays": []}, "its list of arrays is not that"),
]


#: Changes of value, each on a line of its own; the rest change the form or the order of lines.
VALUES = 13


def test_every_changed_value_of_the_manifest_is_found(damaged):
    """One change a line; each is named with its line, and file hashes are mended."""
    lines = lines_of(damaged)
    for line, (change, _) in zip(lines, CHANGED_VALUES[:VALUES], strict=True):
        line.update(change)
    write_lines(damaged, lines)
    reseal(damaged)
    found = problems(damaged)
    for number, (_, sentence) in enumerate(CHANGED_VALUES[:VALUES], start=1):
        assert re.search(rf"line {number} .*{re.escape(sentence)}", found), sentence


@pytest.mark.parametrize(("change", "sentence"), CHANGED_VALUES[VALUES:])
def test_a_change_of_form_is_found(damaged, change, sentence):
    edit_line(damaged, 6, **change)
    reseal(damaged)
    assert sentence in problems(damaged)


def test_a_changed_value_is_found_twice_by_the_file_and_by_the_line(damaged):
    edit_line(damaged, 6, split="test")
    found = problems(damaged)
    assert "manifest.jsonl: was changed" in found and "split is not that of its job" in found


@pytest.mark.parametrize(
    "path", ["imaging.sigma", "noise.preset", "image.pixel_size", "class_name", "specimen_key"]
)
def test_a_changed_job_is_found_even_with_its_hash_mended(damaged, path):
    """Columns of the shard and content_sha256 still hold the old values."""
    lines = lines_of(damaged)
    job = lines[6]["job"]
    *groups, last = path.split(".")
    for name in groups:
        job = job[name]
    job[last] = job[last] + 0.25 if isinstance(job[last], float) else "changed"
    lines[6]["job_sha256"] = sha256_of(lines[6]["job"])
    write_lines(damaged, lines)
    reseal(damaged)
    assert "content_sha256 does not fit" in problems(damaged)


def test_a_changed_truth_is_found_even_with_its_hash_mended(damaged):
    lines = lines_of(damaged)
    lines[6]["truth"]["electrons"] += 1.0
    lines[6]["arrays"][-1]["sha256"] = sha256_of(lines[6]["truth"])
    write_lines(damaged, lines)
    reseal(damaged)
    found = problems(damaged)
    assert "samples/electrons of decahedron_00006 is not what the manifest says" in found
    assert "content_sha256 does not fit" in found


def test_a_changed_array_record_is_found(damaged):
    changes = {"sha256": "0" * 64, "dtype": "u4", "shape": [12, 17], "tier": "B", "name": "image"}
    lines = lines_of(damaged)
    for line, (key, value) in zip(lines, changes.items(), strict=False):
        line["arrays"][0][key] = value
    write_lines(damaged, lines)
    reseal(damaged)
    found = problems(damaged)
    for line in lines[: len(changes)]:
        assert line["image_id"] in found
    assert lines[len(changes)]["image_id"] not in found


def test_a_missing_line_is_found(damaged):
    lines = lines_of(damaged)
    del lines[6]
    write_lines(damaged, lines)
    reseal(damaged)
    found = problems(damaged)
    assert "decahedron_00006 of shards/000001.h5 is missing" in found
    assert "has 12 images and dataset.json states 13" in found


def test_all_lines_of_a_shard_missing_is_found(damaged):
    lines = lines_of(damaged)
    write_lines(damaged, lines[:5] + lines[10:])
    found = problems(damaged)
    assert found.count("of shards/000001.h5 is missing") == 5


def test_an_extra_image_is_found(damaged):
    lines = lines_of(damaged)
    extra = json.loads(json.dumps(lines[-1]))
    extra["index"] += 1
    extra["image_id"] = extra["job"]["image_id"] = "decahedron_99999"
    extra["job_sha256"] = sha256_of(extra["job"])
    write_lines(damaged, [*lines, extra])
    reseal(damaged)
    found = problems(damaged)
    assert "decahedron_99999 is not in shards/000002.h5, which holds 3 images" in found


def test_a_duplicate_id_is_found(damaged):
    lines = lines_of(damaged)
    write_lines(damaged, [*lines[:8], lines[7], *lines[8:]])
    assert "the image id already stands in line 8" in problems(damaged)


def test_exchanged_lines_are_found(damaged):
    lines = lines_of(damaged)
    lines[6], lines[7] = lines[7], lines[6]
    write_lines(damaged, lines)
    reseal(damaged)
    found = problems(damaged)
    assert "not in order" in found and "content_sha256 does not fit" in found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"not json\n", "no valid JSON"),
        (b"[1,2]\n", "is not a JSON object"),
        (b'{"image_id":"x"}\n', "lacks structure_id"),
        (b'{"a":1,"a":2}\n', "a key is given twice"),
        (b'{"a":NaN}\n', "NaN is no JSON number"),
        (b"[" * 100_000 + b"\n", "nested too deeply"),
        (b'{"a":"' + b"x" * (9 << 20) + b'"}\n', "longer than"),
        (b"\xff\xfe\n", "not UTF-8"),
        (b'{"image_id":' + b"9" * 5000 + b"}\n", "cannot be read"),
    ],
)
def test_hostile_lines_are_refused_in_a_sentence(damaged, text, sentence):
    path = damaged / "manifest.jsonl"
    path.write_bytes(path.read_bytes() + text)
    assert sentence in problems(damaged)


# --- shards ----------------------------------------------------------------------------------


def test_a_changed_pixel_is_found_in_every_array(damaged):
    """A different image for every array, so that each finding is its own."""
    stacks = ("images", "clean", "labels/particle_mask", "labels/column_ids")
    with h5py.File(damaged / "shards/000001.h5", "r+") as file:
        for position, name in enumerate(stacks):
            file[f"dataset/{name}/data"][position, 3, 4] += 1
    reseal(damaged)
    found = problems(damaged)
    ids = [line["image_id"] for line in lines_of(damaged)]
    for position, name in enumerate(stacks):
        assert f"shards/000001.h5: {name} of {ids[5 + position]} differs from its hash" in found
    assert found.count("differs from its hash") == len(stacks)


def test_a_changed_table_value_is_found_in_every_column(damaged):
    columns = ("atoms/x", "atoms/number", "columns/xy", "columns/resolved")
    with h5py.File(damaged / "shards/000001.h5", "r+") as file:
        for row, name in enumerate(columns):
            data = file[f"dataset/{name}"]
            data[row] = ~data[row] if data.dtype == bool else data[row] + 1
    reseal(damaged)
    found = problems(damaged)
    for name in columns:
        assert found.count(f"{name} of") == 1


def test_moved_offsets_are_found(damaged):
    with h5py.File(damaged / "shards/000001.h5", "r+") as file:
        file["dataset/atoms/offsets"][2] += 1
    reseal(damaged)
    assert "atoms/x of" in problems(damaged)


def test_rows_that_no_image_uses_are_found(damaged):
    with h5py.File(damaged / "shards/000002.h5", "r+") as file:
        values = np.append(file["dataset/atoms/x"][...], 5.0)
        del file["dataset/atoms/x"]
        file["dataset/atoms/x"] = values
    reseal(damaged)
    assert "the offsets of atoms do not fit its values" in problems(damaged)


SAMPLE_COLUMNS = [
    "image_id", "structure_id", "geometry", "class_name", "split", "specimen_key", "replicate", "repeat",
    "orientation_seed", "noise_seed", "pixel_size", "imaging.sigma", "noise.preset", "quaternion",
    "electrons", "seated",
]  # fmt: skip


def test_a_changed_value_is_found_in_every_sample_column(damaged):
    with h5py.File(damaged / "shards/000001.h5", "r+") as file:
        for column in SAMPLE_COLUMNS:
            data = file[f"dataset/samples/{column}"]
            if h5py.check_string_dtype(data.dtype):
                data[2] = "changed"
            elif data.dtype == bool:
                data[2] = not data[2]
            else:
                data[2] = data[2] + 1
    reseal(damaged)
    found = problems(damaged)
    for column in SAMPLE_COLUMNS:
        assert f"samples/{column} of icosahedron_00007 is not what the manifest says" in found


def test_the_list_of_columns_is_complete(pristine):
    with h5py.File(pristine.directory / "shards/000000.h5") as file:
        assert sorted(file["dataset/samples"]) == sorted(SAMPLE_COLUMNS)


def test_removed_and_added_sample_columns_are_found(damaged):
    with h5py.File(damaged / "shards/000001.h5", "r+") as file:
        del file["dataset/samples/electrons"]
        file["dataset/samples/lucky_number"] = np.arange(5)
    reseal(damaged)
    found = problems(damaged)
    assert "shards/000001.h5: lacks /dataset/samples/electrons" in found
    assert "shards/000001.h5: holds /dataset/samples/lucky_number, which the dataset did not make" in found


def test_missing_and_extra_shards_are_found(damaged):
    shutil.copy(damaged / "shards/000001.h5", damaged / "shards/000077.h5")
    (damaged / "shards/000002.h5").unlink()
    found = problems(damaged)
    assert "shards/000002.h5: is missing" in found
    assert "shards/000077.h5: does not belong to the dataset" in found


def test_exchanged_shards_are_found(damaged):
    one, two = damaged / "shards/000000.h5", damaged / "shards/000001.h5"
    spare = damaged / "shards/spare"
    one.rename(spare), two.rename(one), spare.rename(two)
    reseal(damaged)
    assert "images of decahedron_00006 differs from its hash" in problems(damaged)


@pytest.mark.parametrize("length", [0, 100, 4000])
def test_truncated_and_foreign_files_are_reported_not_raised(damaged, length):
    for name in ("shards/000001.h5", "stack.h5"):
        path = damaged / name
        path.write_bytes(path.read_bytes()[:length])
    found = problems(damaged)
    assert "shards/000001.h5: was changed" in found and "stack.h5: was changed" in found
    reseal(damaged)
    found = problems(damaged)
    assert "shards/000001.h5: is truncated or no HDF5 file" in found
    assert "stack.h5: is truncated or no HDF5 file" in found


# --- dataset.json, master, Croissant ---------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"images": 22}, "hold 13 images and it states 22"),
        ({"licence": "CC0-1.0"}, "was edited after it was written"),
        ({"citation": "me"}, "was edited after it was written"),
        ({"content_sha256": "0" * 64}, "content_sha256 does not fit the manifest"),
        ({"classes": {"decahedron": 13}}, "the counts by classes do not fit"),
        ({"splits": {}}, "the counts by splits do not fit"),
        ({"created_at": "2000-01-01T00:00:00Z"}, "created_at is not that of dataset.json"),
        ({"recipe": {"seed": 9, "noise": {"preset": "x"}}}, "the recipe does not fit recipe_sha256"),
        ({"shards": "many"}, "lacks what reading needs"),
        ({"format": "other"}, "is not the description of a dataset"),
        ({"schema_version": "1"}, "schema_version is not of the right type"),
        ({"structures": ["../../etc/passwd"]}, "is no structure hash"),
        ({"files": 3}, "files is not of the right type"),
        ({"structures": 5}, "structures is not of the right type"),
        ({"form": {}}, "form is not of the right type"),
        ({"recipe": "x"}, "recipe is not of the right type"),
        ({"software": None}, "software is not of the right type"),
        ({"classes": None}, "classes is not of the right type"),
        ({"splits": {"train": 3}}, "splits is not of the right type"),
        ({"arrays": [{"name": "images"}]}, "arrays is not of the right type"),
        ({"columns": {"x": {"kind": "object", "length": 0, "unit": ""}}}, "columns is not of the right type"),
        ({"shards": []}, "shards is not of the right type"),
        ({"images": True}, "images is not of the right type"),
        ({"name": 1}, "name is not of the right type"),
    ],
)
def test_edits_of_dataset_json_are_found(damaged, changes, sentence):
    document = json.loads((damaged / "dataset.json").read_text())
    document.update(changes)
    (damaged / "dataset.json").write_text(json.dumps(document))
    assert sentence in problems(damaged)


def test_paths_outside_the_dataset_are_refused(damaged):
    document = json.loads((damaged / "dataset.json").read_text())
    document["shards"][1]["file"] = "../../shards/000001.h5"
    (damaged / "dataset.json").write_text(json.dumps(document))
    assert "names '../../shards/000001.h5' where shards/000001.h5 must be" in problems(damaged)


def test_broken_dataset_json_is_reported(damaged):
    path = damaged / "dataset.json"
    path.write_bytes(path.read_bytes()[:50])
    assert "dataset.json: cannot be read" in problems(damaged)


def test_a_newer_layout_is_refused(damaged):
    document = json.loads((damaged / "dataset.json").read_text())
    document["schema_version"] = 99
    (damaged / "dataset.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match="newer version"):
        verify(damaged)


def test_no_dataset_and_unfinished_datasets_are_told_apart(tmp_path):
    with pytest.raises(InputError, match="holds no dataset"):
        verify(tmp_path)
    generate_dataset(fake_plan(), tmp_path / "part", render=fake_render, shards=(0, 2))
    with pytest.raises(InputError, match="unfinished"):
        verify(tmp_path / "part")
    with pytest.raises(InputError, match="is no folder"):
        verify(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["manifest.jsonl", "stack.h5", "croissant.json"])
def test_missing_files_are_found(damaged, name):
    (damaged / name).unlink()
    assert f"{name}: is missing" in problems(damaged)


def test_a_changed_croissant_file_is_found(damaged):
    path = damaged / "croissant.json"
    path.write_text(path.read_text().replace("CC-BY-4.0", "CC0-1.0"))
    assert "croissant.json: does not fit dataset.json" in problems(damaged)


def test_a_master_that_points_elsewhere_is_found(damaged):
    """Virtual sources outside shards/, in the wrong order, and real data in their place."""
    with h5py.File(damaged / "stack.h5", "r+") as file:
        group = file["dataset/images"]
        del group["data"]
        plan = h5py.VirtualLayout((13, 12, 16), "u2")
        plan[:5] = h5py.VirtualSource("/etc/passwd", "x", (5, 12, 16))
        group.create_virtual_dataset("data", plan)
    reseal(damaged)
    assert "points to '/etc/passwd', outside shards/" in problems(damaged)


@pytest.mark.parametrize("real", [False, True])
def test_a_master_that_shows_something_else_is_found(damaged, real):
    with h5py.File(damaged / "stack.h5", "r+") as file:
        group = file["dataset/images"]
        del group["data"]
        if real:
            group.create_dataset("data", data=np.ones((13, 12, 16), "u2"))
        else:
            plan = h5py.VirtualLayout((13, 12, 16), "u2")
            for shard, start in enumerate((5, 0, 10)):
                count = 3 if shard == 2 else 5
                source = h5py.VirtualSource(f"shards/{shard:06d}.h5", "dataset/images/data", (count, 12, 16))
                plan[start : start + count] = source
            group.create_virtual_dataset("data", plan)
    reseal(damaged)
    assert "stack.h5: images/data" in problems(damaged)


@pytest.mark.parametrize("name", ["samples/electrons", "atoms/offsets"])
def test_changed_values_of_the_master_are_found(damaged, name):
    with h5py.File(damaged / "stack.h5", "r+") as file:
        file[f"dataset/{name}"][3] += 1
    reseal(damaged)
    assert "stack.h5:" in problems(damaged)


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege there")
@pytest.mark.parametrize("name", ["manifest.jsonl", "shards/000001.h5", "shards", "stack.h5", "dataset.json"])
def test_symbolic_links_are_refused(damaged, tmp_path, name):
    path = damaged / name
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert "is a symbolic link" in problems(damaged)


# --- snapshots -------------------------------------------------------------------------------


@pytest.fixture
def with_snapshots(tmp_path):
    snapshots = pytest.importorskip("sim.specimen.snapshots")
    from sim.core.types import Structure, on_position_grid

    assert snapshots
    positions = on_position_grid(np.array([[0.0, 0.1, 0.2], [3.0, -1.5, 2.0]]))
    structure = Structure(np.array([79, 47]), positions)
    plan = FakePlan(FakeRecipe(images=4), FakeCatalogue({structure.sha256: structure}))
    generate_dataset(plan, tmp_path / "d", render=fake_render)
    return tmp_path / "d", structure.sha256


def test_a_snapshot_is_written_for_every_structure(with_snapshots):
    directory, sha256 = with_snapshots
    assert [path.name for path in (directory / "structures").iterdir()] == [f"{sha256}.h5"]
    assert verify(directory).problems == ()
    assert json.loads((directory / "dataset.json").read_text())["structures"] == [sha256]


@pytest.mark.parametrize("damage", ["changed", "missing", "truncated", "extra"])
def test_damaged_snapshots_are_found(with_snapshots, damage):
    directory, sha256 = with_snapshots
    path = directory / f"structures/{sha256}.h5"
    if damage == "changed":
        with h5py.File(path, "r+") as file:
            file["positions"][0, 0] += 1.0
    elif damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:200])
    else:
        shutil.copy(path, path.with_name("0" * 64 + ".h5"))
    assert "structures/" in problems(directory)
