"""The real window with a small recipe, and a hand to use it with."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from app.gui.document.preferences import Preferences
from sim.recipe.model import Recipe
from sim.recipe.toml import read_recipe, save_recipe


def _hand_module() -> ModuleType:
    """The module beside this file: tests are no package from which it could be imported."""
    name = "nanophantom_walk_hand"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("hand.py"))
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture
def small_recipe_file(tmp_path: Path) -> Callable[..., Path]:
    """Write the recipe of the four Au55 classes, small, in shards of four images."""

    def make(images: int = 8, **values: object) -> Path:
        text = read_recipe("au55_four_classes")
        small = {"images": images, "image.width": 64, "image.height": 64, "dataset.images_per_shard": 4}
        for path, value in {**small, **values}.items():
            text = text.with_value(path, value)
        recipe: Recipe = text.recipe()
        file = tmp_path / f"small_{images}.toml"
        save_recipe(recipe, file)
        return file

    return make


@pytest.fixture
def used(qtbot, tmp_path: Path) -> Iterator[Callable[[Path], tuple[object, object]]]:
    """Open the window on a recipe and wait for its first image; the window and a hand."""
    from app.gui.window import MainWindow

    windows = []

    def open_window(recipe: Path) -> tuple[object, object]:
        preferences = Preferences(theme="light", export_workers=1, last_dataset_folder=str(tmp_path))
        window = MainWindow(preferences)
        windows.append(window)
        window.show()
        qtbot.waitExposed(window)
        window.open_first([recipe])
        hand = _hand_module().Hand(window)
        hand.until(lambda: window.result is not None and not window.result.draft, "the first image")
        return window, hand

    yield open_window
    for window in windows:
        window.close_without_asking()
        window.deleteLater()
    _hand_module().deleted()
