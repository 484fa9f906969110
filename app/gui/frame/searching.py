"""Finding commands by a few letters: shared by command palette and shortcut help.  No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

#: Words typed as the text's words begin; first letters of its words; parts of its words.
WORDS, INITIALS, PARTS = 1000.0, 500.0, 250.0


def score(pattern: str, text: str) -> float | None:
    """How well letters match a text.

    Parameters
    ----------
    pattern
        Letters in the order in which they come in the text, with gaps between them; blanks count nothing.
    text
        What is searched.

    Returns
    -------
    Higher is better; None where the letters do not come in this order.
    """
    wanted = pattern.casefold().replace(" ", "")
    held = text.casefold()
    if not wanted:
        return 0.0
    shorter_is_better = -len(held) / 1000.0
    words = pattern.casefold().split()
    starts = [min(_starts(held, word), default=-1) for word in words]
    if min(starts) >= 0:
        return WORDS - starts[0] / 10.0
    letters = _letters(wanted, held)
    if letters == len(wanted):
        return INITIALS + shorter_is_better
    if all(word in held for word in words):
        return PARTS + shorter_is_better - held.find(words[0]) / 10.0
    return None if letters is None else letters + shorter_is_better


def _starts(text: str, word: str) -> Iterator[int]:
    """Places where a word of the text begins like this one."""
    place = text.find(word)
    while place >= 0:
        if _begins_word(text, place):
            yield place
        place = text.find(word, place + 1)


def _letters(wanted: str, text: str) -> float | None:
    """How many letters begin a word or follow their neighbour, if they come in this order at all."""
    found, position = 0.0, -1
    for letter in wanted:
        beginning = next(_starts_after(text, letter, position), -1)
        position = beginning if beginning >= 0 else text.find(letter, position + 1)
        if position < 0:
            return None
        found += 1.0 if beginning >= 0 else 0.25
    return found


def _starts_after(text: str, letter: str, position: int) -> Iterator[int]:
    return (place for place in _starts(text, letter) if place > position)


def _begins_word(text: str, position: int) -> bool:
    return position == 0 or not text[position - 1].isalnum()


def best_first(pattern: str, items: Iterable[Item], text_of: Callable[[Item], str]) -> list[Item]:
    """The items that match, best first; items that match equally well keep their order."""
    scored = [(score(pattern, text_of(item)), item) for item in items]
    matching = [(value, item) for value, item in scored if value is not None]
    return [item for _, item in sorted(matching, key=lambda pair: -pair[0])]
