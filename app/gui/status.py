"""The status bar: specimen, cursor, preview time, renderer, seed, digest."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLabel, QStatusBar

from app.amounts import duration_text
from app.gui.preview.results import Result
from app.gui.structure.specimens import view_of

#: Fields from left to right: name and what it tells.
FIELDS = (
    ("specimen", "What is imaged, and how large it is"),
    ("cursor", "Position and value under the pointer"),
    ("preview", "Size of the image and the time it took"),
    ("renderer", "What draws the 3D view"),
    ("seed", "Seed of the recipe"),
    ("digest", "Two recipes with the same digest make the same dataset"),
)
#: Texts that need about the most room, of fields that often change.
LONGEST = {"preview": "1024² px in 888 ms", "digest": "digest 88888888"}
#: Fields that have no line before them.
WITHOUT_LINE = ("specimen", "cursor")


class StatusLine:
    """Fills a status bar; each fact has its place, whatever else changes."""

    def __init__(self, bar: QStatusBar) -> None:
        self._bar = bar
        self._labels: dict[str, QLabel] = {}
        self._lines: dict[str, QFrame] = {}
        self._texts = dict.fromkeys((name for name, _ in FIELDS), "")
        for name, meaning in FIELDS:
            if name not in WITHOUT_LINE:
                self._lines[name] = line = QFrame(bar)
                line.setFrameStyle(QFrame.Shape.VLine | QFrame.Shadow.Sunken)
                bar.addPermanentWidget(line)
                line.hide()
            label = QLabel("", bar)
            label.setObjectName(f"status.{name}")
            label.setToolTip(meaning)
            label.setAccessibleName(meaning)
            label.setContentsMargins(4, 0, 4, 0)
            self._labels[name] = label
            bar.addPermanentWidget(label, 1 if name == "cursor" else 0)

    def set(self, name: str, text: str) -> None:
        """Show a text in one of the fields."""
        label = self._labels[name]
        if text and not self._texts[name] and name in LONGEST:
            # The others then stay where they are, whatever the numbers.
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance(LONGEST[name]) + 8)
        self._texts[name] = text
        label.setText(f"3D: {text}" if name == "renderer" and text else text)
        if name in self._lines:
            self._lines[name].setVisible(bool(text))

    def text(self, name: str) -> str:
        """The text of a field."""
        return self._texts[name]

    def show_result(self, result: Result) -> None:
        """What one preview tells."""
        told = view_of(result.job.specimen.kind)
        self.set(
            "specimen",
            f"{' '.join(dict.fromkeys((result.job.structure_id, result.job.geometry)))} · "
            f"{told.in_words(result.structure)}",
        )
        self.show_time(result)
        self.set("seed", f"seed {result.recipe.seed}")
        if result.digest:
            self.set("digest", f"digest {result.digest[:8]}")
            self._labels["digest"].setToolTip(f"{FIELDS[-1][1]}\n{result.digest}")

    def show_time(self, result: Result) -> None:
        """How large the image is and how long it took."""
        height, width = result.sample.image.shape
        size = f"{height}²" if height == width else f"{height} × {width}"
        took = f"{result.seconds * 1e3:.0f} ms" if result.seconds < 10.0 else duration_text(result.seconds)
        self.set("preview", f"{size} px in {took}{', draft' if result.draft else ''}")

    def say(self, sentence: str, milliseconds: int = 6000) -> None:
        """A sentence that goes away by itself."""
        self._bar.showMessage(sentence, milliseconds)
