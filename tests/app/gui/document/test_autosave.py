"""Unsaved changes survive the death of the program, and only that."""

from __future__ import annotations

import datetime
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.gui.document.autosave import Autosaver
from app.gui.document.document import RecipeDocument
from sim.core.errors import InputError
from sim.recipe.model import Recipe

REPOSITORY = Path(__file__).parents[4]

#: A program that is killed with unsaved changes.
VICTIM = """
import os, signal, sys, time
from pathlib import Path
from app.gui.document.autosave import Autosaver
from app.gui.document.document import RecipeDocument
document = RecipeDocument(path=Path("/somewhere/mine.toml"))
saver = Autosaver(document, Path(sys.argv[1]))
document.set("seed", 77)
saver.write_now()
saver.wait()
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "autosave"


@pytest.fixture
def victim(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(folder)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_changes_of_a_killed_program_are_recovered(folder, victim):
    saver = Autosaver(RecipeDocument(), folder)
    assert saver.recoverable() == []  # it lives
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    (entry,) = saver.recoverable()
    assert entry.title == "mine.toml" and entry.document_path == Path("/somewhere/mine.toml")
    assert abs((datetime.datetime.now() - entry.saved_at).total_seconds()) < 60
    document = RecipeDocument()
    taker = Autosaver(document, folder)
    taker.restore(entry)
    assert document.value("seed") == 77 and document.dirty and document.path == entry.document_path
    assert taker.recoverable() == []
    taker.close()
    # Whoever took it over may die as well.
    assert [one.title for one in saver.recoverable()] == ["mine.toml"]


def test_a_clean_end_leaves_nothing(folder):
    document = RecipeDocument()
    saver = Autosaver(document, folder)
    document.set("seed", 1)
    saver.write_now()
    saver.wait()
    assert (saver.folder / "recipe.toml").is_file()
    saver.discard()
    saver.close()
    assert not saver.folder.exists() and list(folder.iterdir()) == []


def test_saving_takes_the_autosave_away(folder, tmp_path):
    document = RecipeDocument()
    saver = Autosaver(document, folder)
    saver.write_now()
    assert not folder.exists()
    document.set("seed", 1)
    saver.write_now()
    saver.wait()
    document.save(tmp_path / "r.toml")
    saver.write_now()
    assert not saver.folder.exists()
    saver.close()


def test_only_changes_are_written(folder):
    document = RecipeDocument()
    saver = Autosaver(document, folder)
    document.set("seed", 1)
    saver.write_now()
    saver.wait()
    first = (saver.folder / "recipe.toml").stat().st_ino
    saver.write_now()
    saver.wait()
    assert (saver.folder / "recipe.toml").stat().st_ino == first
    document.set("seed", 2)
    saver.write_now()
    saver.close()
    assert "seed = 2" in (saver.folder / "recipe.toml").read_text()


def test_no_thread_is_left(folder):
    document = RecipeDocument()
    saver = Autosaver(document, folder)
    document.set("seed", 1)
    saver.write_now()
    saver.close()
    assert "nanophantom-autosave" not in [thread.name for thread in threading.enumerate()]


def test_a_folder_that_cannot_be_written_is_said_not_raised(tmp_path):
    (tmp_path / "file").write_text("")
    document = RecipeDocument()
    document.set("seed", 1)
    saver = Autosaver(document, tmp_path / "file" / "autosave")
    saver.write_now()
    saver.wait()
    assert saver.fault.startswith("Unsaved changes could not be kept") and saver.recoverable() == []
    saver.close()


def test_damaged_leftovers(folder):
    saver = Autosaver(RecipeDocument(), folder)
    for name, recipe, about in (
        ("1-a", None, None),
        ("2-b", "seed = [", "no json"),
        ("3-c", "seed = 5", "[1]"),
    ):
        (folder / name).mkdir(parents=True)
        if recipe is not None:
            (folder / name / "recipe.toml").write_text(recipe)
            (folder / name / "about.json").write_text(about)
    found = saver.recoverable()
    assert sorted(entry.folder.name for entry in found) == ["2-b", "3-c"]
    assert {entry.title for entry in found} == {"untitled"}
    broken = next(entry for entry in found if entry.folder.name == "2-b")
    with pytest.raises(InputError):
        saver.restore(broken)
    assert broken.folder.exists()
    saver.forget(broken)
    assert not broken.folder.exists()
    saver.close()


def test_structure_paths_stay_absolute(folder):
    from app.gui.document.opening import with_structures

    document = RecipeDocument(with_structures(Recipe(), [Path("/data/gold.xyz")]))
    document.set("seed", 3)
    saver = Autosaver(document, folder)
    saver.write_now()
    saver.close()
    other = RecipeDocument()
    taker = Autosaver(other, folder)
    taker.restore(taker.recoverable()[0])
    taker.close()
    assert other.recipe == document.recipe
