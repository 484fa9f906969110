"""Beginning, going on, replacing and refusing: what generate_dataset does with a folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from dataset_fakes import Rendering, fake_plan, fake_render

from sim.core.errors import Cancelled, InputError, IntegrityError, NanophantomError
from sim.dataset import durable, folder, layout
from sim.dataset import journal as journals
from sim.dataset.lock import locked
from sim.dataset.merge import merge
from sim.dataset.run import generate_dataset
from sim.dataset.verify import verify


def names(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def make(directory, plan=None, **options):
    options.setdefault("render", fake_render)
    return generate_dataset(plan or fake_plan(), directory, **options)


def test_finished_folder_holds_exactly_the_layout(pristine):
    shards = {f"shards/{number:06d}.h5" for number in range(5)}
    expected = {"dataset.json", "manifest.jsonl", "stack.h5", "croissant.json", "lock"}
    assert names(pristine.directory) == expected | shards
    assert pristine.complete and pristine.images == pristine.made == 23


@pytest.mark.parametrize("workers", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_digest_is_the_same_for_any_number_of_workers(tmp_path, pristine, workers):
    summary = make(tmp_path / "d", workers=workers)
    assert summary.content_sha256 == pristine.content_sha256
    assert verify(tmp_path / "d").problems == ()


def test_digest_follows_a_change_of_one_pixel(tmp_path, pristine):
    def render(job, structures, cancel):
        sample = fake_render(job, structures, cancel)
        if job.image_id.endswith("00011"):
            sample.image[3, 4] += 1
        return sample

    assert make(tmp_path / "d", render=render).content_sha256 != pristine.content_sha256


def test_digest_does_not_know_dates_or_shards(tmp_path, pristine):
    summary = make(tmp_path / "d", fake_plan(per_shard=9), created_at="2001-02-03T04:05:06Z")
    assert summary.content_sha256 == pristine.content_sha256


def test_time_stamp_follows_source_date_epoch(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    document = make(tmp_path / "d").document
    line = json.loads((tmp_path / "d/manifest.jsonl").read_text().splitlines()[0])
    assert document["created_at"] == line["created_at"] == "1970-01-02T00:00:00Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(InputError, match="SOURCE_DATE_EPOCH"):
        make(tmp_path / "e")


def test_progress_counts_images_and_ends_at_the_total(tmp_path):
    events = []
    make(tmp_path / "d", progress=events.append, render=Rendering(seconds=0.02))
    done = [event["done"] for event in events]
    assert done == sorted(done) and done[0] == 0 and done[-1] == 23
    assert len(set(done)) > 2
    assert all(
        event["event"] == "progress" and event["version"] == 1 and event["total"] == 23 for event in events
    )


# --- refusals --------------------------------------------------------------------------------


def test_a_folder_with_foreign_files_is_refused_whatever_the_options(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    for options in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(InputError, match=r"thesis\.txt"):
            make(tmp_path, **options)
        assert names(tmp_path) == {"thesis.txt"}


def test_a_foreign_dataset_json_is_not_ours_to_replace(tmp_path):
    (tmp_path / "dataset.json").write_text('{"format": "somebody else"}')
    with pytest.raises(InputError, match="other files"):
        make(tmp_path, overwrite=True)
    assert names(tmp_path) == {"dataset.json"}


def test_a_finished_dataset_is_refused_without_resume_or_overwrite(pristine):
    before = (pristine.directory / "dataset.json").read_bytes()
    with pytest.raises(InputError, match="--overwrite"):
        make(pristine.directory)
    assert (pristine.directory / "dataset.json").read_bytes() == before


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "d").write_text("x")
    with pytest.raises(InputError, match="is a file"):
        make(tmp_path / "d")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(InputError, match="cannot be"):
        make(tmp_path / "d")
    with pytest.raises(InputError, match="cannot be written"):
        make(tmp_path)


def test_a_read_only_file_system_is_refused(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("sim.dataset.lock.os.open", refuse)
    with pytest.raises(InputError, match="Read-only"):
        make(tmp_path / "d")


def test_a_disk_that_is_too_small_is_refused_before_work(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "free_bytes", lambda directory: 1000)
    with pytest.raises(InputError, match="disk is too small"):
        make(tmp_path / "d", render=Rendering(error={"decahedron_00000": (AssertionError, "work was begun")}))


def test_workers_that_exceed_the_memory_are_refused(tmp_path):
    with pytest.raises(InputError, match="memory"):
        make(tmp_path / "d", fake_plan(memory_bytes=1 << 50), workers=2)
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, 1000])
def test_odd_numbers_of_workers_are_refused(tmp_path, workers):
    with pytest.raises(InputError, match="workers"):
        make(tmp_path / "d", workers=workers)


def test_a_folder_in_use_is_refused(tmp_path):
    """The lock is the operating system's: another process holds it, and its death frees it."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD_LOCK, str(tmp_path)], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="in use by another run"):
            make(tmp_path, resume=True)
    finally:
        holder.kill()
        holder.wait()
    assert make(tmp_path).complete


