"""How the names of the program read in the window, where nothing better is said beside them."""

from __future__ import annotations

import re

#: A name with a member in it, in a dotted path or alone: ``p#2``, ``specimen.nodes.p#2.count``.
_MEMBER = re.compile(r"(?<![\w.#])[A-Za-z_][\w.]*#\d+(?:\.?[\w#]+)*")
_NUMBERED = re.compile(r"(\w+)#(\d+)")


def words_of(name: str) -> str:
    """A name of the program as people write it: ``dwell_time`` is ``Dwell time``."""
    words = name.replace("_", " ")
    if len(words) == 1:
        # A symbol of the field: indices h, k, l, coordinates x, y, z.
        return words
    return words[:1].upper() + words[1:]


def of_members(text: str) -> str:
    """A sentence in which members of nodes are called as people call them: ``p#2`` is member 2 of p."""
    return _MEMBER.sub(_in_words, text) if "#" in text else text


def _in_words(found: re.Match[str]) -> str:
    token = found.group()
    members = ", ".join(f"member {number} of {name}" for name, number in _NUMBERED.findall(token))
    if "." not in token:
        return members
    return f"{_NUMBERED.sub(lambda one: one.group(1), token)} ({members})"
