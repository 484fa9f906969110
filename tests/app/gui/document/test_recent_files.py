"""The list of recent files."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.gui.document import file_lock
from app.gui.document.recent import LARGEST, MOST, RecentFiles

REPOSITORY = Path(__file__).parents[4]

WRITER = """
import sys
from pathlib import Path
from app.gui.document.recent import RecentFiles
recent = RecentFiles(Path(sys.argv[1]))
for i in range(20):
    for name in sys.argv[2:]:
        recent.add(Path(name))
"""


def names(recent: RecentFiles) -> list[str]:
    return [entry.path.name for entry in recent.entries()]


def test_newest_first_and_no_file_twice(tmp_path):
    recent = RecentFiles(tmp_path / "state" / "recent.json")
    assert recent.entries() == []
    for name in ("a", "b", "a", "c"):
        recent.add(tmp_path / name)
    assert names(recent) == ["c", "a", "b"]
    recent.remove(tmp_path / "a")
    assert names(recent) == ["c", "b"]
    recent.clear()
    assert names(recent) == []


def test_missing_files_are_marked(tmp_path):
    recent = RecentFiles(tmp_path / "recent.json")
    (tmp_path / "there.toml").write_text("")
    recent.add(tmp_path / "gone.toml")
    recent.add(tmp_path / "there.toml")
    assert [entry.missing for entry in recent.entries()] == [False, True]


def test_the_list_is_short(tmp_path):
    recent = RecentFiles(tmp_path / "recent.json")
    for number in range(MOST + 5):
        recent.add(tmp_path / str(number))
    assert names(recent) == [str(number) for number in range(MOST + 4, 4, -1)]


def test_files_opened_together_come_in_together(tmp_path):
    recent = RecentFiles(tmp_path / "recent.json")
    recent.add(tmp_path / "b")
    recent.add(*(tmp_path / name for name in "abca"))
    assert names(recent) == ["a", "c", "b"]


def test_nobody_waits_for_a_lock_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "recent.json.lock").mkdir()
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("waits"))
    RecentFiles(tmp_path / "recent.json").add(tmp_path / "a")


def test_a_list_that_is_far_too_large_is_not_read(tmp_path):
    file = tmp_path / "recent.json"
    file.write_text(json.dumps([str(tmp_path / "a")]) + " " * LARGEST)
    recent = RecentFiles(file)
    assert recent.entries() == []
    recent.add(tmp_path / "b")
    assert names(recent) == ["b"]


def test_a_broken_list_is_an_empty_one(tmp_path):
    file = tmp_path / "recent.json"
    for content in ("{", '{"a": 1}', '[1, null, ""]', "[" * 100_000, "\x00"):
        file.write_text(content)
        assert RecentFiles(file).entries() == []
    RecentFiles(file).add(tmp_path / "a")
    assert names(RecentFiles(file)) == ["a"]


def test_a_list_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    recent = RecentFiles(tmp_path / "file" / "recent.json")
    recent.add(tmp_path / "a")
    assert recent.entries() == []


def test_windows_at_once_lose_nothing(tmp_path):
    file = tmp_path / "recent.json"
    groups = [[str(tmp_path / f"{window}{i}") for i in range(4)] for window in "xyz"]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file), *group], cwd=REPOSITORY)
        for group in groups
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert sorted(names(RecentFiles(file))) == sorted(Path(name).name for group in groups for name in group)


def test_another_window_is_waited_for(tmp_path):
    """Reading and writing are one: whoever comes in between waits."""
    file = tmp_path / "recent.json"
    recent = RecentFiles(file)
    recent.add(tmp_path / "a")
    with file_lock.held(tmp_path / "recent.json.lock") as mine:
        assert mine
        other = threading.Thread(target=recent.add, args=(tmp_path / "b",), name="other window")
        other.start()
        time.sleep(0.1)
        assert names(recent) == ["a"]
    other.join(5)
    assert names(recent) == ["b", "a"]
