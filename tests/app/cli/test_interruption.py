"""Stopping, pausing and going on: signals, lines on stdin, progress events."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from app.cli.interrupt import StopRequest, obey_lines
from app.cli.main import run as run_command_line
from sim.core.errors import Cancelled

#: Large enough to be interrupted, small shards so that some are finished by then.
LONG = ["run", "au55_four_classes", "--images", "120", "--set", "image.width=48", "--set", "image.height=48",
        "--set", "dataset.images_per_shard=12"]  # fmt: skip


def digest(directory: Path) -> str:
    return json.loads((directory / "dataset.json").read_text())["content_sha256"]


def read_until(process, wanted: str, least: int = 0) -> dict:
    """The first event of a kind (with at least so many images done)."""
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == wanted and event.get("done", 0) >= least:
            return event
    raise AssertionError(f"no {wanted}; stderr: {process.stderr.read()}")


def wait_for_shards(directory: Path, count: int) -> None:
    """Until so many shards have their final names."""
    deadline = time.monotonic() + 120
    while len(list((directory / "shards").glob("*.h5"))) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> str:
    directory = tmp_path_factory.mktemp("unbroken") / "whole"
    assert run_command_line([*LONG, "--output", str(directory)]) == 0
    return digest(directory)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "workers"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGINT, 2)])
def test_a_signal_stops_cleanly_and_resume_gives_the_same(start, invoke, tmp_path, unbroken, number, workers):
    """Ctrl-C reaches the whole process group, workers included."""
    directory = tmp_path / "made"
    process = start(*LONG, "--output", directory, "--workers", workers, "--progress", "json",
                    stdin=-1, start_new_session=True)  # fmt: skip
    wait_for_shards(directory, 1)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err and len(err.splitlines()) == 1
    assert "--resume" in err and "finished shards are kept" in err
    assert not (directory / "dataset.json").exists()
    shards = list((directory / "shards").glob("*.h5"))
    assert 0 < len(shards) < 10
    assert not list(directory.rglob("*.tmp"))
    before = {path: path.stat().st_mtime_ns for path in shards}
    assert invoke(*LONG, "--output", directory, "--resume").code == 0
    assert digest(directory) == unbroken
    assert {path: path.stat().st_mtime_ns for path in shards} == before


def test_the_end_of_stdin_cancels_in_json_mode_only(start, tmp_path, unbroken):
    driven = start(*LONG, "--output", tmp_path / "driven", "--progress", "json", stdin=-1)
    read_until(driven, "progress", least=1)
    driven.stdin.close()
    assert driven.wait(timeout=60) == 130
    assert json.loads(driven.stdout.read().splitlines()[-1]) == {"version": 1, "event": "cancelled"}
    driven.stdout.close()
    driven.stderr.close()
    alone = start(*LONG, "--output", tmp_path / "alone")
    out, err = alone.communicate(timeout=120)
    assert alone.returncode == 0 and err == ""
    assert unbroken in out


def test_pause_resume_and_cancel_by_lines(start, tmp_path):
    process = start(*LONG, "--output", tmp_path / "made", "--progress", "json", stdin=-1, bufsize=1)
    read_until(process, "progress", least=8)
    process.stdin.write("pause\n")
    process.stdin.flush()
    assert read_until(process, "paused")["version"] == 1
    shards = len(list((tmp_path / "made" / "shards").glob("*.h5")))
    time.sleep(0.5)
    assert len(list((tmp_path / "made" / "shards").glob("*.h5"))) == shards
    process.stdin.write('{"command": "resume"}\n')
    process.stdin.flush()
    assert read_until(process, "resumed")
    read_until(process, "progress")
    process.stdin.write("cancel\n")
    process.stdin.flush()
    assert read_until(process, "cancelled")
    process.communicate(timeout=60)
    assert process.returncode == 130


def test_events_of_a_whole_run(invoke, tmp_path, monkeypatch):
    """Every line is one JSON object with a version; counts grow to the total; the last says the digest."""
    # In this process, stdin is not a pipe that somebody holds open.
    monkeypatch.setattr("app.cli.progress.obey_lines", lambda request: None)
    directory = tmp_path / "made"
    result = invoke(*LONG, "--images", "40", "--output", directory, "--progress", "json")
    events = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 0 and all(event["version"] == 1 for event in events)
    done = [event["done"] for event in events if event["event"] == "progress"]
    assert done == sorted(done) and done[0] == 0 and done[-1] == 40
    assert all(event["total"] == 40 for event in events if event["event"] == "progress")
    assert events[-1]["event"] == "finished" and events[-1]["content_sha256"] == digest(directory)


def test_a_bad_value_is_an_event_too(invoke, tmp_path, monkeypatch):
    monkeypatch.setattr("app.cli.progress.obey_lines", lambda request: None)
    (tmp_path / "made").write_text("a file")
    result = invoke(*LONG, "--output", tmp_path / "made", "--progress", "json")
    assert result.code == 2
    event = json.loads(result.out.splitlines()[-1])
    assert event["event"] == "error" and event["message"] in result.err
    assert event["parameter"] == str(tmp_path / "made")


def test_the_line_for_people_says_rate_and_total(capsys):
    from app.cli.progress import Line

    line = Line()
    line({"event": "progress", "done": 0, "total": 50})
    line({"event": "progress", "done": 20, "total": 50})
    line({"event": "paused"})
    line.close()
    written = capsys.readouterr().err
    assert "20/50" in written and "img/s" in written


# --- the request itself ----------------------------------------------------------------------


def test_lines_split_anywhere_are_followed():
    read, write = os.pipe()
    request = StopRequest()
    thread = obey_lines(request, read)
    os.write(write, b'{"comm')
    os.write(write, b'and": "pause"}\nnonsense\n{"other": 1}\n[1]\n')
    deadline = time.monotonic() + 5
    while not request.paused and time.monotonic() < deadline:
        time.sleep(0.01)
    assert request.paused
    os.write(write, b"resume\n")
    os.close(write)
    thread.join(5)
    assert not thread.is_alive() and not request.paused
    with pytest.raises(Cancelled):
        request.cancel()
    os.close(read)


def test_a_paused_run_can_be_cancelled():
    request = StopRequest()
    request.pause()
    request.stop()
    with pytest.raises(Cancelled):
        request.cancel()
