"""Window or command line: which words open which, and what is said where no window can be shown."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from app.choice import wants_window
from app.cli.main import COMMANDS
from app.gui.start import display_fault


@pytest.mark.parametrize("words", [[], ["mine.toml"], ["a.xyz", "b.cif"], ["./mine"], ["/data/set"]])
def test_nothing_or_files_open_the_window(words):
    assert wants_window(words)


@pytest.mark.parametrize(
    "words", [["run", "mine.toml"], ["--help"], ["--version"], ["rum"], ["mine.toml", "--images"], [""]]
)
def test_commands_options_and_misspelt_words_stay_on_the_command_line(words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert not wants_window(words)


def test_a_file_called_like_a_command_does_not_hide_the_command(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in COMMANDS:
        (tmp_path / name).touch()
        assert not wants_window([name])


def test_a_file_without_a_suffix_opens_the_window_if_it_is_there(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert not wants_window(["POSCAR"])
    (tmp_path / "POSCAR").touch()
    assert wants_window(["POSCAR"])


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_any_display_will_do(name):
    assert display_fault({name: "x"}, "linux") == ""
    assert display_fault({}, "linux") and not display_fault({}, "win32") and not display_fault({}, "darwin")


def started(repository, *words, **environment):
    surroundings = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    surroundings.update(PYTHONPATH=str(repository), **environment)
    return subprocess.run(
        [sys.executable, "-m", "app", *words], capture_output=True, text=True, env=surroundings, timeout=60
    )


def test_without_a_display_one_sentence_and_exit_code_2(repository):
    done = started(repository)
    assert done.returncode == 2 and done.stdout == ""
    assert "no display" in done.stderr and "--help" in done.stderr and done.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_named(repository, tmp_path):
    done = started(repository, str(tmp_path / "nothing.toml"), QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 2 and "nothing.toml: there is no such file" in done.stderr
    assert done.stderr.count("\n") == 1
