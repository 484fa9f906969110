"""The README's own commands and code, run as they stand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from app.choice import wants_window
from app.cli.main import run
from sim.plan.plan import Plan, collect_structures
from sim.recipe.toml import load_recipe, save_recipe

REPOSITORY = Path(__file__).parent.parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Fenced blocks of the README in one language."""
    return [
        text for kind, text in re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S) if kind == language
    ]


def commands() -> list[list[str]]:
    """Every nanophantom command of the shell blocks, in order."""
    lines = "\n".join(blocks("")).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.startswith("nanophantom ")]


def takes_a_minute(command: list[str]) -> bool:
    """Whether a command sends electron waves or grows hundreds of aggregates, or uses what these made."""
    return any(word.endswith("_small") or word.startswith("aggregates") for word in command)


@pytest.fixture(scope="module")
def work(tmp_path_factory, request) -> Path:
    """A folder with two structures in it."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "structures").mkdir()
    (folder / "structures" / "bent.xyz").write_text("3\n\nAu 0 0 0\nAu 2.8 0 0\nAu 0 3.1 0.4\n")
    (folder / "structures" / "dimer.xyz").write_text("2\n\nAu 0 0 0\nAu 2.7 0 0\n")
    return folder


def test_commands_and_code_of_the_readme(work, monkeypatch, capsys):
    """In their order: later ones use what earlier ones made.  Only the largest image count is cut."""
    monkeypatch.chdir(work)
    found = [
        command for command in commands() if not wants_window(command[1:]) and not takes_a_minute(command)
    ]
    assert len(found) >= 10
    for _, *words in found:
        words = ["12" if word == "10000" else word for word in words]
        if "ID" in words:
            import json

            line = json.loads((work / "my_dataset" / "manifest.jsonl").read_text().splitlines()[0])
            words = [line["image_id"] if word == "ID" else word for word in words]
        target = words[words.index(">") + 1] if ">" in words else None
        if target is not None:
            words = words[: words.index(">")]
        capsys.readouterr()
        assert run(words) == 0, (words, capsys.readouterr().err)
        if target is not None:
            (work / target).write_text(capsys.readouterr().out, encoding="utf-8")
    (code,) = blocks("python")
    names: dict[str, object] = {}
    # The file is closed when the block ends, so what is read of the images is read inside it.
    exec(
        compile(
            code + "    seen = (images.shape, clean.shape, set(geometry), set(split))\n", "README.md", "exec"
        ),
        names,
    )
    images, clean, geometry, split = names["seen"]
    assert images == clean and images[0] == 200 == len(names["pose"])
    assert len(names["row"]) == len(names["column"]) == 3  # the first image is of the bent molecule
    assert geometry == {"bent", "dimer"} and split <= {"train", "validation", "test"}


@pytest.mark.slow
def test_commands_of_the_readme_that_take_a_minute(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    found = [command for command in commands() if takes_a_minute(command)]
    assert len(found) >= 3
    for _, *words in found:
        assert run(words) == 0, (words, capsys.readouterr().err)


@pytest.mark.gui
def test_window_of_the_readme(tmp_path):
    """Every line that opens a window does, on what it names, and closes again."""
    save_recipe(load_recipe("au55_four_classes"), tmp_path / "mine.toml")
    lines = [words for _, *words in commands() if wants_window(words)]
    assert lines == [[], ["mine.toml"]]
    surroundings = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "QT_QPA_PLATFORM": "offscreen",
        "NANOPHANTOM_QUIT_AFTER": "0.5",
        "NANOPHANTOM_HOME": str(tmp_path / "home"),
    }
    for words in lines:
        done = subprocess.run(
            [sys.executable, "-m", "app", *words],
            cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_vary_of_the_readme_is_a_recipe(tmp_path):
    entry = next(block for block in blocks("toml") if "specimen" not in block)
    (tmp_path / "varied.toml").write_text(entry, encoding="utf-8")
    assert load_recipe(tmp_path / "varied.toml").vary[0].path == "imaging.sigma"


def test_scene_of_the_readme_is_a_recipe_whose_particles_differ(tmp_path):
    scene = next(block for block in blocks("toml") if "specimen" in block)
    (tmp_path / "scene.toml").write_text(scene, encoding="utf-8")
    recipe = load_recipe(tmp_path / "scene.toml")
    job = Plan(recipe, collect_structures(recipe))[0]
    radii = [node.volume.radius for node in job.specimen.nodes if node.kind == "particle"]
    assert len(radii) == 3 == len(set(radii)) and all(8.0 <= radius <= 15.0 for radius in radii)


def test_pictures_of_the_readme_are_there():
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    for path in pictures:
        assert (REPOSITORY / path).read_bytes().startswith(b"\x89PNG")
