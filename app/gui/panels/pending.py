"""Edits that the recipe refuses on their own, kept until others make them fit.  No Qt here.

Three shares must add up to one; a specimen from files needs a file: no single edit leads from one
valid recipe to the next.  What was refused because of another setting is tried again with every
further edit of the same section.
"""

from __future__ import annotations

from typing import Any

from app.gui.document.document import RecipeDocument
from app.gui.document.entry_fields import field_in
from app.gui.document.labels import title_of
from sim.core.errors import InputError
from sim.core.settings import Quantity


class Pending:
    """The refused edits of a document."""

    def __init__(self, document: RecipeDocument) -> None:
        self._document = document
        self._values: dict[str, Any] = {}

    def edit(self, path: str, value: Any) -> None:
        """Change a setting, with the refused ones of its section where they fit now.

        Raises
        ------
        InputError
            If the recipe stays as it is.
        """
        section = path.partition(".")[0]
        waiting = {
            other: wanted
            for other, wanted in self._values.items()
            if other != path and other.partition(".")[0] == section
        }
        if waiting:
            try:
                self._document.set_many({**waiting, path: value}, label=title_of(path))
            except InputError:
                pass
            else:
                for other in (*waiting, path):
                    self._values.pop(other, None)
                return
        try:
            self._document.set(path, value)
        except InputError as error:
            # A value that is wrong in itself stays in its editor; only what clashes is worth keeping.
            if error.parameter != path or self._is_in_range(path, value):
                self._values[path] = value
            raise
        self._values.pop(path, None)

    def _is_in_range(self, path: str, value: Any) -> bool:
        """Whether a number is one that the setting can have, beside others than there are now."""
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return False
        try:
            field = field_in(self._document.recipe, path)
        except KeyError:
            return False
        if field.editor not in ("number", "integer") or field.low is None or field.high is None:
            return False
        return Quantity(low=field.low, high=field.high, above=field.above).contains(value)

    def value(self, path: str) -> Any:
        """What the user wants a setting to be; KeyError if neither that nor the recipe says."""
        return self._values[path] if path in self._values else self._document.value(path)

    def __contains__(self, path: str) -> bool:
        return path in self._values

    def paths(self) -> tuple[str, ...]:
        """The settings that wait."""
        return tuple(self._values)

    def forget(self, *paths: str) -> None:
        """Give some up; without paths, all."""
        for path in paths or tuple(self._values):
            self._values.pop(path, None)
