"""What a panel shows: the sections of the recipe, or those of one entry of a list.  No Qt here."""

from __future__ import annotations

from typing import Protocol

from app.gui.document import entry_fields, fields
from app.gui.document.document import RecipeDocument
from app.gui.document.fields import Field, Section

#: Sections of the recipe that are open at first.
OPEN_AT_FIRST = (
    "specimen",
    "pose",
    "image",
    "imaging",
    "imaging.detectors",
    "noise",
    "noise.exposure",
)


class Source(Protocol):
    """Tells a panel its sections and fields."""

    def sections(self) -> tuple[Section, ...]:
        """The sections, with the fields of all kinds."""
        ...

    def open_at_first(self, prefix: str) -> bool:
        """Whether a section is open until the user closes it."""
        ...

    def refresh(self) -> None:
        """Kinds or names in the recipe changed."""
        ...

    def shown(self, field: Field) -> Field:
        """A field with the choices that the recipe gives it."""
        ...

    def find(self, path: str) -> Field:
        """The field of a setting; KeyError if no kind has it."""
        ...


class RecipeSource:
    """The whole recipe but the nodes of a scene."""

    def __init__(self, document: RecipeDocument) -> None:
        self._document = document
        self._fields: dict[str, Field] = {}

    def sections(self) -> tuple[Section, ...]:
        return fields.sections()

    def open_at_first(self, prefix: str) -> bool:
        return prefix in OPEN_AT_FIRST

    def refresh(self) -> None:
        self._fields = {field.path: field for field in fields.fields_of(self._document.recipe)}

    def shown(self, field: Field) -> Field:
        return self._fields.get(field.path, field)

    def find(self, path: str) -> Field:
        try:
            return fields.field_of(path)
        except KeyError:
            if path.startswith(fields.NODES_BELOW):
                raise
            return entry_fields.field_in(self._document.recipe, path)


class EntrySource:
    """One entry of a list: a node, a change.

    Parameters
    ----------
    document
        The recipe.
    path
        The entry; nothing is shown where the recipe has none there.
    hidden
        Names of settings of its own that are edited elsewhere.
    """

    def __init__(self, document: RecipeDocument, path: str, hidden: tuple[str, ...] = ()) -> None:
        self._document, self.path, self._hidden = document, path, hidden
        self.entry = entry_fields.entry_at(document.recipe, path) if path else None
        if self.entry is not None and self.entry.path != path:
            self.entry = None

    def sections(self) -> tuple[Section, ...]:
        entry = self.entry
        if entry is None:
            return ()
        return entry_fields.entry_sections(type(entry.settings), entry.path, entry.kinds, self._hidden)

    def open_at_first(self, prefix: str) -> bool:
        # Those that say what it is and where; the rest is for who looks for it.
        group = prefix.removeprefix(self.path).strip(".").partition(".")[0]
        return group in ("", "crystal", "volume", "placement", "orientation")

    def refresh(self) -> None:
        """Nothing is remembered."""

    def shown(self, field: Field) -> Field:
        return entry_fields.with_choices(self._document.recipe, field)

    def find(self, path: str) -> Field:
        return entry_fields.field_in(self._document.recipe, path)
