"""What of the settings the user wants to see: words that are searched, only what is changed.  No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.gui.document.fields import Field


@dataclass(frozen=True)
class Need:
    """What the user wants to see.

    Attributes
    ----------
    words
        Words that name, symbol, path or meaning must have, in lower case.
    only_changed
        Only what differs from its default or varies.
    differs
        Whether a setting does.
    """

    words: tuple[str, ...]
    only_changed: bool
    differs: Callable[[str], bool]

    @property
    def filtering(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words) or self.only_changed

    def wants(self, field: Field, title: str) -> bool:
        """Whether a field passes the filters; ``title`` is its section's."""
        if self.only_changed and not self.differs(field.path):
            return False
        text = f"{title} {field.label} {field.symbol} {field.path} {field.about}".lower()
        return all(word in text for word in self.words)
