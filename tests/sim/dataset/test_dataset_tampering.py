"""A dataset of unknown origin: files that crash HDF5, trees that were changed, hashes made to fit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from dataset_fakes import FakeCatalogue, FakePlan, FakeRecipe, fake_plan, fake_render

from sim.core.canonical import canonical_json
from sim.core.errors import Cancelled, InputError, IntegrityError
from sim.core.types import Structure, on_position_grid
from sim.dataset.croissant import croissant_document
from sim.dataset.durable import file_sha256
from sim.dataset.export.export import export_dataset
from sim.dataset.finish import document_sha256, document_text
from sim.dataset.hostile import opened, parse_json
from sim.dataset.info import describe
from sim.dataset.pool import Died, map_in_children
from sim.dataset.reader import Dataset
from sim.dataset.regenerate import regenerate
from sim.dataset.run import generate_dataset
from sim.dataset.verify import verify


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """7 images in shards of 5 and 2, with the snapshot of a structure."""
    positions = on_position_grid(np.array([[0.0, 0.1, 0.2], [3.0, -1.5, 2.0]]))
    structure = Structure(np.array([79, 47]), positions)
    plan = FakePlan(FakeRecipe(images=7), FakeCatalogue({structure.sha256: structure}))
    directory = tmp_path_factory.mktemp("sound") / "d"
    generate_dataset(plan, directory, render=fake_render)
    return directory


@pytest.fixture
def copy(sound, tmp_path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "copy"))


def reseal(directory: Path) -> None:
    """Make every hash of a file fit it again."""
    document = json.loads((directory / "dataset.json").read_text())
    (directory / "croissant.json").write_bytes(croissant_document(document))
    facts = [(document["files"][name], name) for name in document["files"]]
    facts += [(shard, shard["file"]) for shard in document["shards"]]
    for entry, name in facts:
        path = directory / name
        entry.update({"bytes": path.stat().st_size, "sha256": file_sha256(path)})
    document["document_sha256"] = document_sha256(document)
    (directory / "dataset.json").write_bytes(document_text(document))


def flip(path: Path, byte: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[byte] ^= 1 << bit
    path.write_bytes(content)


def problems(directory: Path) -> list[str]:
    report = verify(directory)
    assert all(problem.endswith(".") and "\n" not in problem for problem in report.problems)
    return list(report.problems)


# --- children --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trouble:
    """What a child process does."""

    kind: str
    memory: int = 0
    seconds: int = 0


def make_trouble(item: Trouble) -> str:
    """At the top of the module, for child processes."""
    if item.kind == "crash":
        os.abort()
    if item.kind == "memory":
        return str(len(bytearray(20 << 30)))
    if item.kind == "sleep":
        time.sleep(60)
    if item.kind == "mistake":
        raise KeyError("oops")
    return item.kind


@pytest.mark.parametrize("workers", [1, 3])
def test_a_child_that_dies_costs_only_its_own_file(workers):
    kinds = ["a", "crash", "b", "crash", "c"]
    found = list(map_in_children(make_trouble, map(Trouble, kinds), workers, lambda: None))
    assert [item for item in found if not isinstance(item, Died)] == ["a", "b", "c"]
    assert found[1] == found[3] == Died("is damaged: reading it crashes the HDF5 library")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is bounded on Linux")
def test_a_child_that_wants_all_memory_gets_none():
    (found,) = map_in_children(make_trouble, [Trouble("memory")], 1, lambda: None)
    assert isinstance(found, Died) and "more memory" in found.problem


def test_a_mistake_in_a_child_is_no_damage():
    with pytest.raises(RuntimeError, match="oops"):
        list(map_in_children(make_trouble, [Trouble("mistake")], 1, lambda: None))


def test_children_are_stopped_when_the_user_stops():
    def cancel():
        if time.monotonic() > begun + 0.5:
            raise Cancelled("stopped")

    begun = time.monotonic()
    with pytest.raises(Cancelled):
        list(map_in_children(make_trouble, [Trouble("sleep")] * 2, 2, cancel))
    assert time.monotonic() < begun + 30


def test_a_script_without_a_main_guard_can_verify(sound, tmp_path):
    script = tmp_path / "check.py"
    script.write_text(
        "import sys\nfrom sim.dataset.verify import verify\nprint('once', verify(sys.argv[1]).problems)\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, str(script), str(sound)], capture_output=True, text=True, check=True, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.stdout == "once ()\n"


# --- files that crash HDF5 -------------------------------------------------------------------


@pytest.fixture(scope="module")
def crashing(tmp_path_factory) -> Path:
    """A dataset of the engine whose stack.h5 has one flipped bit, in front of which HDF5 1.14 crashes."""
    from sim.core.settings import validate
    from sim.plan.plan import Plan, collect_structures
    from sim.recipe.model import Recipe

    source = tmp_path_factory.mktemp("xyz")
    (source / "one.xyz").write_text("1\n\nAu 0 0 0\n")
    (source / "two.xyz").write_text("2\n\nAu 0 0 0\nAu 0 0 2.9\n")
    files = [{"name": name, "path": str(source / f"{name}.xyz")} for name in ("one", "two")]
    recipe = validate(
        Recipe,
        {
            "name": "s", "seed": 3, "images": 12,
            "specimen": {"kind": "file", "structure": "one", "files": files},
            "image": {"width": 24, "height": 24},
            "vary": [{"path": "specimen.structure", "law": "grid", "values": ["one", "two"]}],
        },
    )  # fmt: skip
    directory = tmp_path_factory.mktemp("crashing") / "d"
    generate_dataset(Plan(recipe, collect_structures(recipe)), directory)
    flip(directory / "stack.h5", 2760, 4)
    return directory


def test_a_file_with_a_wrong_hash_is_not_opened(crashing):
    assert problems(crashing) == [
        "stack.h5: was changed since it was written (its SHA-256 does not fit dataset.json)."
    ]


def test_a_file_that_may_crash_hdf5_is_a_problem_of_its_own(crashing, tmp_path):
    directory = Path(shutil.copytree(crashing, tmp_path / "copy"))
    reseal(directory)
    found = problems(directory)
    assert found and all(problem.startswith("stack.h5: ") for problem in found)


def test_no_flipped_bit_ends_the_process(copy):
    """Bits of the headers of three kinds of file, hashes made to fit: at most a sentence about the file."""
    names = ["stack.h5", "shards/000001.h5", f"structures/{next((copy / 'structures').iterdir()).name}"]
    whole = {name: (copy / name).read_bytes() for name in names}
    for position in (9, 40, 97, 700, 2760):
        for number, name in enumerate(names):
            flip(copy / name, position + number, position % 8)
        reseal(copy)
        assert all(problem.split(":")[0] in names for problem in problems(copy))
        for name in names:
            (copy / name).write_bytes(whole[name])


@pytest.mark.parametrize("grow", [False, True])
def test_readers_do_not_open_a_shard_with_a_wrong_hash(copy, tmp_path, monkeypatch, grow):
    path = copy / "shards/000001.h5"
    if grow:
        path.write_bytes(path.read_bytes() + b"x")
    else:
        flip(path, 3000, 2)
    monkeypatch.setattr("sim.dataset.reader.opened", None)  # opening it would raise a TypeError
    with Dataset(copy) as dataset, pytest.raises(IntegrityError, match=r"000001\.h5: was changed"):
        dataset.image(6)
    monkeypatch.undo()
    with pytest.raises(IntegrityError, match=r"000001\.h5: was changed"):
        export_dataset(copy, tmp_path / "out", ["npy"])


def test_a_shard_that_changes_while_it_is_read_is_noticed(copy):
    with Dataset(copy) as dataset:
        dataset.image(6)
        dataset.close()
        flip(copy / "shards/000001.h5", 3000, 2)
        with pytest.raises(IntegrityError, match="was changed"):
            dataset.image(6)


def test_regenerate_does_not_open_a_snapshot_with_a_wrong_hash(copy):
    flip(next((copy / "structures").iterdir()), 300, 3)

    def render(job, structures, cancel):
        assert [structures[sha256] for sha256 in job.structures]
        return fake_render(job, structures, cancel)

    line = json.loads((copy / "manifest.jsonl").read_text().splitlines()[2])
    plan = FakePlan(FakeRecipe(images=7), FakeCatalogue(dict.fromkeys(line["structures"])))
    with pytest.raises(IntegrityError, match="structures/.*was changed"):
        regenerate(copy, line["image_id"], render=render, read_job=lambda tree: plan[2])


def test_a_chunk_far_larger_than_the_images_is_refused(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        values = np.ones((32, 1024, 1024), "u1")
        file.create_dataset("data", data=values, chunks=values.shape, compression="gzip", compression_opts=1)
    refused = pytest.raises(IntegrityError, match="has chunks of more than 16777216 bytes")
    with refused, opened(tmp_path / "x.h5", tmp_path):
        pass
    with opened(tmp_path / "x.h5", tmp_path, largest_chunk=32 << 20) as file:
        assert file["data"][0, 0, 0] == 1


# --- changed trees, all hashes made to fit ---------------------------------------------------


def replaced_link(group: h5py.Group, name: str, target: str) -> None:
    del group[name]
    group[name] = h5py.SoftLink(target)


def replaced_data(file: h5py.File, name: str, change) -> None:
    file[name][...] = change(file[name][...])


CHANGES = {
    "points elsewhere": (
        lambda file: replaced_link(file, "images", "/dataset/clean/data"),
        "/images does not point to /dataset/images/data",
    ),
    "no link": (
        lambda file: (file.pop("images"), file.create_dataset("images", data=1)),
        "/images is another kind of link",
    ),
    "axis values": (
        lambda file: replaced_data(file, "dataset/images/dim2", lambda values: values * 2),
        "/dataset/images/dim2 has other values",
    ),
    "axis of a label": (
        lambda file: replaced_data(file, "dataset/labels/column_ids/dim0", lambda values: values + 1),
        "/dataset/labels/column_ids/dim0 has other values",
    ),
    "axis unit": (
        lambda file: file["dataset/clean/dim1"].attrs.modify("units", "m"),
        "/dataset/clean/dim1: its attribute units is not 'nm'",
    ),
    "calibration": (
        lambda file: file["Experiments/images/axis-2"].attrs.modify("scale", 3.0),
        "/Experiments/images/axis-2: its attribute scale is not 0.02",
    ),
    "signal": (
        lambda file: file["dataset/images"].attrs.modify("signal", "dim0"),
        "/dataset/images: its attribute signal is not 'data'",
    ),
    "type of an attribute": (
        lambda file: file.attrs.create("version_major", 1.0),
        "/: its attribute version_major is not 1",
    ),
    "unit of a column": (
        lambda file: file["dataset/samples/pixel_size"].attrs.modify("units", "m"),
        "/dataset/samples/pixel_size: its attribute units is not 'Å/px'",
    ),
    "identity": (lambda file: file.attrs.modify("UUID", "0"), "/: its attribute UUID is not"),
    "title": (
        lambda file: file["dataset/title"].write_direct(np.array("other", dtype=object)),
        "/dataset/title has other values",
    ),
    "another array": (
        lambda file: file["dataset"].create_dataset("truth", data=np.arange(3)),
        "holds /dataset/truth, which the dataset did not make",
    ),
    "another link": (
        lambda file: file.__setitem__("dataset/latest", h5py.SoftLink("/nothing")),
        "holds /dataset/latest, which the dataset did not make",
    ),
    "another attribute": (
        lambda file: file["dataset/images/data"].attrs.create("offset", 100.0),
        "/dataset/images/data has the attribute 'offset', which the dataset did not make",
    ),
    "attribute gone": (
        lambda file: file["dataset/images/data"].attrs.pop("units"),
        "/dataset/images/data lacks the attribute units",
    ),
    "group gone": (lambda file: file.pop("Experiments"), "lacks /Experiments"),
    "another table": (
        lambda file: file["dataset/atoms"].create_group("more"),
        "holds /dataset/atoms/more, which the dataset did not make",
    ),
    "another type": (
        lambda file: (
            file.pop("dataset/images/dim2"),
            file.create_dataset("dataset/images/dim2", data=np.arange(16, dtype="f4")),
        ),
        "/dataset/images/dim2 is float32 (16,) and should be float64 (16,)",
    ),
}


@pytest.mark.parametrize("name", ["shards/000001.h5", "stack.h5"])
def test_every_change_of_a_tree_is_found(sound, tmp_path, name):
    """All at once, except for those that another one would hide."""
    hidden = {"no link", "group gone", "another type"}
    for number, batch in enumerate((set(CHANGES) - hidden, hidden)):
        directory = Path(shutil.copytree(sound, tmp_path / str(number)))
        with h5py.File(directory / name, "r+") as file:
            for what in CHANGES:
                if what in batch:
                    CHANGES[what][0](file)
        reseal(directory)
        found = problems(directory)
        for what in batch:
            assert any(problem.startswith(f"{name}: {CHANGES[what][1]}") for problem in found), (what, found)


def test_a_form_that_does_not_fit_the_images_is_found(copy):
    document = json.loads((copy / "dataset.json").read_text())
    document["form"].update(pixel_size=0.4, title="false")
    (copy / "dataset.json").write_text(json.dumps(document))
    reseal(copy)
    found = "\n".join(problems(copy))
    assert "its pixel size is not that of the form" in found and "the title in its form" in found


def test_a_changed_snapshot_attribute_is_found(copy):
    path = next((copy / "structures").iterdir())
    with h5py.File(path, "r+") as file:
        file["positions"].attrs["units"] = "nm"
    found = problems(copy)
    assert len(found) == 1 and "was changed" in found[0]
    reseal(copy)
    assert any("/positions: its attribute units is not 'Å'" in problem for problem in problems(copy))


# --- dataset.json, strangers, replacement ----------------------------------------------------


def test_json_must_be_utf_8():
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        with pytest.raises(ValueError, match="not UTF-8|no valid JSON"):
            parse_json('{"a": "Å"}'.encode(encoding))
    assert parse_json('{"a": "Å"}'.encode()) == {"a": "Å"}


@pytest.mark.parametrize("field", ["structures", "form", "recipe", "software", "classes", "splits", "files"])
@pytest.mark.parametrize("value", [5, "x", None, {}, []], ids=canonical_json)
def test_mistyped_fields_end_in_a_sentence_everywhere(copy, tmp_path, field, value):
    document = json.loads((copy / "dataset.json").read_text())
    if type(document[field]) is type(value):
        return  # of the right type; what it says is the matter of verify
    document[field] = value
    (copy / "dataset.json").write_text(json.dumps(document))
    for read in (
        describe, Dataset, lambda directory: regenerate(directory, "wire_00002"),
        lambda directory: export_dataset(directory, tmp_path / "out", ["npy"]),
        lambda directory: generate_dataset(fake_plan(), directory, resume=True, render=fake_render),
    ):  # fmt: skip
        with pytest.raises(IntegrityError, match=f"{field} is not of the right type"):
            read(copy)


def test_strangers_at_the_top_are_notes_and_below_are_problems(copy):
    (copy / "notes.txt").write_text("mine")
    (copy / "figures").mkdir()
    (copy / "shards/.000001.h5.77.0123abcd.tmp").write_text("half")
    report = verify(copy)
    assert report.sound
    assert [note.split(":")[0] for note in report.notes] == [
        "figures", "notes.txt", "shards/.000001.h5.77.0123abcd.tmp",
    ]  # fmt: skip
    (copy / "structures/holiday").mkdir()
    assert problems(copy) == ["structures/holiday: does not belong to the dataset."]


def test_a_dataset_replaced_while_it_is_verified_is_not_called_damaged(copy):
    plan = fake_plan(images=6, seed=8)

    def progress(event):
        if not verify_over:
            verify_over.append(True)
            generate_dataset(plan, copy, overwrite=True, render=fake_render)

    verify_over: list[bool] = []
    with pytest.raises(InputError, match="is being replaced by another run"):
        verify(copy, progress=progress)
    assert verify(copy).problems == ()
    with Dataset(copy) as dataset, pytest.raises(InputError, match="is being replaced"), dataset:
        generate_dataset(fake_plan(images=6, seed=9), copy, overwrite=True, render=fake_render)
        dataset.image(0)


def test_a_replacement_being_made_is_no_fault_of_the_old_dataset(copy):
    def render(job, structures, cancel):
        found.append(verify(copy))
        return fake_render(job, structures, cancel)

    found: list = []
    generate_dataset(fake_plan(images=1, seed=8), copy, overwrite=True, render=render)
    assert found[0].sound and ".next" in found[0].notes[0]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("truth", {"electrons": 5}, "its truth was changed"),
        ("noise_seed", 5, "noise_seed is not that of its job"),
        ("split", "test", "split is not that of its job"),
        ("geometry", "other", "geometry is not that of its job"),
        ("simulation_params", {}, "simulation_params are not those of its job"),
    ],
)
def test_regenerate_compares_the_whole_line_with_its_job(copy, field, value, sentence):
    lines = [json.loads(line) for line in (copy / "manifest.jsonl").read_text().splitlines()]
    lines[2][field] = value
    (copy / "manifest.jsonl").write_text("".join(canonical_json(line) + "\n" for line in lines))
    with pytest.raises(IntegrityError, match=sentence):
        regenerate(copy, lines[2]["image_id"], render=fake_render, read_job=lambda tree: fake_plan()[2])