_HOLD_LOCK = """
import sys, time, pathlib
from sim.dataset.lock import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_is_free_after_the_block(tmp_path):
    with locked(tmp_path), pytest.raises(InputError, match="in use"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


# --- resume ----------------------------------------------------------------------------------


def interrupted(directory, plan=None, images=12, **options):
    """Begin a dataset and stop it after some images."""
    count = 0

    def render(job, structures, cancel):
        nonlocal count
        count += 1
        if count > images:
            raise Cancelled("stopped")
        return fake_render(job, structures, cancel)

    with pytest.raises(Cancelled):
        make(directory, plan, render=render, **options)


def test_cancel_keeps_finished_shards_and_drops_the_one_under_way(tmp_path):
    interrupted(tmp_path / "d")
    found = names(tmp_path / "d")
    assert {name for name in found if name.endswith(".h5")} == {"shards/000000.h5", "shards/000001.h5"}
    assert not any(name.endswith(".tmp") for name in found)
    assert "dataset.json" not in found


def test_cancel_is_looked_at_between_images(tmp_path):
    rendered = []

    def cancel():
        if len(rendered) == 3:
            raise Cancelled("stopped")

    def render(job, structures, cancel):
        rendered.append(job.image_id)
        return fake_render(job, structures, lambda: None)

    with pytest.raises(Cancelled):
        make(tmp_path / "d", render=render, cancel=cancel)
    assert len(rendered) == 3


def test_cancel_reaches_worker_processes(tmp_path):
    def cancel():
        if list((tmp_path / "d/shards").glob("*.h5")):
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        make(tmp_path / "d", render=Rendering(seconds=0.05), workers=2, cancel=cancel)
    assert not list((tmp_path / "d").rglob("*.tmp"))
    assert not (tmp_path / "d/dataset.json").exists()
    assert make(tmp_path / "d", resume=True).complete


def test_resume_goes_on_and_equals_an_unbroken_run(tmp_path, pristine):
    interrupted(tmp_path / "d", created_at="2001-02-03T04:05:06Z")
    summary = make(tmp_path / "d", resume=True)
    assert summary.made == 13
    assert summary.content_sha256 == pristine.content_sha256
    assert summary.document["created_at"] == "2001-02-03T04:05:06Z"
    assert names(tmp_path / "d") == names(pristine.directory)
    assert verify(tmp_path / "d").problems == ()


def test_resume_begins_where_there_is_nothing(tmp_path, pristine):
    assert make(tmp_path / "new/d", resume=True).content_sha256 == pristine.content_sha256


def test_resume_of_a_complete_dataset_does_nothing_and_says_so(damaged, pristine):
    stamp = (damaged / "dataset.json").stat().st_mtime_ns
    summary = make(damaged, resume=True)
    assert summary.already_complete and summary.made == 0
    assert summary.content_sha256 == pristine.content_sha256
    assert (damaged / "dataset.json").stat().st_mtime_ns == stamp


def test_resume_drops_a_torn_journal_line_and_leftovers(tmp_path, pristine):
    directory = tmp_path / "d"
    interrupted(directory)
    with (directory / "journal.jsonl").open("ab") as stream:
        stream.write(b'{"shard":2,"sta')
    (directory / "shards/.000002.h5.77.0123abcd.tmp").write_bytes(b"half")
    summary = make(directory, resume=True)
    assert summary.content_sha256 == pristine.content_sha256
    assert names(directory) == names(pristine.directory)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("000001.h5", "changed"),
        ("000001.h5", "gone"),
        ("000001.jsonl", "changed"),
        ("000001.jsonl", "longer"),
    ],
)
def test_resume_makes_a_damaged_shard_again(tmp_path, pristine, name, damage):
    directory = tmp_path / "d"
    interrupted(directory)
    path = directory / "shards" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(content if damage == "changed" else content + b"x")
    assert make(directory, resume=True).content_sha256 == pristine.content_sha256
    assert verify(directory).problems == ()


def test_resume_with_another_recipe_names_what_differs(tmp_path):
    interrupted(tmp_path / "d")
    before = names(tmp_path / "d")
    with pytest.raises(InputError, match="seed was 7 and is 8"):
        make(tmp_path / "d", fake_plan(seed=8), resume=True)
    assert names(tmp_path / "d") == before


def test_resume_of_a_complete_dataset_with_another_recipe_names_what_differs(damaged):
    with pytest.raises(InputError, match=r"image\.width was 16 and is 20"):
        make(damaged, fake_plan(width=20), resume=True)
    assert verify(damaged).problems == ()


def test_resume_refuses_a_dataset_begun_by_another_version(tmp_path):
    interrupted(tmp_path / "d")
    found = journals.read(tmp_path / "d")
    software = {**found.header.software, "version": "9.0"}
    journals.begin(tmp_path / "d", replace(found.header, software=software))
    with pytest.raises(InputError, match=r"begun by version 9\."):
        make(tmp_path / "d", resume=True)


# --- overwrite -------------------------------------------------------------------------------


def test_overwrite_replaces_and_keeps_what_is_not_the_datasets(damaged):
    (damaged / "notes.txt").write_text("mine")
    summary = make(damaged, fake_plan(seed=8, images=7), overwrite=True)
    assert summary.images == 7 and summary.directory == damaged
    assert (damaged / "notes.txt").read_text() == "mine"
    assert {path.name for path in (damaged / "shards").iterdir()} == {"000000.h5", "000001.h5"}
    assert not (damaged / ".next").exists()
    assert verify(damaged).problems == ()


def test_the_old_dataset_stays_whole_until_the_new_one_is(damaged, pristine):
    interrupted(damaged, fake_plan(seed=8), overwrite=True)
    report = verify(damaged)
    assert report.content_sha256 == pristine.content_sha256
    assert [problem for problem in report.problems if "replacement" not in problem] == []
    summary = make(damaged, fake_plan(seed=8), overwrite=True, resume=True)
    assert summary.made == 13  # the interrupted replacement went on
    assert verify(damaged).problems == ()


@pytest.mark.parametrize(
    "step", [pytest.param(n, marks=[] if n in (0, 3, 5, 6) else pytest.mark.slow) for n in range(7)]
)
def test_a_replacement_killed_while_moving_up_is_moved_on(damaged, tmp_path, monkeypatch, step):
    new = fake_plan(seed=8, images=6)

    class Killed(BaseException):
        pass

    real = os.replace
    moves = 0

    def replace(source, target):
        nonlocal moves
        if layout.REPLACEMENT in Path(source).parts and Path(target).parent == damaged:
            if moves == step:
                raise Killed
            moves += 1
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    try:
        make(damaged, new, overwrite=True)
    except Killed:
        monkeypatch.undo()
        with pytest.raises(InputError, match="--resume"):
            make(damaged, new)
        summary = make(damaged, new, resume=True)
        assert summary.already_complete
    else:
        assert step == 6  # six entries are moved: the seventh move does not exist
    reference = make(tmp_path / "reference", new)
    report = verify(damaged)
    assert report.problems == () and report.content_sha256 == reference.content_sha256
    assert not (damaged / ".next").exists()


def test_overwrite_of_an_unfinished_dataset_begins_anew(tmp_path):
    interrupted(tmp_path / "d")
    summary = make(tmp_path / "d", fake_plan(seed=8), overwrite=True)
    assert summary.made == 23 and verify(tmp_path / "d").problems == ()


def test_overwrite_refuses_strange_files_among_the_shards(damaged):
    (damaged / "shards/holiday.jpg").write_text("x")
    with pytest.raises(InputError, match=r"shards/holiday\.jpg"):
        make(damaged, overwrite=True)
    assert (damaged / "shards/holiday.jpg").exists() and (damaged / "dataset.json").exists()


# --- a full disk -----------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_a_disk_that_runs_full_keeps_finished_shards(tmp_path, pristine, monkeypatch, workers):
    """Writing the third shard fails as a full disk does; the run ends in one sentence and can go on."""
    directory = tmp_path / "d"
    render = Rendering(error={"decahedron_00012": (OSError, 28, "No space left on device")})
    with pytest.raises(InputError, match="disk is full"):
        make(directory, render=render, workers=workers)
    assert not list(directory.rglob("*.tmp"))
    assert make(directory, resume=True).content_sha256 == pristine.content_sha256


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("small") / "d", fake_plan(images=4, per_shard=2))


QUICK = {1, 4, 6, 8, 9, 14, 16, 18, 20, 21, 22}


@pytest.mark.parametrize(
    "failing", [pytest.param(n, marks=[] if n in QUICK else pytest.mark.slow) for n in range(1, 23)]
)
def test_any_write_may_find_the_disk_full(tmp_path, small, monkeypatch, failing):
    """One fsync after another fails with ENOSPC: nothing half-written is left, resume completes.

    A run of two shards has 21: beginning 3, each shard 5, then manifest, master, Croissant and
    dataset.json 2 each.
    """
    real = os.fsync
    calls = 0

    def fsync(descriptor):
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(28, "No space left on device")
        real(descriptor)

    plan = fake_plan(images=4, per_shard=2)
    directory = tmp_path / "d"
    monkeypatch.setattr(durable.os, "fsync", fsync)
    if failing > 21:
        assert make(directory, plan).complete and calls == 21
        return
    with pytest.raises(InputError, match="disk is full") as caught:
        make(directory, plan)
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    journal = journals.read(directory) if directory.exists() else None
    kept = sum(entry.stop - entry.start for entry in journal.shards.values()) if journal else 0
    summary = make(directory, plan, resume=True)
    assert summary.content_sha256 == small.content_sha256
    assert summary.made == 4 - kept
    assert verify(directory).problems == ()


def test_every_file_is_synced_before_it_gets_its_name_and_its_folder_after(tmp_path, monkeypatch):
    """The order that survives a power cut: content, name, folder."""
    events: list[tuple[str, int]] = []
    rename = os.replace

    def replace(source, target):
        assert ("content", os.stat(source).st_ino) in events, f"{target} was named before it was synced"
        rename(source, target)
        events.append(("name", os.stat(Path(target).parent).st_ino))

    monkeypatch.setattr(
        os, "fsync", lambda descriptor: events.append(("content", os.fstat(descriptor).st_ino))
    )
    monkeypatch.setattr(os, "replace", replace)
    make(tmp_path / "d")
    named = [position for position, (kind, _) in enumerate(events) if kind == "name"]
    assert (
        len(named) == 1 + 2 * 5 + 4
    )  # journal, shards with their lines, manifest, master, Croissant, dataset.json
    for position in named:
        assert events[position + 1] == ("content", events[position][1])


# --- crashes of workers ----------------------------------------------------------------------


@pytest.mark.slow
def test_a_worker_that_dies_once_costs_nothing(tmp_path, pristine):
    render = Rendering(kill=("icosahedron_00007",), once=True, marks=str(tmp_path))
    summary = make(tmp_path / "d", render=render, workers=2)
    assert (tmp_path / "icosahedron_00007").exists()
    assert summary.content_sha256 == pristine.content_sha256


@pytest.mark.slow
def test_a_shard_that_kills_its_worker_twice_is_set_aside(tmp_path, pristine):
    render = Rendering(kill=("icosahedron_00007",), marks=str(tmp_path))
    with pytest.raises(NanophantomError, match=r"shard 1 \(images 5 to 9\): the worker process died twice"):
        make(tmp_path / "d", render=render, workers=2)
    assert len((tmp_path / "icosahedron_00007").read_bytes()) == 2
    shards = sorted(path.name for path in (tmp_path / "d/shards").glob("*.h5"))
    assert shards == ["000000.h5", "000002.h5", "000003.h5", "000004.h5"]
    assert make(tmp_path / "d", resume=True).content_sha256 == pristine.content_sha256


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        ((InputError, "imaging.alpha", "is too large"), InputError, "^imaging.alpha: is too large"),
        ((IntegrityError, "a snapshot is damaged."), IntegrityError, "a snapshot is damaged"),
        ((ZeroDivisionError, "oops"), RuntimeError, "ZeroDivisionError: oops"),
    ],
)
def test_an_error_in_a_worker_arrives_as_it_was(tmp_path, error, kind, text):
    with pytest.raises(kind, match=text):
        make(tmp_path / "d", render=Rendering(error={"wire_00008": error}), workers=2)
    assert not list((tmp_path / "d").rglob("*.tmp"))


def test_samples_that_do_not_fit_the_plan_are_refused(tmp_path):
    def render(job, structures, cancel):
        return fake_render(job, structures, cancel)

    plan = fake_plan()
    plan.shape = (13, 16)
    with pytest.raises(IntegrityError, match="the plan says uint16"):
        make(tmp_path / "d", plan, render=render)


# --- parts and merge -------------------------------------------------------------------------


def test_parts_merge_to_the_same_dataset(tmp_path, pristine):
    parts = []
    for number, shards in enumerate([(3, 5), (0, 1), (1, 3)]):
        summary = make(
            tmp_path / f"part{number}", shards=shards, created_at=f"2026-01-0{number + 1}T00:00:00Z"
        )
        assert not summary.complete and summary.document == {}
        parts.append(tmp_path / f"part{number}")
    merged = merge(parts, tmp_path / "whole")
    assert merged.content_sha256 == pristine.content_sha256
    assert merged.document["created_at"] == "2026-01-01T00:00:00Z"
    assert names(tmp_path / "whole") == names(pristine.directory)
    assert verify(tmp_path / "whole").problems == ()


def test_parts_in_one_folder_become_a_dataset_with_the_last(tmp_path, pristine):
    assert not make(tmp_path / "d", shards=(0, 2)).complete
    assert make(tmp_path / "d", shards=(2, 5), resume=True).content_sha256 == pristine.content_sha256


def test_merge_names_missing_shards_and_other_datasets(tmp_path):
    make(tmp_path / "a", shards=(0, 2))
    make(tmp_path / "b", fake_plan(seed=8), shards=(2, 5))
    with pytest.raises(InputError, match="shards 2, 3, 4 are in none"):
        merge([tmp_path / "a"], tmp_path / "whole")
    with pytest.raises(InputError, match="another dataset"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "whole")
    with pytest.raises(InputError, match="no part"):
        merge([tmp_path], tmp_path / "whole")


def test_merge_refuses_a_damaged_part(tmp_path):
    make(tmp_path / "a", shards=(0, 3))
    make(tmp_path / "b", shards=(3, 5))
    path = tmp_path / "b/shards/000003.h5"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(IntegrityError, match=r"000003\.h5: was changed"):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "whole")


@pytest.mark.parametrize("shards", [(0, 6), (3, 3), (-1, 2), (4, 2)])
def test_ranges_outside_the_dataset_are_refused(tmp_path, shards):
    with pytest.raises(InputError, match="0 <= A < B <= 5"):
        make(tmp_path / "d", shards=shards)
