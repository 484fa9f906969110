"""The real window, every surface of it, and a theme that is put back."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.document.preferences import Preferences
from app.gui.frame.theme import EDGED_CLASSES
from app.gui.window import MainWindow


def _module() -> ModuleType:
    """The module beside this file: tests are no package from which it could be imported."""
    name = "nanophantom_look_surfaces"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("surfaces.py"))
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def faces() -> ModuleType:
    """``surfaces.py``."""
    return _module()


@pytest.fixture
def light_afterwards(qapp: QApplication) -> Iterator[None]:
    """The palettes of before, for the tests that follow."""
    before = qapp.palette()
    edged = {name: qapp.palette(name) for name in EDGED_CLASSES}
    yield
    qapp.setPalette(before)
    for name, palette in edged.items():
        qapp.setPalette(palette, name)


@pytest.fixture
def window(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, light_afterwards: None
) -> Iterator[MainWindow]:
    """A window at its first size, its start page shown, in the light theme."""
    monkeypatch.setenv("NANOPHANTOM_HOME", str(tmp_path / "home"))
    made = MainWindow(Preferences(theme="light"))
    made.resize(1440, 900)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close_without_asking()
    made.deleteLater()
    _module().settle()
