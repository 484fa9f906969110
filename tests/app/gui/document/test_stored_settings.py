"""Preferences and workspace: a broken or newer file never stops the program."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gui.document import preferences, stored, workspace
from app.gui.document.preferences import Preferences, change_preferences, load_preferences, save_preferences
from app.gui.document.workspace import Workspace, load_workspace, save_workspace
from app.gui.preview import colour_maps
from sim.core.settings import model_fields
from sim.recipe.model import Recipe


def test_no_file_is_no_fault(tmp_path):
    assert load_preferences(tmp_path / "p.json") == (Preferences(), "")
    assert load_workspace(tmp_path / "w.json") == (None, "")


def test_saved_and_loaded(tmp_path):
    path = tmp_path / "config" / "p.json"
    given = Preferences(theme="dark", autosave_seconds=5.0, last_folder="/data/Ångström")
    assert save_preferences(given, path) == ""
    assert load_preferences(path) == (given, "")
    assert [entry.name for entry in path.parent.iterdir()] == ["p.json"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is damaged"),
        ("{", "it is damaged"),
        ("[]", "it holds no table"),
        ("{}", "it names no version"),
        ('{"version": true}', "it names no version"),
        ('{"version": 0}', "of a version that is not known"),
        ('{"version": 99}', "was written by a newer version of this program"),
        ('{"version": 1, "theme": "pink"}', "theme = 'pink': unknown choice"),
        ('{"version": 1, "thme": "dark"}', "unknown key; did you mean 'theme'"),
        ('{"version": 1, "autosave_seconds": -1}', "allowed: 1 to 3600 s"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_broken_or_newer_files(tmp_path, content, reason):
    path = tmp_path / "p.json"
    path.write_text(content)
    found, fault = load_preferences(path)
    assert found == Preferences()
    assert fault.startswith("The preferences could not be used") and reason in fault and "p.json.bak" in fault
    assert "\n" not in fault and not path.exists()
    assert (tmp_path / "p.json.bak").read_text() == content


def test_a_folder_in_its_place(tmp_path):
    (tmp_path / "p.json").mkdir()
    found, fault = load_preferences(tmp_path / "p.json")
    assert found == Preferences() and fault


@given(st.binary(max_size=60))
def test_any_bytes(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "p.json"
    path.write_bytes(content)
    found, fault = load_preferences(path)
    assert found == Preferences() and fault


def test_older_versions_are_migrated(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"version": -1, "colours": "dark"}))
    migrations = {
        -1: lambda tree: {"theme": tree["colours"]},
        0: lambda tree: {**tree, "autosave_seconds": 7.0},
    }
    found, fault = stored.load(Preferences, path, 1, migrations, "The preferences")
    assert not fault and found == Preferences(theme="dark", autosave_seconds=7.0)


def test_failed_save_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    fault = save_preferences(Preferences(), tmp_path / "file" / "p.json")
    assert fault.startswith("p.json could not be written")


def test_the_file_is_the_old_or_the_new_one(tmp_path, monkeypatch):
    path = tmp_path / "p.json"
    save_preferences(Preferences(theme="light"), path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert "No space left" in save_preferences(Preferences(theme="dark"), path)
    monkeypatch.undo()
    assert load_preferences(path)[0].theme == "light"
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.json"]


def test_only_what_has_changed_is_laid_over_the_file(tmp_path):
    path = tmp_path / "new" / "p.json"
    assert change_preferences({"theme": "dark"}, Preferences(theme="dark", autosave=False), path) == ""
    assert load_preferences(path)[0] == Preferences(theme="dark", autosave=False)
    assert change_preferences({"autosave_seconds": 5.0}, Preferences(), path) == ""
    assert load_preferences(path)[0] == Preferences(theme="dark", autosave=False, autosave_seconds=5.0)


def test_changes_of_many_windows_at_once_are_all_kept(tmp_path):
    path = tmp_path / "p.json"
    values = {"theme": "dark", "autosave": False, "live_preview": False, "export_workers": 3,
              "last_folder": "/a", "last_dataset_folder": "/b", "confirm_discard": False}  # fmt: skip
    threads = [
        threading.Thread(target=change_preferences, args=({name: value}, Preferences(), path))
        for name, value in values.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert load_preferences(path)[0] == Preferences(**values)


def test_places_follow_the_program_s_home(own_home):
    assert preferences.preferences_file() == own_home / "config" / "preferences.json"
    assert workspace.workspace_file() == own_home / "state" / "workspace.json"


@pytest.mark.parametrize("model", [Preferences, Workspace])
def test_everything_is_described(model):
    for leaf in model_fields(model):
        assert leaf.path == "version" or leaf.description.about, leaf.path


def test_workspace_comes_back_whole(tmp_path):
    given = Workspace(
        recipe=json.loads(json.dumps(Recipe(seed=2**63 - 1).sparse_tree())),
        path="/d/r.toml",
        dirty=True,
        started=True,
        selection={"class_name": None, "index": 3},
        camera={"rotation": [[0.1, 0.2, 0.3]]},
        layout="AAAA",
    )
    assert save_workspace(given, tmp_path / "w.json") == ""
    assert load_workspace(tmp_path / "w.json") == (given, "")


def test_the_colour_map_is_one_that_the_preview_has():
    """The names stand twice, for the document knows no views: they must be the same."""
    offered = next(leaf.choices for leaf in model_fields(Preferences) if leaf.path == "colour_map")
    assert offered == colour_maps.names()
