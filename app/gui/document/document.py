"""The recipe as a document: edited by paths, undone by steps, opened and saved.

It always holds a valid recipe.  It knows no window: panels edit it, and whoever connects to its
events hears what changed.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.gui.document import reading, references, sections, structure_files, sweep, usual
from app.gui.document.events import Event
from app.gui.document.history import History, Step
from app.gui.document.labels import title_of
from sim.core.errors import InputError
from sim.core.settings import Settings, validate
from sim.recipe.migrations import migrate
from sim.recipe.model import SCHEMA_VERSION, Recipe
from sim.recipe.toml import load_recipe, save_recipe
from sim.recipe.vary import Vary

UNTITLED = "untitled"


@dataclass(frozen=True)
class Change:
    """What became different.

    Attributes
    ----------
    paths
        Settings whose value, default or varying changed; ``vary`` among them where the list of
        varied settings did.  Empty: everything may have.
    label
        Name of the change, as the undo menu has it.
    """

    paths: tuple[str, ...]
    label: str


class RecipeDocument:
    """One recipe that is being edited.

    Parameters
    ----------
    recipe
        What to start from; paths of structure files are absolute in a document.
    path
        The file it came from.
    clock
        Seconds of a clock that only goes forward, for tests of what merges.

    Attributes
    ----------
    changed
        Called with a :class:`Change` after every change of the recipe.
    state_changed
        Called when path, dirty mark, undo, redo or gesture may be different.
    """

    def __init__(
        self,
        recipe: Recipe | None = None,
        path: Path | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.changed: Event[[Change]] = Event()
        self.state_changed: Event[[]] = Event()
        self._clock = clock
        self._recipe = recipe or Recipe()
        self._saved: Recipe | None = self._recipe
        self._path = path
        self._history = History()
        self._in_gesture = False

    # --- what it is --------------------------------------------------------------------------

    @property
    def recipe(self) -> Recipe:
        """The present recipe."""
        return self._recipe

    @property
    def path(self) -> Path | None:
        """The file it is saved in, if any."""
        return self._path

    @property
    def title(self) -> str:
        """What the window is called after: the file, else the name of the recipe."""
        return self._path.name if self._path is not None else self._recipe.name or UNTITLED

    @property
    def dirty(self) -> bool:
        """Whether it differs from what is saved."""
        return self._recipe is not self._saved and self._recipe != self._saved

    def revert(self) -> None:
        """Give up every change since it was saved or begun; there is nothing to undo afterwards."""
        saved = self._saved
        if saved is None and self._path is not None:
            # Brought back with changes that the file does not have.
            with contextlib.suppress(InputError):
                saved = load_recipe(self._path)
        self.restore(saved or Recipe(), self._path, dirty=False)

    # --- reading -----------------------------------------------------------------------------

    def value(self, path: str) -> Any:
        """The plain value of a setting; KeyError if the chosen kinds have no such setting."""
        return reading.value_of(self._recipe, path)

    def default(self, path: str) -> Any:
        """What the setting is unless changed; for noise, what the preset says."""
        return reading.default_of(self._recipe, path)

    def is_default(self, path: str) -> bool:
        """Whether a setting has its default value."""
        return reading.is_default(self._recipe, path)

    def overridden(self, prefix: str) -> tuple[str, ...]:
        """Settings below a section's prefix that differ from their default (``""``: the recipe's own)."""
        return tuple(
            path
            for path, _ in reading.leaves(self._recipe, prefix)
            if not reading.is_default(self._recipe, path)
        )

    # --- editing -----------------------------------------------------------------------------

    def set(self, path: str, value: Any, *, label: str = "") -> None:
        """Change one setting.

        A kind (``specimen.kind``, ``pose.kind``, ``imaging.model``) keeps what both kinds share and
        drops what varies and no longer exists; so do the kinds of groups inside entries of lists.
        ``noise.preset`` drops what differed from the old preset; ``specimen.files`` takes the chosen
        structure and a sweep over the structures along; the name of a node takes along what names it.

        Entries of lists go by their names (``specimen.nodes.cdse.volume.radius``), by their numbers
        from 0 where they have none (``specimen.nodes.cdse.volume.facets.0.distance``).

        Raises
        ------
        InputError
            If the recipe would not be valid; nothing is changed.
        """
        self.set_many({path: value}, label=label or title_of(path))

    def set_many(self, values: Mapping[str, Any], *, label: str) -> None:
        """Change several settings in one step; all or none of them."""
        values = references.consistent(self._recipe, usual.with_usual(self._recipe, values))
        recipe = sections.with_values(self._recipe, structure_files.consistent(self._recipe, values))
        if sections.FILES in values:
            recipe = structure_files.follow_sweep(self._recipe, recipe)
        recipe = references.follow(self._recipe, recipe, values)
        self._edit(sweep.without_vanished(self._recipe, recipe), label, values)

    def change(self, recipe: Recipe, *, label: str) -> None:
        """Put a recipe that was made from this one in its place, in a step of its own.

        Listeners hear of the settings that differ, not that everything may.
        """
        self._history.close_step()
        self._edit(sweep.without_vanished(self._recipe, recipe), label, ())
        self._history.close_step()

    def reset(self, path: str) -> None:
        """Give a setting its default value, in a step of its own."""
        self._history.close_step()
        self.set(path, self.default(path), label=f"Reset {title_of(path)}")

    def reset_section(self, prefix: str) -> None:
        """Give everything below a prefix its default value; ``""`` means the recipe's own settings."""
        label = f"Reset {title_of(prefix)}" if prefix else "Reset recipe"
        section, _, rest = prefix.partition(".")
        if prefix and not rest and isinstance(getattr(self._recipe, section, None), Settings):
            # The whole section, its kind included.
            tree = sections.section_tree(Recipe(), section)
            recipe = self._recipe
            if section == "imaging":
                tree = reading.usual_imaging(recipe.specimen.kind).tree()
            elif section == "specimen":
                # With what goes with the kind that it is now.
                recipe = sections.with_values(recipe, usual.with_usual(recipe, {usual.KIND: tree["kind"]}))
            recipe = sections.with_sections(recipe, {section: tree})
            self._edit(sweep.without_vanished(self._recipe, recipe), label, (prefix,))
            return
        paths = self.overridden(prefix)
        if paths:
            self.set_many({path: self.default(path) for path in paths}, label=label)

    # --- what varies -------------------------------------------------------------------------

    def vary(self, path: str) -> Vary | None:
        """How a setting varies; None where it is fixed."""
        return next((entry for entry in self._recipe.vary if entry.path == path), None)

    def varied_paths(self) -> tuple[str, ...]:
        """Settings that vary, in the order of the sweep."""
        return tuple(entry.path for entry in self._recipe.vary)

    def set_vary(self, path: str, tree: Mapping[str, Any] | None, *, label: str = "") -> None:
        """Let a setting vary, or fix it again (None).

        Parameters
        ----------
        path
            The setting.
        tree
            A ``[[vary]]`` entry without its path, as ``{"law": "grid", "values": [0.4, 0.6]}``.
        label
            Name of the change.

        Raises
        ------
        InputError
            If the entry is not valid or does not suit the setting; errors name ``vary (PATH)``.
        """
        recipe = sweep.with_entry(self._recipe, path, tree)
        self._edit(recipe, label or (f"Vary {title_of(path)}" if tree else f"Fix {title_of(path)}"), (path,))

    # --- gestures, undo, redo ----------------------------------------------------------------

    @property
    def in_gesture(self) -> bool:
        """Whether the user holds something, a slider for example."""
        return self._in_gesture

    def begin_gesture(self) -> None:
        """All edits until the end of the gesture are one step."""
        self._history.close_step()
        self._in_gesture = True
        self.state_changed.emit()

    def end_gesture(self) -> None:
        """The user let go."""
        self._history.close_step()
        self._in_gesture = False
        self.state_changed.emit()

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    @property
    def undo_label(self) -> str:
        """What undo would take back; empty if nothing."""
        return self._history.undo_label

    @property
    def redo_label(self) -> str:
        """What redo would do again; empty if nothing."""
        return self._history.redo_label

    def undo(self) -> None:
        """Take the last step back."""
        step = self._history.undo()
        if step is not None:
            self._show(step.before, step.label)

    def redo(self) -> None:
        """Do the step that was taken back again."""
        step = self._history.redo()
        if step is not None:
            self._show(step.after, step.label)

    # --- whole recipes -----------------------------------------------------------------------

    def replace(self, recipe: Recipe, *, label: str) -> None:
        """Put another recipe in the place of this one; undo brings this one back."""
        self._history.close_step()
        self._edit(recipe, label, (), everything=True)
        self._history.close_step()

    def new(self, recipe: Recipe, path: Path | None = None) -> None:
        """Begin with a recipe, saved under ``path`` or not yet; there is nothing to undo."""
        self.restore(recipe, path, dirty=False)

    def restore(self, recipe: Recipe, path: Path | None, *, dirty: bool) -> None:
        """Begin with a recipe that may hold changes which ``path`` does not have."""
        self._recipe = recipe
        self._path = path
        self._saved = None if dirty else recipe
        self._history.clear()
        self._in_gesture = False
        self._tell(Change((), ""))

    def open(self, path: Path) -> None:
        """Begin with a recipe file; on an error nothing changes."""
        self.new(load_recipe(path), path)

    def save(self, path: Path | None = None) -> None:
        """Write the recipe to ``path``, from now on its file, or to the file it has.

        Structure files beside or below it are named relative to it, so that the folder can be moved.

        Raises
        ------
        InputError
            If it cannot be written: the file is as it was, and the document still unsaved.
        """
        path = path or self._path
        if path is None:
            raise InputError("recipe", "has no file yet", remedy="save it under a name")
        save_recipe(structure_files.relative_to(self._recipe, path), path)
        self._path = path
        self._saved = self._recipe
        self._history.close_step()
        self.state_changed.emit()

    # --- the clipboard -----------------------------------------------------------------------

    def parameters_json(self) -> str:
        """The recipe as JSON text, without what the noise preset says anyway."""
        tree = self._recipe.sparse_tree()
        tree["vary"] = [
            {name: value for name, value in entry.items() if value is not None} for entry in tree["vary"]
        ]
        return json.dumps(tree, indent=2, ensure_ascii=False)

    def paste_parameters(self, text: str) -> None:
        """Lay JSON text over the recipe: a whole recipe, or some of its sections and settings.

        Raises
        ------
        InputError
            If the text is no such JSON; nothing is changed.
        """
        try:
            given = json.loads(text)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict) or not given:
            raise InputError(
                "clipboard",
                "holds no parameters as JSON",
                remedy="copy them with 'Copy parameters as JSON' first",
            )
        given = migrate(given, SCHEMA_VERSION)
        tree = {name: sections.section_tree(self._recipe, name) for name in Recipe.model_fields}
        tree["vary"] = [entry.tree() for entry in self._recipe.vary]
        recipe = validate(Recipe, sections.laid_over(tree, given))
        self.replace(sweep.without_vanished(self._recipe, recipe), label="Paste parameters")

    # --- inside ------------------------------------------------------------------------------

    def _edit(self, recipe: Recipe, label: str, edited: Iterable[str], *, everything: bool = False) -> None:
        paths = reading.changed_paths(self._recipe, recipe)
        if not paths:
            return
        step = Step(self._recipe, recipe, label, frozenset(edited), self._clock())
        self._history.record(step, together=self._in_gesture and not everything)
        self._recipe = recipe
        self._tell(Change(() if everything else paths, label))

    def _show(self, recipe: Recipe, label: str) -> None:
        paths = reading.changed_paths(self._recipe, recipe)
        self._recipe = recipe
        self._tell(Change(paths, label))

    def _tell(self, change: Change) -> None:
        try:
            self.changed.emit(change)
        finally:
            self.state_changed.emit()
