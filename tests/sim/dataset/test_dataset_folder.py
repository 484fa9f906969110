"""Files of others are left alone, and a refused command leaves nothing behind."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from dataset_fakes import FakeCatalogue, FakePlan, FakeRecipe, Rendering, fake_plan, fake_render

from sim.core.atomic import is_temporary, temporary_path
from sim.core.canonical import canonical_json
from sim.core.errors import Cancelled, InputError, IntegrityError, NanophantomError
from sim.dataset import folder
from sim.dataset import journal as journals
from sim.dataset.info import describe
from sim.dataset.lock import locked
from sim.dataset.merge import merge
from sim.dataset.run import generate_dataset
from sim.dataset.verify import verify


def make(directory, plan=None, **options):
    options.setdefault("render", fake_render)
    return generate_dataset(plan or fake_plan(), directory, **options)


def tree(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


REFUSAL = Rendering(error={"decahedron_00000": (InputError, "imaging.alpha", "is too large")})


# --- files of others -------------------------------------------------------------------------


def test_temporary_names_are_told_from_names_of_users():
    assert is_temporary(temporary_path(Path("shards/000001.h5")).name)
    assert is_temporary(f".{'0a' * 8}.{'1b' * 6}.tmp")  # of a snapshot
    for name in ("notes.tmp", ".tmp", ".notes.tmp", ".a.b.tmp", ".vimrc.12.tmp", "x.7.0123abcd.tmp"):
        assert not is_temporary(name), name


@pytest.mark.parametrize(
    "name", ["results.tmp", ".draft.tmp", "shards.tmp/x", ".next/build.json", ".next/lock"]
)
def test_files_of_users_are_neither_removed_nor_taken_for_nothing(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    for options in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(InputError, match="holds other files"):
            make(tmp_path, **options)
    assert tree(tmp_path) == {name: b"mine"}


def test_a_lock_with_content_is_somebody_elses(tmp_path):
    (tmp_path / "lock").write_text("12345")
    with pytest.raises(InputError, match=r"other files than a dataset \(lock\)"):
        make(tmp_path, overwrite=True)
    assert tree(tmp_path) == {"lock": b"12345"}
    (tmp_path / "lock").write_text("")
    assert make(tmp_path).complete


@pytest.mark.parametrize("name", ["mine.tmp", "shards/mine.tmp"])
def test_a_file_of_a_user_beside_a_dataset_stays(damaged, name):
    (damaged / name).write_text("mine")
    make(damaged, resume=True)
    assert (damaged / name).read_text() == "mine"
    report = verify(damaged)
    assert report.sound == ("/" not in name)
    assert any(sentence.startswith(f"{name}: does not belong") for sentence in report.problems + report.notes)


# --- a refused command -----------------------------------------------------------------------


@pytest.mark.parametrize("before", ["nothing", "parents", "empty", "lock"])
def test_a_refused_run_leaves_the_place_as_it_was(tmp_path, before):
    directory = tmp_path / "a/b" if before == "parents" else tmp_path / "d"
    if before in ("empty", "lock"):
        directory.mkdir()
    if before == "lock":
        (directory / "lock").touch()
    found = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="alpha"):
        make(directory, render=REFUSAL)
    assert sorted(tmp_path.rglob("*")) == found
    assert make(directory, fake_plan(seed=8)).complete


@pytest.mark.parametrize(
    "error", [(Cancelled, "stopped"), (IntegrityError, "odd."), (ZeroDivisionError, "oops")]
)
def test_a_run_that_ends_before_a_shard_is_safe_leaves_nothing(tmp_path, error):
    with pytest.raises((NanophantomError, ZeroDivisionError)):
        make(tmp_path / "d", render=Rendering(error={"decahedron_00003": error}))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_too_small_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "free_bytes", lambda directory: 1000)
    with pytest.raises(InputError, match="disk is too small"):
        make(tmp_path / "d")
    assert list(tmp_path.iterdir()) == []


def test_a_refused_replacement_leaves_the_dataset_alone(damaged):
    before = tree(damaged)
    with pytest.raises(InputError, match="alpha"):
        make(damaged, fake_plan(seed=8), overwrite=True, render=REFUSAL)
    assert tree(damaged) == before and not (damaged / ".next").exists()


def test_a_run_that_is_refused_the_lock_takes_nothing_away(tmp_path):
    with locked(tmp_path):
        with pytest.raises(InputError, match="in use"):
            make(tmp_path)
        assert (tmp_path / "lock").exists()


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there")
def test_a_lock_file_that_was_taken_away_is_no_lock(tmp_path, monkeypatch):
    """Between opening and locking it, another run may end and remove the file."""
    import fcntl

    real = fcntl.flock

    def flock(descriptor, operation):
        (tmp_path / "lock").unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(InputError, match="in use"), locked(tmp_path):
        pass


# --- merge -----------------------------------------------------------------------------------


@pytest.mark.parametrize("existed", [False, True])
@pytest.mark.parametrize("damage", ["shard", "size", "lines", "missing"])
def test_a_merge_that_fails_leaves_nothing(tmp_path, damage, existed):
    parts = [tmp_path / "a", tmp_path / "b"]
    made = make(parts[0], shards=(0, 3)), make(parts[1], shards=(3, 5))
    assert not any(summary.complete for summary in made)
    path = parts[1] / ("shards/000004.jsonl" if damage == "lines" else "shards/000004.h5")
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x" if damage in ("shard", "lines") else content + b"x")
    if damage == "missing":
        path.unlink()
    output = tmp_path / "whole"
    if existed:
        output.mkdir()
    with pytest.raises(IntegrityError, match="000004"):
        merge(parts, output)
    assert output.exists() == existed and (not existed or list(output.iterdir()) == [])
    path.write_bytes(content)
    assert merge(parts, output).complete


def test_a_merge_that_is_stopped_leaves_nothing(tmp_path):
    make(tmp_path / "a", shards=(0, 4))
    make(tmp_path / "b", shards=(4, 5))

    def cancel():
        if list(tmp_path.glob("whole/shards/*.h5")):
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "whole", cancel=cancel)
    assert not (tmp_path / "whole").exists()


# --- the journal -----------------------------------------------------------------------------


@pytest.fixture
def begun(tmp_path) -> Path:
    make(tmp_path / "d", shards=(0, 2))
    return tmp_path / "d"


@pytest.mark.parametrize("line", [0, 1, 2])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.98])
def test_a_flipped_bit_in_the_journal_is_told_and_can_be_replaced(begun, pristine, line, share):
    path = begun / "journal.jsonl"
    lines = [bytearray(text) for text in path.read_bytes().splitlines(keepends=True)]
    lines[line][int(share * len(lines[line]))] ^= 1
    path.write_bytes(b"".join(lines))
    for options in ({"resume": True}, {}):
        with pytest.raises(NanophantomError, match="--overwrite"):
            make(begun, **options)
    assert make(begun, overwrite=True).content_sha256 == pristine.content_sha256


CHANGED_ENTRIES = [
    {"shard": 7}, {"shard": -1}, {"start": 1}, {"stop": 10**9}, {"stop": "5"}, {"bytes": 1.5}, {"bytes": -1},
    {"sha256": 5}, {"rows": 5}, {"rows": {"atoms": "many"}}, {"tally": {"train/wire": 1}}, {"schema": [1]},
    {"columns": [["a"]]}, {"extra": 1},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGED_ENTRIES, ids=map(canonical_json, CHANGED_ENTRIES))
def test_a_hostile_journal_entry_is_refused_in_a_sentence(begun, change):
    """With its hash mended, so that only what it says is left to notice."""
    path = begun / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    entry = json.loads(lines[2])
    del entry[journals.SEAL]
    lines[2] = journals._sealed({**entry, **change})
    path.write_bytes(b"".join(lines))
    with pytest.raises(IntegrityError, match="is damaged .*start again with --overwrite") as caught:
        make(begun, resume=True)
    assert "\n" not in str(caught.value)
    with pytest.raises(IntegrityError, match="is damaged"):
        describe(begun)


@pytest.mark.parametrize("version", [True, "1", None, 1.0])
def test_the_schema_version_of_a_journal_must_be_a_number(begun, version):
    path = begun / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    header = json.loads(lines[0])
    del header[journals.SEAL]
    path.write_bytes(journals._sealed({**header, "schema_version": version}))
    with pytest.raises(IntegrityError, match="schema_version is not of the right type"):
        make(begun, resume=True)


def test_resume_uses_its_own_header(begun, pristine):
    """Of the file only the date and the software are taken."""
    found = journals.read(begun)
    form = {**found.header.form, "pixel_size": 7.5, "title": "false"}
    lines = (begun / "journal.jsonl").read_bytes().splitlines(keepends=True)
    changed = replace(found.header, form=form, recipe={"seed": 1}, created_at="2001-01-01T00:00:00Z")
    journals.begin(begun, changed)
    with (begun / "journal.jsonl").open("ab") as stream:
        stream.writelines(lines[1:])
    summary = make(begun, resume=True)
    assert summary.document["form"] == pristine.document["form"]
    assert summary.document["recipe"] == pristine.document["recipe"]
    assert summary.document["created_at"] == "2001-01-01T00:00:00Z"


def test_a_damaged_snapshot_is_written_again_on_resume(tmp_path):
    import numpy as np

    from sim.core.types import Structure, on_position_grid

    structure = Structure(np.array([79]), on_position_grid(np.zeros((1, 3))))
    plan = FakePlan(FakeRecipe(images=10), FakeCatalogue({structure.sha256: structure}))
    make(tmp_path / "d", plan, shards=(0, 1))
    path = next((tmp_path / "d/structures").iterdir())
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" + content[101:])
    make(tmp_path / "d", plan, resume=True)
    assert path.read_bytes() == content and verify(tmp_path / "d").problems == ()
