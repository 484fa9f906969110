"""The editor of the path of a structure file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QToolButton
from pytestqt.qtbot import QtBot

from app.gui.document.document import RecipeDocument
from app.gui.scene import nodes
from app.gui.scene.node_panel import NodePanel

pytestmark = pytest.mark.gui
PATH = "specimen.nodes.file"


@pytest.fixture
def document() -> RecipeDocument:
    document = RecipeDocument()
    document.set("specimen.kind", "scene")
    document.change(nodes.added(document.recipe, "file")[0], label="Add file")
    return document


@pytest.fixture
def panel(qtbot: QtBot, document: RecipeDocument) -> Iterator[NodePanel]:
    made = NodePanel(document)
    qtbot.addWidget(made)
    made.resize(400, 700)
    made.show()
    made.show_node(PATH)
    made.finish()
    yield made


def test_a_file_is_looked_for(
    qtbot: QtBot, panel: NodePanel, document: RecipeDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(parent: object, title: str, begun: str, patterns: str) -> tuple[str, str]:
        asked.append(patterns)
        return "/atoms/gold.xyz", ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", ask)
    button = panel.findChild(QToolButton, f"field.{PATH}.path.browse")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "*.xyz" in asked[0] and document.value(f"{PATH}.path") == "/atoms/gold.xyz"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *given: ("", ""))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert document.value(f"{PATH}.path") == "/atoms/gold.xyz"
