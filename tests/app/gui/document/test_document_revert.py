"""Giving up changes goes back to what is saved, whatever way the document began."""

from __future__ import annotations

from app.gui.document.document import RecipeDocument
from sim.recipe.model import Recipe
from sim.recipe.toml import load_recipe


def test_changes_since_the_beginning_are_given_up():
    document = RecipeDocument(load_recipe("au55_four_classes"))
    document.set("imaging.sigma", 0.9)
    document.revert()
    assert document.recipe == load_recipe("au55_four_classes")
    assert not document.dirty and not document.can_undo


def test_changes_since_saving_are_given_up(tmp_path):
    document = RecipeDocument()
    document.set("imaging.sigma", 0.9)
    document.save(tmp_path / "mine.toml")
    document.set("imaging.sigma", 1.1)
    document.revert()
    assert document.value("imaging.sigma") == 0.9 and not document.dirty


def test_what_was_brought_back_with_changes_goes_back_to_its_file(tmp_path):
    path = tmp_path / "mine.toml"
    document = RecipeDocument()
    document.set("imaging.sigma", 0.9)
    document.save(path)
    again = RecipeDocument()
    again.restore(Recipe(), path, dirty=True)
    again.revert()
    assert again.value("imaging.sigma") == 0.9
    path.unlink()
    again.restore(Recipe(), path, dirty=True)
    again.revert()
    assert again.recipe == Recipe() and not again.dirty
