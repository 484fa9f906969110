"""What is built: version from one place, the git tag baked in, no tests in the wheel."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent.parent

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def hook():
    pytest.importorskip("hatchling")
    specification = importlib.util.spec_from_file_location(
        "build_hook", REPOSITORY / "packaging" / "build_hook.py"
    )
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def git(folder: Path, *words: str) -> None:
    identity = [
        "-c",
        "user.name=Somebody",
        "-c",
        "user.email=somebody@example.org",
        "-c",
        "tag.gpgSign=false",
    ]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@needs_git
def test_the_tag_is_the_one_of_the_checkout(hook, tmp_path):
    git(tmp_path, "init", "-q")
    (tmp_path / "a.txt").write_text("a")
    git(tmp_path, "add", "a.txt")
    git(tmp_path, "commit", "-q", "-m", "first")
    assert hook.git_tag(str(tmp_path)) == "untagged"
    git(tmp_path, "tag", "paper1-freeze")
    assert hook.git_tag(str(tmp_path)) == "paper1-freeze"
    (tmp_path / "a.txt").write_text("b")
    assert hook.git_tag(str(tmp_path)) == "paper1-freeze-dirty"
    git(tmp_path, "commit", "-q", "-a", "-m", "second")
    assert hook.git_tag(str(tmp_path)).startswith("paper1-freeze-1-g")


def test_no_repository_is_untagged(hook, tmp_path):
    assert hook.git_tag(str(tmp_path)) == "untagged"


@needs_git
def test_wheel_holds_the_program_and_nothing_else(hook, tmp_path):
    """Built from a tagged copy of the packages, as a release is."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("app", "sim", "resources", "packaging", "tests", "pyproject.toml", "README.md", "LICENSE"):
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "_build.py"))
        else:
            shutil.copy(source, copy / name)
    git(copy, "init", "-q")
    (copy / ".gitignore").write_text("__pycache__/\n")
    git(copy, "add", ".")
    git(copy, "commit", "-q", "-m", "release")
    git(copy, "tag", "v9.8.7")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        baked = archive.read("sim/core/_build.py").decode()
        entry_points = next(
            archive.read(name).decode() for name in names if name.endswith("entry_points.txt")
        )
    roots = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert roots == {"app", "sim", "resources"}
    assert "GIT_TAG = 'v9.8.7'" in baked
    assert "nanophantom = app.__main__:main" in entry_points
    assert not (copy / "sim" / "core" / "_build.py").exists()
    for data in ("resources/recipes/au55_four_classes.toml", "resources/presets/noise/poisson_low.toml"):
        assert data in names


def test_version_stands_in_one_place():
    """pyproject.toml takes it from sim.core.version."""
    import tomllib

    with (REPOSITORY / "pyproject.toml").open("rb") as stream:
        project = tomllib.load(stream)
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "sim/core/version.py"
