"""Runs killed with SIGKILL: no finished shard is lost, nothing half-written stands under a final name."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest
from dataset_fakes import fake_plan, fake_render

from sim.dataset import journal as journals
from sim.dataset.durable import file_sha256
from sim.dataset.lock import locked
from sim.dataset.run import generate_dataset
from sim.dataset.verify import verify

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")

_RUN = """
import sys
sys.path.insert(0, sys.argv[2])
from dataset_fakes import Rendering, fake_plan
from sim.dataset.run import generate_dataset
generate_dataset(
    fake_plan(images=60, per_shard=4), sys.argv[1], resume=True, workers=int(sys.argv[3]),
    render=Rendering(seconds=0.01), progress=lambda event: print(event["done"], flush=True),
)
"""


def start(directory: Path, workers: int) -> subprocess.Popen[str]:
    here = Path(__file__).parent
    return subprocess.Popen(
        [sys.executable, "-c", _RUN, str(directory), str(here), str(workers)],
        cwd=here.parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def alive_in_session(session: int) -> list[int]:
    """Processes that still belong to a session (its leader is dead)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def assert_whole(directory: Path) -> int:
    """Every file under a final name can be read, and every journaled shard is there; how many there are."""
    for path in (directory / "shards").glob("*.h5") if (directory / "shards").is_dir() else ():
        if not path.name.startswith("."):
            with h5py.File(path) as file:
                assert file["images"].shape[1:] == (12, 16)
    journal = journals.read(directory) if directory.is_dir() else None
    if journal is None:
        return 0
    for entry in journal.shards.values():
        assert file_sha256(directory / "shards" / f"{entry.shard:06d}.h5") == entry.sha256
    return len(journal.shards)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.slow
def test_a_run_killed_again_and_again_equals_an_unbroken_one(tmp_path, workers):
    directory = tmp_path / "d"
    dice = random.Random(workers)
    kept = 0
    kills = 0
    while kills < 3:
        run = start(directory, workers)
        assert run.stdout is not None
        run.stdout.readline()  # the run is under way
        time.sleep(dice.uniform(0.0, 0.35))
        ended = run.poll() is not None
        os.kill(run.pid, signal.SIGKILL)
        run.communicate()
        if ended:
            break
        kills += 1
        now = assert_whole(directory)
        assert now >= kept
        kept = now
    assert kills >= 2
    plan = fake_plan(images=60, per_shard=4)
    summary = generate_dataset(plan, directory, resume=True, render=fake_render)
    reference = generate_dataset(plan, tmp_path / "reference", render=fake_render)
    assert summary.content_sha256 == reference.content_sha256
    assert summary.made <= 60 - 4 * kept
    report = verify(directory)
    assert report.problems == ()
    assert not list(directory.rglob("*.tmp"))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_killed_run_leaves_no_workers_and_no_lock(tmp_path):
    run = start(tmp_path / "d", 2)
    assert run.stdout is not None
    while int(run.stdout.readline()) < 4:
        pass
    assert len(alive_in_session(run.pid)) >= 3  # itself and two workers
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    with locked(tmp_path / "d"):
        pass
    deadline = time.monotonic() + 5.0
    while alive_in_session(run.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive_in_session(run.pid) == []
