"""CSV tables that grow row by row while an export goes on."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.core.atomic import whole_file


class Rows:
    """A CSV table that grows row by row; the first row names the columns."""

    def __init__(self, stream: Any) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        self._writer: Any = None

    def write(self, values: dict[str, Any]) -> None:
        """Append a row."""
        if self._writer is None:
            self._writer = csv.DictWriter(self._text, list(values), lineterminator="\n")
            self._writer.writeheader()
        self._writer.writerow(values)

    def detach(self) -> None:
        """Leave the stream to its owner."""
        self._text.flush()
        self._text.detach()


@contextlib.contextmanager
def csv_table(path: Path) -> Iterator[Rows]:
    """A table whose file gets its name when the block ends."""
    with whole_file(path) as stream:
        rows = Rows(stream)
        try:
            yield rows
        finally:
            rows.detach()


def flat_row(values: dict[str, Any]) -> dict[str, Any]:
    """Vectors spread over columns ``name_0``, ``name_1`` …"""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, (list, tuple)):
            flat.update({f"{name}_{position}": item for position, item in enumerate(value)})
        else:
            flat[name] = value
    return flat
