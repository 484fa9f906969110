"""The rows of one section: made when they are first wanted, shown as kinds and filters say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from app.gui.document.fields import Field, Section
from app.gui.panels.need import Need
from app.gui.panels.row import Row
from app.gui.panels.section import CollapsibleSection


class SectionRows(QObject):
    """The rows of a section.

    Attributes
    ----------
    rows
        The rows made so far, by path.
    paths
        Paths of all fields of the section, whatever kind has them.
    level
        0 for a section, more for one inside others.
    hits
        Whether any row, or the list, passes the filters.
    exists
        Whether the chosen kinds have anything of the section.
    made
        Rows were made that the Tab key does not know its way through yet.
    """

    #: The user asked for more or fewer settings.
    more_toggled = Signal()

    def __init__(
        self, section: Section, box: CollapsibleSection, make: Callable[[Field, QWidget], Row], level: int
    ) -> None:
        super().__init__(box)
        self.section, self.box, self.level = section, box, level
        self.rows: dict[str, Row] = {}
        self.paths = frozenset(field.path for field in section.fields)
        self.hits = False
        self.exists = True
        self.made = False
        self._make = make
        # Fields whose rows are to be made, with their places; paths of the rows that are to be seen.
        self._missing: list[tuple[int, Field]] = []
        self._wanted: frozenset[str] = frozenset()
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

    def holds(self, other: SectionRows) -> bool:
        """Whether another section is inside this one, at any depth."""
        return self is not other and self.box.isAncestorOf(other.box)

    def has_in_list(self, path: str) -> bool:
        """Whether a setting is the section's list, or belongs to an entry of it."""
        entries = self.section.entries
        return entries is not None and (path == entries.path or path.startswith(f"{entries.path}."))

    def sync(
        self, present: Sequence[Field], need: Need, *, exists: bool = True, list_found: bool = False
    ) -> None:
        """Show the rows that are there and wanted; :meth:`make_next` makes those that are missing.

        Parameters
        ----------
        present
            The fields that the chosen kinds have, in order.
        need
            What the user wants to see.
        exists
            Whether the chosen kinds have anything of the section, in sections inside it too.
        list_found
            The section is one of a list, and that passes the filters.
        """
        self.exists = exists
        if not need.filtering or not exists:
            self.box.setVisible(exists)
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
        self.hits = bool(wanted) or list_found
        self._wanted = frozenset(wanted)
        self._look_for_missing(present if self.box.is_open or (need.filtering and wanted) else ())
        for path, row in self.rows.items():
            row.setVisible(path in self._wanted)
        rare_ones = any(field.advanced for field in present)
        self.more.setVisible(rare_ones and not need.filtering and (kept_back > 0 or self.more.isChecked()))
        self.more.setText("Fewer settings" if self.more.isChecked() else f"{kept_back} more…")
        self.more.setAccessibleName(f"{self.section.title}: {self.more.text()}")

    def make(self, present: Sequence[Field]) -> None:
        """Make all rows, whether they are to be seen or not."""
        self._drop(present)
        self._look_for_missing(present)
        while self.make_next():
            pass

    def make_next(self) -> bool:
        """Make the next row that is missing; False where none is."""
        if not self._missing:
            return False
        place, field = self._missing.pop(0)
        row = self._make(field, self.box.body)
        self.rows[field.path] = row
        row.setVisible(False)
        self._column.insertWidget(place, row)
        row.setVisible(field.path in self._wanted)
        self.made = True
        return True

    def show_filtered(self, filtering: bool, hits_below: bool) -> None:
        """Open where something is found, hide where nothing is; back as it was afterwards."""
        if filtering:
            if self._open_before is None:
                self._open_before = self.box.is_open
            found = self.exists and (self.hits or hits_below)
            self.box.setVisible(found)
            self.box.set_open(found)
        elif self._open_before is not None:
            self.box.setVisible(self.exists)
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

    def _look_for_missing(self, present: Sequence[Field]) -> None:
        self._missing = [(place, field) for place, field in enumerate(present) if field.path not in self.rows]
