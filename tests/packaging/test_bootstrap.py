"""The set-up script: what it reuses, what it makes anew, what it refuses, and what it says."""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import types
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture
def bootstrap() -> types.ModuleType:
    """The script as a module of its own, so that a test may change it."""
    specification = importlib.util.spec_from_file_location(
        "bootstrap", REPOSITORY / "packaging" / "bootstrap.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def steps(bootstrap, monkeypatch):
    """What would be made and installed, without doing it."""
    done: list[tuple[str, ...]] = []

    def make(command, **options):
        done.append(("venv", command[-1]))
        (Path(command[-1]) / "pyvenv.cfg").write_text("home = nowhere\n")
        return subprocess.CompletedProcess(command, 0, stdout="")

    monkeypatch.setattr(bootstrap.subprocess, "run", make)
    monkeypatch.setattr(bootstrap, "healthy", lambda folder: (Path(folder) / "pyvenv.cfg").exists())
    monkeypatch.setattr(bootstrap, "ready_system", lambda options, needs_window: None)
    monkeypatch.setattr(bootstrap, "install", lambda folder, mode: done.append(("install", mode)))
    return done


def options(folder: Path) -> argparse.Namespace:
    return argparse.Namespace(venv=str(folder), no_system_packages=True)


def test_it_runs_with_the_standard_library_alone():
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(REPOSITORY / "packaging" / "bootstrap.py"), "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "setup | demo | test" in done.stdout


def test_old_pythons_can_read_the_file():
    """Nothing newer than Python 3.6 in its syntax, so that an old Python gets to the sentence."""
    import ast

    source = (REPOSITORY / "packaging" / "bootstrap.py").read_text()
    ast.parse(source, feature_version=(3, 6))
    assert "from __future__ import annotations" not in source


def test_an_old_python_gets_a_sentence(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2, "final", 0))
    assert bootstrap.main(["demo"]) == 2
    message = capsys.readouterr().err
    assert "needs Python 3.11 or newer and this is 3.9.2" in message
    assert len(message.splitlines()) == 1


def test_first_run_makes_and_installs_and_the_second_does_neither(bootstrap, steps, tmp_path):
    folder = tmp_path / "venv"
    bootstrap.set_up(options(folder), developer=False)
    assert steps == [("venv", str(folder)), ("install", "user")]
    bootstrap.set_up(options(folder), developer=False)
    assert len(steps) == 2


