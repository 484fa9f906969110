"""Undo and redo by whole recipes: each step remembers the recipe before and after it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.recipe.model import Recipe

#: Steps that can be undone; older ones are forgotten.
MOST_STEPS = 500
#: Edits of the same settings that follow each other faster than this are one step, seconds.
MERGE_WITHIN = 0.8


@dataclass(frozen=True)
class Step:
    """One undoable change.

    Recipes share every section that did not change, so that a step costs next to nothing.
    """

    before: Recipe
    after: Recipe
    label: str
    edited: frozenset[str]
    at: float


class History:
    """The steps behind and ahead of the present recipe."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._open = False

    @property
    def undo_label(self) -> str:
        return self._done[-1].label if self._done else ""

    @property
    def redo_label(self) -> str:
        return self._undone[-1].label if self._undone else ""

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def clear(self) -> None:
        """Forget everything."""
        self._done.clear()
        self._undone.clear()
        self._open = False

    def close_step(self) -> None:
        """Let the next edit begin a step of its own."""
        self._open = False

    def record(self, step: Step, *, together: bool) -> None:
        """Add a change, to the step before it where both are one action of the user.

        Parameters
        ----------
        step
            The change.
        together
            Both belong to one gesture, however long it takes.
        """
        self._undone.clear()
        last = self._done[-1] if self._done and self._open else None
        if last is not None and (
            together or (last.edited == step.edited and step.at - last.at < MERGE_WITHIN)
        ):
            self._done.pop()
            step = replace(step, before=last.before, edited=last.edited | step.edited)
        self._open = True
        if step.before == step.after:
            # Back where it began: nothing is left to undo, and the step before stays closed.
            self._open = False
            return
        self._done.append(step)
        del self._done[:-MOST_STEPS]

    def undo(self) -> Step | None:
        """The step to be taken back, or None."""
        self._open = False
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> Step | None:
        """The step to be done again, or None."""
        self._open = False
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]
