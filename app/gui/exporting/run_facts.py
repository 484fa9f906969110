"""The numbers beside the progress bar of a run."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app.amounts import bytes_text, duration_text, estimate_text

#: Names, titles and meanings.
FACTS = (
    ("rate", "Rate", "Images finished a second, over the last 20 s"),
    ("elapsed", "Elapsed", "Time since the start, without pauses"),
    ("remaining", "Remaining", "Time until the present step is done, at the present rate"),
    ("written", "Written", "Bytes of the dataset on the disk"),
    ("free", "Free", "Free space of that disk"),
)
UNKNOWN = "–"


class RunFacts(QWidget):
    """Rate, times and bytes, each under its title."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(0)
        self._values: dict[str, QLabel] = {}
        for position, (name, title, meaning) in enumerate(FACTS):
            head = QLabel(title, self)
            head.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            head.setToolTip(meaning)
            value = QLabel(UNKNOWN, self)
            value.setObjectName(f"run.{name}")
            value.setAccessibleName(title)
            value.setToolTip(meaning)
            grid.addWidget(head, 0, position)
            grid.addWidget(value, 1, position)
            self._values[name] = value
        grid.setColumnStretch(len(FACTS), 1)

    def show_times(self, rate: float | None, elapsed: float | None, remaining: float | None) -> None:
        """Show images a second, and seconds; None for what is not known."""
        self._set("rate", UNKNOWN if rate is None else f"{rate:.3g} images/s")
        self._set("elapsed", UNKNOWN if elapsed is None else duration_text(elapsed))
        self._set("remaining", UNKNOWN if remaining is None else estimate_text(remaining))

    def show_bytes(self, written: int, free: int) -> None:
        """Show bytes of the dataset so far, and free ones of its disk."""
        self._set("written", bytes_text(written))
        self._set("free", bytes_text(free))

    def _set(self, name: str, text: str) -> None:
        self._values[name].setText(text)
