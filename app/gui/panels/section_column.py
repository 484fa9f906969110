"""The sections of a panel: made from a source, one after another, with the lists that are in them."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.document import fields
from app.gui.document.document import RecipeDocument
from app.gui.document.entry_fields import all_sections
from app.gui.panels.entry_list import EntryList
from app.gui.panels.entry_lists import EntryLists
from app.gui.panels.pending import Pending
from app.gui.panels.row import Row
from app.gui.panels.section import CollapsibleSection
from app.gui.panels.section_rows import Need, SectionRows
from app.gui.panels.shown import Shown
from app.gui.panels.source import Source


class SectionColumn(QWidget):
    """What holds the sections of a panel; what a row does is the panel's own affair.

    Parameters
    ----------
    document
        The recipe.
    source
        What is shown of it.
    """

    def __init__(self, document: RecipeDocument, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._source = source
        self._pending = Pending(document)
        self._shown = Shown(document, self._pending, source)
        self._sections: dict[str, SectionRows] = {}
        self._lists = EntryLists()
        self._waiting: list[fields.Section] = []
        self._content = QWidget(self)
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._column.addStretch(1)

    # --- what the panel does -----------------------------------------------------------------

    def _make_row(self, field: fields.Field, parent: QWidget) -> Row:
        """A row that edits the recipe."""
        raise NotImplementedError

    def _sync(self, rows: SectionRows, *, show: bool = False) -> None:
        """Rows for what the chosen kinds have."""
        raise NotImplementedError

    def _need(self) -> Need:
        """What the user wants to see."""
        raise NotImplementedError

    def _filter_changed(self) -> None:
        """Show what passes the filters."""
        raise NotImplementedError

    def reset_section(self, prefix: str) -> None:
        """Everything below a prefix back to its default."""
        raise NotImplementedError

    # --- the sections ------------------------------------------------------------------------

    def _add_sections(self) -> None:
        for section in self._source.sections():
            self._add_section(section, self._column, 0, before=1)

    def _add_section(
        self, section: fields.Section, column: QVBoxLayout, level: int, *, before: int = 0
    ) -> None:
        """Add a section at the end of a column, before the last items of it."""
        name = section.prefix or "recipe"
        box = CollapsibleSection(section.title, f"section.{name}", level=level, parent=self)
        box.set_open(self._open_at_first(section.prefix))
        rows = SectionRows(section, box, self._make_row, level)
        self._sections[section.prefix] = rows
        box.toggled.connect(lambda *_: self._sync(rows))
        box.reset_wanted.connect(lambda: self.reset_section(section.prefix))
        rows.more_toggled.connect(lambda: self._sync(rows))
        column.insertWidget(column.count() - before, box)
        if section.entries is not None:
            self._add_list(section.entries, rows, level)
        for part in section.subsections:
            self._add_section(part, box.body_layout, level + 1)

    def set_source(self, source: Source) -> None:
        """Show something else."""
        self._source = source
        self._shown = Shown(self._document, self._pending, source)
        self._remove_sections()
        # One section a turn: what is seen first comes first, and the window goes on meanwhile.
        self._waiting = list(source.sections())
        self._make_next(self._source)

    def _make_next(self, source: Source) -> None:
        """Make the next section that waits, unless something else is shown by now."""
        if source is not self._source or not self._waiting:
            return
        section = self._waiting.pop(0)
        self._add_section(section, self._column, 0, before=1)
        for part in all_sections(section):
            self._sync(self._sections[part.prefix])
        if self._waiting:
            QTimer.singleShot(0, self, lambda: self._make_next(source))
        elif self._need().filtering:
            self._filter_changed()

    def finish(self) -> None:
        """Make the sections that wait for their turn now."""
        while self._waiting:
            self._make_next(self._source)

    def _open_at_first(self, prefix: str) -> bool:
        return self._source.open_at_first(prefix)

    def _add_list(self, field: fields.Field, rows: SectionRows, level: int) -> None:
        shown = EntryList(field, self._document, rows.box.body)
        rows.box.body_layout.addWidget(shown)
        self._lists.add(shown)
        shown.chosen.connect(lambda: self._show_entry(field.path, level))
        self._show_entry(field.path, level)

    def _show_entry(self, path: str, level: int) -> None:
        """Show the settings of the entry that is chosen in a list."""
        shown = self._lists.get(path)
        if shown is None:
            return
        wanted = shown.sections()
        self._remove_sections(f"{path}.")
        for section in wanted:
            self._add_section(section, shown.detail, level + 1)
            for part in all_sections(section):
                self._sections[part.prefix].box.set_open(True)
                self._sync(self._sections[part.prefix], show=True)

    def _remove_sections(self, prefix: str = "") -> None:
        """Take away what is shown below a prefix; without one, everything."""
        self._lists.forget(prefix)
        for name in [name for name in self._sections if name.startswith(prefix)]:
            rows = self._sections.pop(name)
            rows.box.hide()
            rows.box.deleteLater()
