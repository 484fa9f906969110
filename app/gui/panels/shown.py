"""What of a document the panel shows: its values, or in their place what waits to be accepted.

No Qt here.
"""

from __future__ import annotations

from typing import Any

from app.gui.document import entry_fields, fields
from app.gui.document.document import RecipeDocument
from app.gui.document.reading import value_of_files
from app.gui.document.sections import PRESET
from app.gui.panels.need import Need
from app.gui.panels.pending import Pending
from app.gui.panels.source import Source


class Shown:
    """Reads a document for the panel.

    Parameters
    ----------
    document
        The recipe.
    pending
        Edits that it refused so far: the user sees what was entered.
    source
        Which fields there are.
    """

    def __init__(self, document: RecipeDocument, pending: Pending, source: Source) -> None:
        self._document, self._pending, self._source = document, pending, source
        self.remember_fields()

    def remember_fields(self) -> None:
        """Look again which fields the recipe has; kinds or names changed."""
        self._source.refresh()

    def present(self, section: fields.Section) -> list[fields.Field]:
        """The fields that the chosen kinds have, a kind that waits to be chosen included."""
        return [self._source.shown(field) for field in section.fields if self.has(field)]

    def has_any(self, section: fields.Section) -> bool:
        """Whether the chosen kinds have anything of a section."""
        return any(self.has(field) for field in (*section.all_fields(), *section.lists()))

    def finds(self, section: fields.Section, need: Need) -> bool:
        """Whether a list, or anything in its entries, passes the filters."""
        field = section.entries
        if field is None or not self.has(field):
            return False
        if need.wants(field, section.title):
            return True
        recipe = self._document.recipe
        for path, title in entry_fields.entries_in(recipe, field):
            entry = entry_fields.entry_at(recipe, path)
            parts = () if entry is None else entry_fields.entry_sections(type(entry.settings), path)
            found = (one for part in parts for one in part.all_fields())
            if any(one.exists_in(recipe) and need.wants(one, f"{section.title} {title}") for one in found):
                return True
        return False

    def exists(self, path: str) -> bool:
        """Whether a path is a setting that the chosen kinds have."""
        try:
            return self.has(self._source.find(path))
        except KeyError:
            return False

    def has(self, field: fields.Field) -> bool:
        """Whether the chosen kinds have a field."""
        try:
            return field.exists_with(self._pending.value)
        except KeyError:
            # Its entry is gone.
            return False

    def on(self, path: str) -> bool:
        """Whether a setting is a switch that is on."""
        try:
            return self._pending.value(path) is True
        except KeyError:
            return False

    def decides(self, path: str) -> bool:
        """Whether a setting decides which others there are."""
        try:
            return self._source.find(path).editor in ("kind", "files")
        except KeyError:
            # Settings without a row are told by other means, the list of what varies by its settings.
            return False

    def decided_by(self, path: str) -> tuple[str, ...]:
        """The groups in which there are other settings when this one is another."""
        own = path.rpartition(".")[0]
        return (own, fields.OF_YIELDS) if path == fields.KIND else (own,)

    def state(self, field: fields.Field) -> tuple[Any, Any, bool]:
        """(value, default, whether it is changed) of a setting."""
        path = field.path
        try:
            default = self._document.default(path)
            changed = path in self._pending or not self._document.is_default(path)
            if field.editor == "files" and path not in self._pending:
                # As they are: the trees of ten thousand files take longer than all the rest.
                return value_of_files(self._document.recipe), default, changed
            return self._pending.value(path), default, changed
        except KeyError:
            # The kind that has it waits to be chosen.
            return field.default, field.default, False

    def differs(self, path: str) -> bool:
        """Whether a setting is not as it is unless somebody touches it."""
        if path in self._pending or self._document.vary(path) is not None:
            return True
        try:
            return not self._document.is_default(path)
        except KeyError:
            return True

    def entry(self, field: fields.Field) -> dict[str, Any] | None:
        """How a setting varies; None where it is fixed."""
        entry = self._document.vary(field.path) if field.can_vary else None
        return None if entry is None else entry.tree()

    def counts(self, section: fields.Section) -> tuple[int, int]:
        """How many settings of a section, and of those in it, are changed, and how many vary."""
        lists = section.lists()
        found = (*section.all_fields(), *lists)
        paths = {field.path for field in found if self.has(field)}
        inside = tuple(f"{field.path}." for field in lists)
        changed = 0
        for path in paths:
            try:
                changed += not self._document.is_default(path)
            except KeyError:
                continue
        varied = self._document.varied_paths()
        return changed, sum(path in paths or path.startswith(inside) for path in varied)

    def preset_modified(self) -> bool:
        """Whether the noise differs from what its preset says."""
        return any(path != PRESET for path in self._document.overridden("noise"))