def test_an_interrupted_install_starts_anew(bootstrap, steps, tmp_path, monkeypatch):
    folder = tmp_path / "venv"

    def interrupted(folder, mode):
        (Path(folder) / "half").mkdir()
        raise KeyboardInterrupt

    finished = bootstrap.install
    monkeypatch.setattr(bootstrap, "install", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.set_up(options(folder), developer=False)
    monkeypatch.setattr(bootstrap, "install", finished)
    bootstrap.set_up(options(folder), developer=False)
    assert [step[0] for step in steps] == ["venv", "venv", "install"]
    assert not (folder / "half").exists()
    assert json.loads((folder / bootstrap.MARKER).read_text())["step"] == "done"


def test_a_damaged_environment_of_ours_is_made_anew(bootstrap, steps, tmp_path):
    folder = tmp_path / "venv"
    bootstrap.set_up(options(folder), developer=False)
    (folder / "pyvenv.cfg").unlink()
    bootstrap.set_up(options(folder), developer=False)
    assert [step[0] for step in steps] == ["venv", "install"] * 2


def test_a_folder_of_somebody_else_is_refused_and_left_alone(bootstrap, steps, tmp_path):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter1.tex").write_text("precious")
    with pytest.raises(bootstrap.Stop, match="neither empty nor a virtual environment"):
        bootstrap.set_up(options(folder), developer=False)
    assert steps == []
    assert [path.name for path in folder.iterdir()] == ["chapter1.tex"]


def test_an_environment_made_by_hand_is_used_as_it_is(bootstrap, steps, tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "pyvenv.cfg").write_text("home = somewhere\n")
    bootstrap.set_up(options(folder), developer=False)
    assert steps == [("install", "user")]


def test_a_developers_environment_stays_one(bootstrap, steps, tmp_path):
    folder = tmp_path / "venv"
    bootstrap.set_up(options(folder), developer=False)
    bootstrap.set_up(options(folder), developer=True)
    bootstrap.set_up(options(folder), developer=False)
    assert [step for step in steps if step[0] == "install"] == [("install", "user"), ("install", "developer")]


def test_a_changed_source_is_installed_again_for_users_only(bootstrap, steps, tmp_path, monkeypatch):
    checkout = tmp_path / "checkout"
    (checkout / "sim").mkdir(parents=True)
    (checkout / "pyproject.toml").write_text("[project]\n")
    (checkout / "sim" / "one.py").write_text("a = 1\n")
    monkeypatch.setattr(bootstrap, "ROOT", str(checkout))
    user, developer = bootstrap.fingerprint("user"), bootstrap.fingerprint("developer")
    (checkout / "sim" / "one.py").write_text("a = 2\n")
    assert bootstrap.fingerprint("user") != user
    assert bootstrap.fingerprint("developer") == developer
    (checkout / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert bootstrap.fingerprint("developer") != developer


def test_a_read_only_checkout_keeps_its_environment_elsewhere(bootstrap, tmp_path, monkeypatch):
    monkeypatch.setenv("NANOPHANTOM_HOME", str(tmp_path))
    monkeypatch.setattr(bootstrap.os, "access", lambda path, mode: False)
    assert Path(bootstrap.choose_folder("")).parent == tmp_path
    assert bootstrap.choose_folder("there") == str(Path("there").absolute())


def test_missing_venv_without_root_names_the_exact_line(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap, "has_venv", lambda: False)
    monkeypatch.setattr(bootstrap, "missing_libraries", lambda: ["libgl1"])
    monkeypatch.setattr(bootstrap, "as_root", lambda: None)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(bootstrap.Stop) as stopped:
        bootstrap.ready_system(argparse.Namespace(no_system_packages=False), needs_window=False)
    package = bootstrap.venv_package()
    assert f"apt-get update && apt-get install -y --no-install-recommends {package} libgl1" in str(
        stopped.value
    )


def test_missing_window_libraries_stop_the_tests_and_not_the_demo(bootstrap, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "has_venv", lambda: True)
    monkeypatch.setattr(bootstrap, "missing_libraries", lambda: ["libegl1"])
    monkeypatch.setattr(bootstrap, "as_root", lambda: None)
    given = argparse.Namespace(no_system_packages=False)
    bootstrap.ready_system(given, needs_window=False)
    assert "the command line works" in capsys.readouterr().out
    with pytest.raises(bootstrap.Stop, match="libegl1"):
        bootstrap.ready_system(given, needs_window=True)


@pytest.mark.parametrize(
    ("platform", "name", "word"),
    [("darwin", "posix", "brew"), ("win32", "nt", "winget"), ("linux", "posix", "apt-get")],
)
def test_every_system_is_told_where_python_comes_from(bootstrap, monkeypatch, platform, name, word):
    fake_os = types.SimpleNamespace(name=name)
    monkeypatch.setattr(bootstrap, "sys", types.SimpleNamespace(platform=platform))
    monkeypatch.setattr(bootstrap, "os", fake_os)
    assert word in bootstrap.how_to_get_python()


def test_pip_goes_into_the_environment_whatever_the_surroundings_say(bootstrap, monkeypatch):
    for variable in ("PIP_USER", "PIP_TARGET", "PYTHONPATH", "PYTHONHOME"):
        monkeypatch.setenv(variable, "elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    surroundings = bootstrap.clean_environment()
    assert not {"PIP_USER", "PIP_TARGET", "PYTHONPATH", "PYTHONHOME"} & set(surroundings)
    assert surroundings["PIP_INDEX_URL"] == "https://mirror.example/simple"


def test_readme_commands_exist():
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()
    assert "python3 packaging/bootstrap.py demo" in readme
    assert "python3 packaging/bootstrap.py test" in readme
