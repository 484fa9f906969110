"""The rows of one section: made when they are first wanted, shown as kinds and filters say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.gui.document.fields import Field, Section
from app.gui.panels.row import Row
from app.gui.panels.section import CollapsibleSection


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


class SectionRows(QObject):
    """The rows of a section.

    Attributes
    ----------
    rows
        The rows made so far, by path.
    paths
        Paths of all fields of the section, whatever kind has them.
    hits
        Number of rows that pass the filters.
    made
        Rows were made that the Tab key does not know its way through yet.
    """

    #: The user asked for more or fewer settings.
    more_toggled = Signal()

    def __init__(
        self, section: Section, box: CollapsibleSection, make: Callable[[Field, QWidget], Row], level: int
    ) -> None:
        super().__init__(box)
        self.section, self.box = section, box
        self.rows: dict[str, Row] = {}
        self.paths = frozenset(field.path for field in section.fields)
        self.hits = 0
        self.made = False
        self._make = make
        self._open_before: bool | None = None
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        box.body_layout.addLayout(self._column)
        self.more = QToolButton(box.body)
        self.more.setObjectName(f"{box.objectName()}.more")
        self.more.setCheckable(True)
        self.more.setAutoRaise(True)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.more.setToolTip("Settings that few users change.")
        self.more.clicked.connect(lambda *_: self.more_toggled.emit())
        self.more.hide()
        box.body_layout.addWidget(self.more)

    def inside(self, other: SectionRows) -> bool:
        """Whether this is a section of another one."""
        return any(part is self.section for part in other.section.subsections)

    def sync(self, present: Sequence[Field], need: Need) -> None:
        """Make and show the rows that are there and wanted.

        Parameters
        ----------
        present
            The fields that the chosen kinds have, in order.
        need
            What the user wants to see.
        """
        self._drop(present)
        wanted, kept_back = [], 0
        for field in present:
            if not need.wants(field, self.section.title):
                continue
            rare = field.advanced and not self.more.isChecked() and not need.filtering
            if rare and not need.differs(field.path):
                kept_back += 1
                continue
            wanted.append(field.path)
        self.hits = len(wanted)
        if self.box.is_open or (need.filtering and wanted):
            self._make_missing(present)
        shown = set(wanted)
        for path, row in self.rows.items():
            row.setVisible(path in shown)
        rare_ones = any(field.advanced for field in present)
        self.more.setVisible(rare_ones and not need.filtering and (kept_back > 0 or self.more.isChecked()))
        self.more.setText("Fewer settings" if self.more.isChecked() else f"{kept_back} more…")
        self.more.setAccessibleName(f"{self.section.title}: {self.more.text()}")

    def make(self, present: Sequence[Field]) -> None:
        """Make all rows, whether they are to be seen or not."""
        self._drop(present)
        self._make_missing(present)

    def show_filtered(self, filtering: bool, hits_below: bool) -> None:
        """Open where something is found, hide where nothing is; back as it was afterwards."""
        if filtering:
            if self._open_before is None:
                self._open_before = self.box.is_open
            found = bool(self.hits or hits_below)
            self.box.setVisible(found)
            self.box.set_open(found)
        elif self._open_before is not None:
            self.box.show()
            self.box.set_open(self._open_before)
            self._open_before = None

    def _drop(self, present: Sequence[Field]) -> None:
        """Forget rows of fields that are gone, or are other fields now."""
        fields = {field.path: field for field in present}
        for path in [path for path, row in self.rows.items() if fields.get(path) != row.field]:
            row = self.rows.pop(path)
            row.hide()
            self._column.removeWidget(row)
            row.deleteLater()

    def _make_missing(self, present: Sequence[Field]) -> None:
        made = len(self.rows)
        for place, field in enumerate(present):
            if field.path not in self.rows:
                row = self._make(field, self.box.body)
                self.rows[field.path] = row
                row.hide()
                self._column.insertWidget(place, row)
        self.made = self.made or len(self.rows) > made
