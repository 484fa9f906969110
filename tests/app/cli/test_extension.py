"""A published dataset of structure files grows from nothing but its own folder."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest


@pytest.fixture
def published(invoke, tmp_path) -> Path:
    """Six images of two structures; the structure files are gone, and the folder has moved."""
    folder = tmp_path / "structures"
    folder.mkdir()
    (folder / "bent.xyz").write_text("3\n\nAu 0 0 0\nAu 2.8 0 0\nAu 0 3.1 0.4\n")
    (folder / "dimer.xyz").write_text("2\n\nC 0 0 0\nC 1.3 0 0\n")
    command = ["--images-per-structure", "3", "--size", "24", "--geometry", "dimer=chain"]
    assert invoke("generate", "--xyz-dir", folder, "--output", tmp_path / "made", *command).code == 0
    for path in folder.iterdir():
        path.unlink()
    (tmp_path / "made").rename(tmp_path / "my")
    return tmp_path / "my"


def lines_of(directory: Path) -> dict[str, dict]:
    lines = map(json.loads, (directory / "manifest.jsonl").read_text().splitlines())
    return {line["image_id"]: line for line in lines}


def recipe_of(invoke, directory: Path) -> Path:
    recipe = directory.parent / "elsewhere" / "larger.toml"
    recipe.parent.mkdir(exist_ok=True)
    result = invoke("info", directory, "--recipe")
    assert result.code == 0, result.err
    recipe.write_text(result.out, encoding="utf-8")
    return recipe


def test_a_dataset_of_files_grows_and_keeps_its_images(invoke, published):
    recipe, larger = recipe_of(invoke, published), published.parent / "new"
    result = invoke("run", recipe, "--images", "15", "--output", larger)
    assert result.code == 0, result.err
    before, after = lines_of(published), lines_of(larger)
    assert (len(before), len(after)) == (6, 15)
    for image_id, line in before.items():
        for key in ("arrays", "split", "structure_id", "geometry", "simulation_params"):
            assert after[image_id][key] == line[key], (image_id, key)
    assert {line["geometry"] for line in after.values()} == {"bent", "chain"}
    assert invoke("verify", larger).code == 0


def test_the_recipe_alone_makes_the_dataset_again(invoke, published, monkeypatch):
    """Also where the dataset was named by a relative path."""
    monkeypatch.chdir(published.parent)
    recipe = recipe_of(invoke, Path(published.name).absolute())
    relative = tomllib.loads(invoke("info", published.name, "--recipe").out)
    assert relative == tomllib.loads(recipe.read_text(encoding="utf-8"))
    assert all(Path(entry["path"]).is_file() for entry in relative["specimen"]["files"])
    assert invoke("run", recipe, "--output", "again").code == 0
    documents = [json.loads((path / "dataset.json").read_text()) for path in (published, Path("again"))]
    assert documents[0]["content_sha256"] == documents[1]["content_sha256"]


def test_another_preset_takes_effect(invoke, published):
    """The recipe holds the preset and what differs from it, not every value of the preset."""
    recipe, other = recipe_of(invoke, published), published.parent / "other"
    assert invoke("run", recipe, "--output", other, "--set", "noise.preset=titan_scan").code == 0
    noise = json.loads((other / "dataset.json").read_text())["recipe"]["noise"]
    assert noise["preset"] == "titan_scan" and noise["scan"]["vibration_amplitudes"]


def test_a_foreign_snapshot_is_noticed(invoke, published):
    recipe = recipe_of(invoke, published)
    first, second = sorted((published / "structures").iterdir())
    first.write_bytes(second.read_bytes())
    result = invoke("run", recipe, "--output", published.parent / "new")
    assert result.code == 1 and first.name in result.err and "another structure" in result.err
    first.unlink()
    result = invoke("run", recipe, "--output", published.parent / "new")
    assert result.code == 2 and first.name in result.err and "missing" in result.err
