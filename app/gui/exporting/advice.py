"""Advice of the engine and the command line, in the words of the window.  No Qt."""

from __future__ import annotations

#: Options that such advice names, and what is done in the window instead; longer phrases first.
_PHRASES = (
    ("start again with --overwrite", "replace the dataset in the export dialog"),
    ("replace with --overwrite", "replace the dataset in the export dialog"),
    ("with --overwrite", "in the export dialog"),
    ("run the same command with --resume", "choose Resume"),
    ("go on with --resume", "go on with it"),
    ("with --resume", "with Resume"),
)


def for_window(sentence: str) -> str:
    """A sentence without the options of the command line."""
    for option, instead in _PHRASES:
        sentence = sentence.replace(option, instead)
    return sentence
