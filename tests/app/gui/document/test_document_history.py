"""Undo and redo: what is one step, what it is called, and when the document is dirty."""

from __future__ import annotations

import pytest

from app.gui.document import history
from app.gui.document.document import RecipeDocument
from sim.recipe.model import Recipe


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def document(clock) -> RecipeDocument:
    return RecipeDocument(clock=clock)


def steps(document: RecipeDocument) -> int:
    count = 0
    while document.can_undo:
        document.undo()
        count += 1
    return count


def test_drag_is_one_step_however_long_it_takes(document, clock):
    document.set("imaging.sigma", 0.5)
    document.begin_gesture()
    assert document.in_gesture
    for value in (0.7, 0.8, 0.9):
        clock.now += 5.0
        document.set("imaging.sigma", value)
    document.end_gesture()
    assert not document.in_gesture
    document.set("imaging.sigma", 1.0)  # at once, but another action
    assert document.undo_label == "Sigma"
    document.undo()
    assert document.value("imaging.sigma") == 0.9
    document.undo()
    assert document.value("imaging.sigma") == 0.5
    document.redo()
    assert document.value("imaging.sigma") == 0.9
    assert steps(document) == 2


def test_quick_edits_of_one_setting_merge(document, clock):
    document.set("imaging.sigma", 0.7)
    clock.now += 0.7
    document.set("imaging.sigma", 0.8)
    clock.now += 0.9
    document.set("imaging.sigma", 0.9)
    clock.now += 0.1
    document.set("imaging.alpha", 2.0)
    document.set("imaging.sigma", 1.0)
    assert steps(document) == 4


def test_undo_and_save_end_merging(document, tmp_path):
    document.set("seed", 1)
    document.save(tmp_path / "a.toml")
    document.set("seed", 2)
    assert document.dirty
    document.undo()
    assert document.value("seed") == 1 and not document.dirty
    document.undo()
    assert document.value("seed") == 42 and document.dirty
    document.set("seed", 5)
    document.undo()
    assert document.value("seed") == 42
    document.redo()
    assert document.value("seed") == 5


def test_back_where_it_began_is_no_step(document):
    document.begin_gesture()
    document.set("imaging.sigma", 0.9)
    document.set("imaging.sigma", 0.6)
    document.end_gesture()
    assert not document.can_undo and not document.dirty


def test_back_where_it_began_leaves_the_step_before_alone(document, clock):
    document.set("imaging.sigma", 0.7)
    clock.now += 1.0
    document.set("imaging.sigma", 0.8)
    document.set("imaging.sigma", 0.7)
    document.set("imaging.sigma", 0.9)
    document.undo()
    assert document.value("imaging.sigma") == 0.7


def test_new_edit_forgets_what_was_undone(document, clock):
    document.set("seed", 1)
    document.undo()
    document.set("seed", 42)  # no change: redo stays
    assert document.redo_label == "Seed"
    document.set("images", 5)
    assert not document.can_redo and document.redo_label == ""
    document.redo()
    assert document.value("seed") == 42


def test_undo_with_nothing_to_undo(document):
    document.undo()
    document.redo()
    assert document.recipe == Recipe() and (document.undo_label, document.redo_label) == ("", "")


def test_history_is_bounded(document, clock):
    for seed in range(history.MOST_STEPS + 20):
        clock.now += 1.0
        document.set("seed", seed + 1000)
    assert steps(document) == history.MOST_STEPS
    assert document.value("seed") == 1019


def test_other_recipe_in_place_is_one_undoable_step(document):
    changes = []
    document.changed.connect(changes.append)
    other = Recipe(name="other", seed=5)
    document.set("seed", 9)
    document.replace(other, label="Preset")
    assert document.recipe == other and changes[-1].paths == () and document.undo_label == "Preset"
    document.undo()
    assert document.value("seed") == 9 and document.value("name") == "untitled"


def test_state_is_told(document):
    seen = []
    document.state_changed.connect(
        lambda: seen.append((document.dirty, document.can_undo, document.in_gesture))
    )
    document.begin_gesture()
    document.set("seed", 1)
    document.end_gesture()
    document.undo()
    assert seen == [(False, False, True), (True, True, True), (True, True, False), (False, False, False)]


def test_setting_the_saved_value_by_hand_is_not_dirty(document, clock):
    document.set("seed", 1)
    clock.now += 5
    document.set("seed", 42)
    assert not document.dirty and document.can_undo
