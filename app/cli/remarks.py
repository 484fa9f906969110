"""Notes and warnings about a recipe or a dataset, said on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from app.cli.output import remark

#: More notes of one kind than this are counted, not shown.
MOST_SHOWN = 20


def show_remarks(kind: str, sentences: Sequence[str]) -> None:
    """``note: ...`` or ``warning: ...`` lines on stderr, no more than a screen of them."""
    for sentence in sentences[:MOST_SHOWN]:
        remark(kind, sentence)
    if len(sentences) > MOST_SHOWN:
        remark(kind, f"and {len(sentences) - MOST_SHOWN} more")
