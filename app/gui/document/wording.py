"""How the names of the program read in the window, where nothing better is said beside them."""

from __future__ import annotations


def words_of(name: str) -> str:
    """A name of the program as people write it: ``dwell_time`` is ``Dwell time``."""
    words = name.replace("_", " ")
    if len(words) == 1:
        # A symbol of the field: indices h, k, l, coordinates x, y, z.
        return words
    return words[:1].upper() + words[1:]
