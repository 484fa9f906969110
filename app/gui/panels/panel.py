"""The parameter panel: every setting of the recipe, generated from the settings' own descriptions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.gui.document import fields
from app.gui.document.document import Change, RecipeDocument
from app.gui.document.labels import title_of
from app.gui.document.sections import PRESET
from app.gui.panels.filter_bar import FilterBar
from app.gui.panels.need import Need
from app.gui.panels.problem_label import ProblemLabel
from app.gui.panels.problems import place_of
from app.gui.panels.quantity_edit import sentence
from app.gui.panels.row import Row
from app.gui.panels.section import CollapsibleSection
from app.gui.panels.section_column import SectionColumn
from app.gui.panels.section_rows import SectionRows
from app.gui.panels.source import RecipeSource, Source
from app.gui.panels.tab_order import follow_layout
from sim.core.errors import InputError, InputErrors

#: Ways out of a problem.
SWITCH_OFF, UNDO = "off", "undo"
#: Names longer than this many characters are cut.
LONGEST_NAME = 19


class ParameterPanel(SectionColumn):
    """Edits a document.

    Only the rows of what changed are touched; rows of closed sections are not made at all until
    their section is opened.

    Parameters
    ----------
    document
        The recipe.
    source
        What is shown of it: the whole recipe where nothing is said.
    name
        First part of object names.
    """

    def __init__(
        self,
        document: RecipeDocument,
        parent: QWidget | None = None,
        *,
        source: Source | None = None,
        name: str = "parameters",
    ) -> None:
        super().__init__(document, source or RecipeSource(document), parent)
        self.setObjectName(name)
        self._name = name
        # Setting → (sentence, the setting whose refused edit caused it; empty for what came from elsewhere).
        self._problems: dict[str, tuple[str, str]] = {}
        self._tabs_wanted = False
        self._turns.finished.connect(self._want_tabs)
        self._build()
        document.changed.connect(self._changed)
        self.destroyed.connect(partial(document.changed.disconnect, self._changed))
        self._turns.begin("sections", self._adding_all())

    # --- construction ------------------------------------------------------------------------

    def _build(self) -> None:
        self.filter = FilterBar(self, self._name)
        self.filter.changed.connect(self._filter_changed)
        self.banner = ProblemLabel(f"{self._name}.problem", self)
        self.banner.setMargin(4)
        self._content.setObjectName(f"{self._name}.content")
        metrics = QFontMetrics(self.font())
        widest = max(metrics.horizontalAdvance(field.title) for field in fields.fields_of())
        self._label_width = min(widest, metrics.averageCharWidth() * LONGEST_NAME) + 4
        self.area = QScrollArea(self)
        self.area.setObjectName(f"{self._name}.scroll")
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self._content)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.filter)
        column.addWidget(self.banner)
        column.addWidget(self.area, 1)

    def _make_row(self, field: fields.Field, parent: QWidget) -> Row:
        row = Row(field, self._label_width, self._pending.value, parent)
        row.edited.connect(self._edit)
        row.vary_edited.connect(self._edit_vary)
        row.vary_shown.connect(lambda path: self._show_vary(row))
        row.reset_wanted.connect(self._reset)
        row.reverted.connect(self._revert)
        row.way_chosen.connect(self._take_way)
        row.gesture_began.connect(self._document.begin_gesture)
        row.gesture_ended.connect(self._document.end_gesture)
        self._show(row)
        return row

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 52, self.fontMetrics().height() * 40)

    def minimumSizeHint(self) -> QSize:
        content = self._content.minimumSizeHint().width()
        bar = self.area.verticalScrollBar().sizeHint().width()
        return QSize(content + bar, self.fontMetrics().height() * 10)

    # --- what there is -----------------------------------------------------------------------

    def rows(self) -> Iterator[Row]:
        """The rows that have been made, and those that wait for their turn."""
        self.finish()
        for section in self._sections.values():
            yield from section.rows.values()

    def row(self, path: str) -> Row | None:
        """The row of a setting, if its section was ever open."""
        self.finish()
        return self._made(path)

    def _made(self, path: str) -> Row | None:
        """The row of a setting, if it has been made."""
        return next((rows.rows[path] for rows in self._sections.values() if path in rows.rows), None)

    def open_sections(self) -> tuple[str, ...]:
        """Prefixes of the sections that are open."""
        self.finish()
        return tuple(prefix for prefix, rows in self._sections.items() if rows.box.is_open)

    def set_open_sections(self, prefixes: tuple[str, ...]) -> None:
        """Open these sections and close the others."""
        # Those that are not there yet open when they are made.
        self._opened = prefixes
        for prefix, rows in self._sections.items():
            rows.box.set_open(prefix in prefixes)
        self._sync_all()

    def focus_search(self) -> None:
        """Put the keyboard into the search box."""
        self.filter.focus()

    # --- showing the document ----------------------------------------------------------------

    def _changed(self, change: Change) -> None:
        paths = change.paths
        self._pending.forget(*paths)
        self.clear_problems()
        if not paths:
            self._sync_all()
            return
        self._lists.refresh(paths)
        deciding = tuple(
            {group for path in paths if self._shown.decides(path) for group in self._shown.decided_by(path)}
        )
        if deciding:
            self._shown.remember_fields()
            for rows in tuple(self._sections.values()):
                if _inside(rows.section.prefix, deciding):
                    self._sync(rows, show=True)
            if self._need().filtering:
                self._show_found()
            paths = tuple(path for path in paths if not _inside(path, deciding))
        touched = set()
        for path in paths:
            for rows in self._sections.values():
                row = rows.rows.get(path)
                if row is not None:
                    self._show(row)
                if path in rows.paths or rows.has_in_list(path):
                    touched.add(rows)
        for rows in touched:
            self._count(rows)
        if any(path.startswith("noise.") for path in paths):
            self._note_preset()

    def _sync_all(self) -> None:
        """Rows for what the chosen kinds have, all of them as the recipe says."""
        self._shown.remember_fields()
        self._turns.begin("all", self._syncing_all())

    def _syncing_all(self) -> Iterator[None]:
        self._lists.refresh()
        yield
        for rows in tuple(self._sections.values()):
            if self._has(rows):
                self._show_rows(rows, show=True)
                yield
                yield from self._making(rows)
        self._note_preset()

    def _show_rows(self, rows: SectionRows, *, show: bool = False) -> None:
        # Rows made later are shown as they are made.
        there = tuple(rows.rows.values()) if show else ()
        need, section = self._need(), rows.section
        rows.sync(
            self._shown.present(section),
            need,
            exists=self._shown.has_any(section),
            list_found=section.entries is not None and need.filtering and self._shown.finds(section, need),
        )
        for row in there:
            if rows.rows.get(row.field.path) is row:
                self._show(row)
        # With all sections on their way, those above have a turn of their own.
        self._count(rows, above=not show)

    def _want_tabs(self) -> None:
        if not self._tabs_wanted and any(rows.made for rows in self._sections.values()):
            # Once for all sections, after the layout.
            self._tabs_wanted = True
            QTimer.singleShot(0, self, self._order_tabs)

    def _order_tabs(self) -> None:
        if not self._tabs_wanted:
            return
        self._tabs_wanted = False
        for rows in self._sections.values():
            rows.made = False
        follow_layout(self._content)

    def focusNextPrevChild(self, forwards: bool) -> bool:
        # Tab goes to the next setting, not to the next that has been made.
        self.finish()
        self._order_tabs()
        return super().focusNextPrevChild(forwards)

    def _need(self) -> Need:
        return Need(self.filter.words(), self.filter.only_changed.isChecked(), self._shown.differs)

    def _show(self, row: Row) -> None:
        value, default, changed = self._shown.state(row.field)
        row.show_value(value, default, changed=changed)
        path = row.field.path
        text, cause = self._problems.get(path, ("", ""))
        row.show_problem(text, self._ways_out(path) if text and not cause else ())
        self._show_vary(row)
        if row.field.path == PRESET:
            self._note_preset(row)

    def _show_vary(self, row: Row) -> None:
        entry = self._shown.entry(row.field)
        if entry is not None or row.varied or row.vary_open:
            row.show_vary(entry)

    def _count(self, rows: SectionRows, *, above: bool = True) -> None:
        rows.box.show_state(*self._shown.counts(rows.section))
        parent = self._sections.get(rows.section.prefix.rpartition(".")[0])
        if above and parent is not None and parent is not rows and rows.section.prefix.count("."):
            self._count(parent)

    def _note_preset(self, row: Row | None = None) -> None:
        row = row or self._made(PRESET)
        if row is not None:
            row.show_note("modified" if self._shown.preset_modified() else "")

    # --- what the user does ------------------------------------------------------------------

    def _edit(self, path: str, value: Any) -> None:
        self.clear_problems()
        waited = path in self._pending
        try:
            self._pending.edit(path, value)
        except InputError as error:
            self._refused(path, error)
            return
        row = self._made(path)
        if waited:
            # Back at what the recipe says: no change tells of it, and what waited may have decided others.
            self._sync_all()
        elif row is not None:
            # An equal value changes nothing, but what was typed ("1.2 nm") is shown in its own form.
            self._show(row)

    def _edit_vary(self, path: str, entry: dict[str, Any] | None) -> None:
        self.clear_problems()
        row = self._made(path)
        try:
            self._document.set_vary(path, entry)
        except InputError as error:
            if row is not None:
                row.show_vary_problem(sentence(error))
            return
        if row is not None:
            self._show_vary(row)

    def _reset(self, path: str) -> None:
        self._pending.forget(path)
        try:
            self._document.reset(path)
        except InputError as error:
            self._refused(path, error)
        row = self._made(path)
        if row is not None and not row.problem:
            self._show(row)

    def _revert(self, path: str) -> None:
        waited = path in self._pending
        self._pending.forget(path)
        self.clear_problems()
        row = self._made(path)
        if waited:
            self._sync_all()
        elif row is not None:
            self._show(row)

    def _refused(self, path: str, error: InputError) -> None:
        if path in self._pending:
            # What waits may decide which settings there are.
            self._sync_all()
        for one in error.errors if isinstance(error, InputErrors) else [error]:
            where = one.parameter
            near = where == path or path.startswith(f"{where}.") or where.startswith(f"{path}.")
            self._place(path if near else where, sentence(one), near=path)

    def reset_section(self, prefix: str) -> None:
        """Everything below a prefix back to its default; ``""`` is the recipe's own section."""
        self._pending.forget()
        self.clear_problems()
        try:
            self._document.reset_section(prefix)
        except InputError as error:
            self.show_problem(error.parameter, str(error))
        self._sync_all()

    def reset_focused_section(self) -> None:
        """Reset the section that has the keyboard focus, if one has."""
        widget: QWidget | None = QApplication.focusWidget()
        boxes = {rows.box: prefix for prefix, rows in self._sections.items()}
        while widget is not None and widget is not self:
            if isinstance(widget, CollapsibleSection):
                self.reset_section(boxes[widget])
                return
            widget = widget.parentWidget()

    # --- problems ----------------------------------------------------------------------------

    def show_problem(self, path: str, text: str) -> None:
        """Show a sentence at the field that it is about, else at the panel's top.

        Parameters
        ----------
        path
            What an error names: a setting, a group of settings, ``vary (imaging.sigma).values``.
        text
            The sentence.
        """
        self._place(path, text)

    def _place(self, path: str, text: str, *, near: str = "") -> None:
        place = place_of(path, self._document.varied_paths())
        target = place.path if self._shown.exists(place.path) else near
        row = self._row_made(target) if target and self._shown.exists(target) else None
        if row is None:
            self.banner.show_sentence(text)
        elif place.varies and target == place.path:
            row.open_vary(True)
            self._show_vary(row)
            row.show_vary_problem(text)
            self._problems[target] = ("", "")
        else:
            row.show_problem(text, () if near else self._ways_out(target))
            if not near and (section := self._section_of(target)) is not None:
                # What came from elsewhere may belong to a section that nobody looks at.
                self._open_to(section)
            # What is wrong with a typed text stays as long as the text: that is the row's own affair.
            if target != near or near in self._pending:
                self._problems[target] = (text, near)

    def _ways_out(self, path: str) -> list[tuple[str, str]]:
        """What mends by one click a problem that another setting than the one at fault may have brought."""
        if self._source.find(path).editor != "switch" or not self._shown.on(path):
            return []
        ways = [(SWITCH_OFF, "Switch off")]
        label = self._document.undo_label
        if label and label != title_of(path):
            ways.append((UNDO, f"Undo {label}"))
        return ways

    def _take_way(self, path: str, key: str) -> None:
        if key == UNDO:
            self._document.undo()
        else:
            self._edit(path, False)

    def clear_problems(self) -> None:
        """Nothing is wrong any more, but what the user entered and has not mended."""
        for path, (_, cause) in tuple(self._problems.items()):
            if cause in self._pending:
                continue
            del self._problems[path]
            row = self._made(path)
            if row is not None:
                row.clear_problems()
        self.banner.show_sentence("")

    # --- finding -----------------------------------------------------------------------------

    def reveal(self, path: str) -> None:
        """Open the section of a setting, bring it into view, and put the keyboard there."""
        row = self._row_made(path)
        if row is None:
            return
        section = self._section_of(path)
        if section is not None:
            self._open_to(section)
            if row.isHidden():
                self.filter.clear()
                section.more.setChecked(True)
                self._sync(section)
        if row.varied:
            row.open_vary(True)
            self._show_vary(row)
        row.flash()
        row.editor.main.setFocus(Qt.FocusReason.OtherFocusReason)
        # After the layout has made room for what was just opened.
        QTimer.singleShot(0, row, lambda: self._scroll_to(row))

    def _scroll_to(self, row: Row) -> None:
        top = row.mapTo(self._content, row.rect().topLeft()).y()
        bar = self.area.verticalScrollBar()
        if top < bar.value() or top + row.height() > bar.value() + self.area.viewport().height():
            bar.setValue(max(0, top - self.area.viewport().height() // 3))

    def _filter_changed(self) -> None:
        for rows in tuple(self._sections.values()):
            self._sync(rows)
        self._show_found()

    def _show_found(self) -> None:
        """Open the sections in which something passes the filters, hide the others."""
        searching, every = self._need().filtering, tuple(self._sections.values())
        for rows in reversed(every):
            rows.show_filtered(searching, any(part.hits for part in every if rows.holds(part)))

    def _open_to(self, section: SectionRows) -> None:
        """Open a section and those that it is in."""
        for rows in tuple(self._sections.values()):
            if (rows is section or rows.holds(section)) and not rows.box.is_open:
                rows.box.set_open(True)
                self._sync(rows)

    def _section_of(self, path: str) -> SectionRows | None:
        return next((rows for rows in self._sections.values() if path in rows.paths), None)

    def _row_made(self, path: str) -> Row | None:
        """The row of a setting, made now if its section was never open."""
        self.finish()
        self._make_lists(path)
        self._lists.choose(path, lambda: self._make_lists(path))
        section = self._section_of(path)
        if section is None:
            return None
        section.make(self._shown.present(section.section))
        return section.rows.get(path)


def _inside(path: str, groups: tuple[str, ...]) -> bool:
    """Whether a setting or a section belongs to one of some groups, or to what is in it."""
    return any(path == group or path.startswith(f"{group}.") for group in groups)
