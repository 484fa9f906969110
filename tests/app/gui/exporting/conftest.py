"""Small recipes, and waiting for child processes with Qt's loop running."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.gui.exporting.outcome import Outcome
from app.gui.exporting.run_panel import RunPanel
from app.gui.exporting.run_process import RunProcess
from sim.recipe.model import Recipe
from sim.recipe.toml import read_recipe


def _small_recipe(images: int = 8, side: int = 64, **values: object) -> Recipe:
    """The four Au55 classes, small; several shards."""
    text = read_recipe("au55_four_classes")
    settings = {"images": images, "image.width": side, "image.height": side, "dataset.images_per_shard": 4}
    for path, value in {**settings, **values}.items():
        text = text.with_value(path, value)
    return text.recipe()


@pytest.fixture(scope="session")
def small_recipe() -> Callable[..., Recipe]:
    return _small_recipe


@pytest.fixture
def process(qtbot) -> Iterator[RunProcess]:
    made = RunProcess()
    yield made
    made.close()


@pytest.fixture
def panel(qtbot) -> Iterator[RunPanel]:
    made = RunPanel()
    qtbot.addWidget(made)
    made.resize(1100, 220)
    made.show()
    yield made
    made.shutdown()


@pytest.fixture
def ended(qtbot) -> Callable[[RunProcess], Outcome]:
    """Wait for the end of a chain; its outcome."""

    def wait(process: RunProcess, begin: Callable[[], object], timeout: int = 60_000) -> Outcome:
        with qtbot.waitSignal(process.ended, timeout=timeout) as signal:
            begin()
        return signal.args[0]

    return wait


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Callable[[list[str]], tuple[str, list[str]]]]:
    """Another program in the place of the command line: Python code that knows its words as ``words``."""

    def make(code: str) -> Callable[[list[str]], tuple[str, list[str]]]:
        path = tmp_path / "child.py"
        path.write_text(f"import json, sys, time\nwords = sys.argv[1:]\n{code}\n")
        return lambda words: (sys.executable, ["-u", str(path), *words])

    return make
