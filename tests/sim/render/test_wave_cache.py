"""Exit waves on disk: off, cold, warm, damaged or shared, the image has the same bytes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from sim.core.places import stages_folder
from sim.dataset.run import EngineRender, generate_dataset
from sim.plan.plan import Plan, collect_structures
from sim.recipe.toml import read_recipe
from sim.render import cache as caches
from sim.render.cache import KeptOnly, MemoryOnly, NotKept, Stage, StageCache
from sim.render.context import RenderContext
from sim.render.render import render

WAVES = Stage("wave", 1, on_disk=True)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Au55 by HRTEM, one snapshot, coarse; image 1 differs from image 0 in its defocus alone."""
    text = read_recipe("au55_four_classes").with_value("images", 2)
    imaging: dict[str, Any] = {
        "model": "hrtem",
        "focus": {"reference": "minimum_contrast", "coarse_step": 10.0, "fine_step": 5.0},
        "multislice": {"sampling": 0.2, "slice_thickness": 2.0},
        "phonons": {"configurations": 1},
    }
    text = text.with_value("imaging", imaging)
    for side in ("width", "height"):
        text = text.with_value(f"image.{side}", 32)
    recipe = text.recipe()
    return Plan(recipe, collect_structures(recipe))


def bytes_of(plan: Plan, cache: Any, steps: list[str] | None = None) -> bytes:
    """Image 0 with its expectation; the names of its steps are added to the list."""
    told = [] if steps is None else steps
    sample = render(plan[0], RenderContext(structures=plan.catalogue, cache=cache, progress=told.append))
    return sample.image.tobytes() + sample.clean.tobytes()


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_cache_off_cold_warm_or_damaged_gives_the_same_image(plan: Plan, tmp_path: Path) -> None:
    reference = bytes_of(plan, None)
    steps: dict[str, list[str]] = {name: [] for name in ("cold", "warm", "damaged", "again")}
    assert bytes_of(plan, StageCache(directory=tmp_path), steps["cold"]) == reference
    found = entries(tmp_path)
    assert {path.parent.name for path in found} == {"exit_waves", "defocus_zero"}
    assert bytes_of(plan, StageCache(directory=tmp_path), steps["warm"]) == reference
    for path in found:
        content = bytearray(path.read_bytes())
        content[-5] ^= 0x40
        path.write_bytes(bytes(content))
    assert bytes_of(plan, StageCache(directory=tmp_path), steps["damaged"]) == reference
    assert bytes_of(plan, StageCache(directory=tmp_path), steps["again"]) == reference
    computed = {name: "exit wave 1 of 1" in told for name, told in steps.items()}
    assert computed == {"cold": True, "warm": False, "damaged": True, "again": False}


def test_caches_that_share_a_folder_give_the_same_image(plan: Plan, tmp_path: Path) -> None:
    """As several workers do, begun together; the folder holds one entry of each step in the end."""
    reference, made = bytes_of(plan, None), []

    def work() -> None:
        made.append(bytes_of(plan, StageCache(memory_bytes=0, directory=tmp_path)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [reference] * 4
    assert [path.suffix for path in entries(tmp_path)] == [".bin"] * len(entries(tmp_path))


def test_folder_that_is_cleared_meanwhile_costs_only_time(plan: Plan, tmp_path: Path) -> None:
    reference = bytes_of(plan, None)
    assert bytes_of(plan, StageCache(memory_bytes=0, directory=tmp_path)) == reference
    cache = StageCache(memory_bytes=0, directory=tmp_path, disk_bytes=1)
    assert bytes_of(plan, cache) == reference
    for path in entries(tmp_path):
        path.unlink()
    assert bytes_of(plan, cache) == reference
    assert not entries(tmp_path)


def test_waves_of_another_environment_are_other_entries(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other libraries give other last bits: what they made must not be taken for ours."""
    reference = bytes_of(plan, StageCache(directory=tmp_path))
    count = len(entries(tmp_path))
    real = caches.environment()
    monkeypatch.setattr(caches, "environment", lambda: {**real, "libraries": {"numpy": "1.0"}})
    steps: list[str] = []
    assert bytes_of(plan, StageCache(directory=tmp_path), steps) == reference
    assert "exit wave 1 of 1" in steps and len(entries(tmp_path)) == 2 * count


def test_what_is_not_kept_is_not_computed(plan: Plan, tmp_path: Path) -> None:
    """Nothing costly is begun; once the waves are on disk, the image comes of them."""
    steps: list[str] = []
    with pytest.raises(NotKept):
        bytes_of(plan, KeptOnly(StageCache(directory=tmp_path)), steps)
    assert not any(step.startswith("exit wave") for step in steps)
    reference = bytes_of(plan, StageCache(directory=tmp_path))
    assert bytes_of(plan, KeptOnly(StageCache(directory=tmp_path))) == reference


def test_drafts_leave_nothing_on_disk(tmp_path: Path) -> None:
    import numpy as np

    cache, calls = StageCache(directory=tmp_path), []

    def compute() -> dict[str, Any]:
        calls.append(1)
        return {"wave": np.arange(3.0)}

    for _ in range(2):
        MemoryOnly(cache).get(WAVES, "key", compute)
    assert len(calls) == 1 and not entries(tmp_path)


def test_dataset_does_not_depend_on_its_cache(plan: Plan, tmp_path: Path) -> None:
    """Without a folder, with an empty one, with a full one, and with two workers that share it."""
    kept = tmp_path / "kept"
    made = [
        generate_dataset(plan, tmp_path / name, workers=workers, cache=folder).content_sha256
        for name, folder, workers in (("off", None, 1), ("cold", kept, 1), ("warm", kept, 2))
    ]
    assert len(set(made)) == 1 and entries(kept)


def test_regenerating_takes_nothing_from_the_cache(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image that is checked must be made anew: a renderer that is given no folder has none."""
    monkeypatch.setenv("NANOPHANTOM_HOME", str(tmp_path))
    EngineRender()(plan[0], plan.catalogue, lambda: None)
    assert not entries(tmp_path)
    EngineRender(stages_folder())(plan[0], plan.catalogue, lambda: None)
    assert entries(tmp_path / "cache" / "stages")


def test_command_line_keeps_waves_unless_told_not_to(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from app.cli.main import run
    from sim.recipe.toml import save_recipe

    monkeypatch.setenv("NANOPHANTOM_HOME", str(tmp_path / "home"))
    recipe = tmp_path / "waves.toml"
    save_recipe(plan.recipe, recipe)
    images = []
    for name, words in (("without", ["--no-cache"]), ("cold", []), ("warm", [])):
        target = tmp_path / f"{name}.npy"
        assert run(["render", str(recipe), "--index", "0", "-o", str(target), *words]) == 0
        images.append(target.read_bytes())
        assert bool(entries(tmp_path / "home")) == (name != "without")
    assert images[0] == images[1] == images[2]
    out = tmp_path / "dataset"
    before = entries(tmp_path / "home")
    assert run(["run", str(recipe), "--output", str(out), "--no-cache", "--progress", "none"]) == 0
    assert entries(tmp_path / "home") == before
    capsys.readouterr()
