"""Scenes as documents: what goes with another kind of specimen, and the files of nodes when saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.gui.document.document import RecipeDocument
from app.gui.preview.overlay_names import overlay_title
from sim.recipe.toml import load_recipe, read_recipe


@pytest.fixture
def document() -> RecipeDocument:
    return RecipeDocument()


def size(document: RecipeDocument) -> tuple[object, object]:
    return document.value("image.width"), document.value("image.height")


def test_a_scene_fills_its_image_and_a_cluster_has_the_usual_size(document: RecipeDocument) -> None:
    assert size(document) == (128, 128)
    document.set("specimen.kind", "scene")
    assert size(document) == ("auto", "auto") and document.value("pose.kind") == "euler"
    document.set("specimen.kind", "cluster")
    assert size(document) == (128, 128) and document.value("pose.kind") == "random"


def test_a_size_that_was_chosen_stays(document: RecipeDocument) -> None:
    document.set("image.width", 200)
    document.set("specimen.kind", "scene")
    assert size(document) == (200, 128)
    document.set_many({"specimen.kind": "cluster", "image.height": "auto"}, label="Both")
    assert size(document) == (200, "auto")


def test_one_undo_takes_kind_and_size_back(document: RecipeDocument) -> None:
    before = document.recipe
    document.set("specimen.kind", "scene")
    document.undo()
    assert document.recipe == before


def test_files_of_nodes_are_saved_relative_to_the_recipe(tmp_path: Path) -> None:
    inside, outside = tmp_path / "recipes" / "atoms" / "a.xyz", tmp_path / "b.cif"
    inside.parent.mkdir(parents=True)
    for file in (inside, outside):
        file.write_text("1\n\nAu 0 0 0\n", encoding="utf-8")
    text = read_recipe("scene_twinned_gold")
    nodes = [
        {"kind": "file", "name": "alone", "path": str(inside)},
        {"kind": "particle", "name": "cut", "crystal": {"kind": "file", "path": str(outside)}},
        {"kind": "group", "name": "both", "nodes": [{"kind": "file", "name": "inner", "path": str(inside)}]},
    ]
    recipe = text.with_value("vary", []).with_value("specimen.nodes", nodes).recipe()
    document = RecipeDocument(recipe)
    saved = tmp_path / "recipes" / "scene.toml"
    document.save(saved)
    written = saved.read_text("utf-8")
    assert written.count('path = "atoms/a.xyz"') == 2, written
    assert f'path = "{outside.as_posix()}"' in written
    assert document.value("specimen.nodes.alone.path") == str(inside)
    assert load_recipe(saved) == recipe


def test_overlays_name_the_element() -> None:
    assert overlay_title("composition_79") == "Composition Au"
    assert overlay_title("thickness_total") == "Thickness total"
