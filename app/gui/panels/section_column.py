"""The sections of a panel: made from a source, one after another, with the lists that are in them."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.document import fields
from app.gui.document.document import RecipeDocument
from app.gui.panels.entry_list import EntryList
from app.gui.panels.entry_lists import EntryLists
from app.gui.panels.need import Need
from app.gui.panels.pending import Pending
from app.gui.panels.row import Row
from app.gui.panels.section import CollapsibleSection
from app.gui.panels.section_rows import SectionRows
from app.gui.panels.shown import Shown
from app.gui.panels.source import Source
from app.gui.panels.turns import Turns

#: What the deletion of a row takes, seconds.
DELETION = 3e-4


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
        self._turns = Turns(self)
        # Hidden, and still to be deleted; what is inside others stands before them.
        self._gone: list[QWidget] = []
        self._opened: tuple[str, ...] | None = None
        self._content = QWidget(self)
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(1)
        self._column.addStretch(1)

    # --- what the panel does -----------------------------------------------------------------

    def _make_row(self, field: fields.Field, parent: QWidget) -> Row:
        """A row that edits the recipe."""
        raise NotImplementedError

    def _show_rows(self, rows: SectionRows, *, show: bool = False) -> None:
        """Show what is there of what the chosen kinds have; ``show``: rows made before are shown anew."""
        raise NotImplementedError

    def _need(self) -> Need:
        """What the user wants to see."""
        raise NotImplementedError

    def _filter_changed(self) -> None:
        """Show what passes the filters."""
        raise NotImplementedError

    def _show_found(self) -> None:
        """Show the sections in which something passes the filters."""
        raise NotImplementedError

    def reset_section(self, prefix: str) -> None:
        """Everything below a prefix back to its default."""
        raise NotImplementedError

    # --- the sections ------------------------------------------------------------------------

    def set_source(self, source: Source) -> None:
        """Show something else."""
        self._turns.clear()
        self._opened = None
        self._source = source
        self._shown = Shown(self._document, self._pending, source)
        self._remove_sections()
        self._turns.begin("sections", self._adding_all())
        self._let_go()

    @property
    def complete(self) -> bool:
        """Whether all that is to be seen has been made."""
        return self._turns.idle

    def finish(self) -> None:
        """Make what waits for its turn now."""
        self._turns.finish()

    def _adding_all(self) -> Iterator[None]:
        """Make the sections: what is seen first comes first, and the window goes on meanwhile."""
        for section in self._source.sections():
            yield from self._adding(section, self._column, 0, before=1)
            yield
        if self._need().filtering:
            self._filter_changed()

    def _adding(
        self,
        section: fields.Section,
        column: QVBoxLayout,
        level: int,
        *,
        before: int = 0,
        opened: bool = False,
    ) -> Iterator[None]:
        """Add a section at the end of a column, before the last items of it."""
        name = section.prefix or "recipe"
        box = CollapsibleSection(section.title, f"section.{name}", level=level, parent=self)
        box.set_open(opened or self._open_at_first(section.prefix))
        rows = SectionRows(section, box, self._make_row, level)
        self._sections[section.prefix] = rows
        box.toggled.connect(lambda *_: self._sync(rows))
        box.reset_wanted.connect(lambda: self.reset_section(section.prefix))
        rows.more_toggled.connect(lambda: self._sync(rows))
        column.insertWidget(column.count() - before, box)
        self._show_rows(rows)
        yield
        yield from self._making(rows)
        for part in section.subsections:
            if self._has(rows):
                yield from self._adding(part, box.body_layout, level + 1, opened=opened)

    def _has(self, rows: SectionRows) -> bool:
        """Whether a section is shown still."""
        return self._sections.get(rows.section.prefix) is rows

    def _making(self, rows: SectionRows) -> Iterator[None]:
        """Make the rows that a section misses, and its list."""
        while self._has(rows) and rows.make_next():
            yield
        if rows.exists and (rows.box.is_open or (self._need().filtering and rows.hits)):
            yield from self._adding_list(rows)

    def _sync(self, rows: SectionRows, *, show: bool = False) -> None:
        """Rows for what the chosen kinds have; those that are missing in their turn."""
        self._show_rows(rows, show=show)
        self._turns.begin(rows, self._making(rows))

    def _open_at_first(self, prefix: str) -> bool:
        return self._source.open_at_first(prefix) if self._opened is None else prefix in self._opened

    def _adding_list(self, rows: SectionRows) -> Iterator[None]:
        """Make the list of a section, if it has one that is not there yet."""
        field, level = rows.section.entries, rows.level
        if field is None or not self._has(rows) or self._lists.get(field.path) is not None:
            return
        shown = EntryList(field, self._document, rows.box.body)
        rows.made = True
        rows.box.body_layout.addWidget(shown)
        self._lists.add(shown)
        shown.chosen.connect(lambda: self._entry_chosen(shown, level))
        yield
        yield from self._adding_entry(shown, level)

    def _make_lists(self, path: str) -> None:
        """Make the lists that a setting stands in."""
        for rows in tuple(self._sections.values()):
            entries = rows.section.entries
            if entries is not None and rows.exists and path.startswith(f"{entries.path}."):
                self._turns.begin(("list", entries.path), self._adding_list(rows))
        self.finish()

    def _entry_chosen(self, shown: EntryList, level: int) -> None:
        if self._lists.get(shown.field.path) is shown:
            self._remove_sections(f"{shown.field.path}.")
            self._turns.begin(shown, self._adding_entry(shown, level))
            self._let_go()

    def _adding_entry(self, shown: EntryList, level: int) -> Iterator[None]:
        """Show the settings of the entry that is chosen in a list."""
        path = shown.field.path
        if self._lists.get(path) is not shown:
            return
        for section in shown.sections():
            if self._lists.get(path) is shown:
                yield from self._adding(section, shown.detail, level + 1, opened=True)
        if self._need().filtering:
            self._show_found()

    def _remove_sections(self, prefix: str = "") -> None:
        """Take away what is shown below a prefix; without one, everything."""
        lists = {shown.field.path: shown for shown in self._lists.forget(prefix)}
        # From the inside outwards: what is inside others was added after them.
        for name in [name for name in reversed(self._sections) if name.startswith(prefix)]:
            rows = self._sections.pop(name)
            rows.box.hide()
            shown = lists.get(name)
            self._gone += [*rows.rows.values(), *([] if shown is None else [shown]), rows.box]

    def _let_go(self) -> None:
        """Delete what was taken away, once what is to be seen has been made."""
        if self._gone:
            self._turns.begin("gone", self._letting_go())

    def _letting_go(self) -> Iterator[float]:
        # The widgets of a whole section at once would take longer than a frame.
        while self._gone:
            self._gone.pop(0).deleteLater()
            yield DELETION
