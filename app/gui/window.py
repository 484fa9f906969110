"""The main window: its panes, and how a change of the recipe becomes a picture.

Data goes one way: panels edit the document, the document tells the window, the window asks the
preview for an image, the result goes to the views.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import Shiboken

from app.gui.commands import ACTIONS
from app.gui.datasets import DatasetCommands
from app.gui.document.autosave import Autosaver
from app.gui.document.document import Change, RecipeDocument
from app.gui.document.preferences import Preferences
from app.gui.document.recent import RecentFiles
from app.gui.editing import EditCommands
from app.gui.exporting.run_panel import RunPanel
from app.gui.files import FileCommands
from app.gui.frame import theme
from app.gui.frame.actions import build_actions, build_menus, build_toolbar
from app.gui.frame.errors import report_error
from app.gui.frame.icons import icon
from app.gui.frame.presets_menu import PresetsMenu
from app.gui.frame.start_view import StartView
from app.gui.helping import HelpCommands
from app.gui.looking import ViewCommands
from app.gui.menus import MENUS, PANES, PRESETS, TOOLBAR
from app.gui.notice_bar import NoticeBar
from app.gui.optics.pane import OpticsPane
from app.gui.panels.pane import ParameterPane
from app.gui.panels.sweep_table import SweepTable
from app.gui.panes import Panes
from app.gui.pictures import PictureCommands
from app.gui.preview.controller import PreviewController
from app.gui.preview.histogram_view import HistogramView
from app.gui.preview.pane import PreviewPane
from app.gui.preview.profile_view import ProfileView
from app.gui.preview.results import Failure, Result
from app.gui.preview.spectrum_view import SpectrumView
from app.gui.preview.stage_clock import Working
from app.gui.preview.statistics_view import StatisticsView
from app.gui.scene.pane import ScenePane
from app.gui.session import Session
from app.gui.specimen_statistics import SpecimenStatistics
from app.gui.status import StatusLine
from app.gui.structure.specimens import view_of
from app.gui.structure.view import StructureView
from app.gui.user_choices import UserChoices

if TYPE_CHECKING:
    from app.gui.panels.panel import ParameterPanel

#: The window's size before the user has chosen one, device-independent pixels.
FIRST_SIZE = (1440, 900)


class MainWindow(QMainWindow):
    """An editor of one recipe.

    Attributes
    ----------
    document
        The recipe and its history.
    parameters, scene, structure, preview, histogram, spectrum, profile, statistics, specimen_statistics,
    atoms, optics, sweep, run_panel
        The views.
    controller
        The preview's worker.
    panes
        Their docks.
    files, edit, pictures, view, datasets, help
        The commands of the menus.
    """

    #: A preview result has been put on the screen.
    shown = Signal(object)

    def __init__(self, preferences: Preferences | None = None) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowIcon(icon("app"))
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.choices = UserChoices(self, preferences)
        theme.apply_theme(self.preferences.theme)
        self.document = RecipeDocument()
        self.recent = RecentFiles()
        self.autosaver = Autosaver(self.document)
        self.controller = PreviewController(self)
        self.result: Result | None = None
        self._closing = False

        self._build_views()
        self.panes = Panes(
            self,
            {
                "parameters": self.parameters,
                "scene": self.scene,
                "structure": self.structure,
                "histogram": self.histogram,
                "spectrum": self.spectrum,
                "profile": self.profile,
                "statistics": self.statistics,
                "atoms": self.specimen_statistics,
                "optics": self.optics,
                "sweep": self.sweep,
                "run": self.run_panel,
            },
        )
        self.files = FileCommands(self)
        self.edit = EditCommands(self)
        self.pictures = PictureCommands(self)
        self.view = ViewCommands(self)
        self.datasets = DatasetCommands(self)
        self.help = HelpCommands(self)
        self._build_commands()
        self.session = Session(self)
        self._connect()
        self.resize(*FIRST_SIZE)
        self.show_start_page(True)
        self._state_changed()
        self.choices.apply()
        if self.choices.fault:
            self.notices.show_notice(self.choices.fault)

    @property
    def preferences(self) -> Preferences:
        """The user's preferences."""
        return self.choices.preferences

    @property
    def panel(self) -> ParameterPanel:
        """The editor of the settings, made now if it is not there."""
        return self.parameters.panel

    # --- construction ------------------------------------------------------------------------

    def _build_views(self) -> None:
        self.parameters = ParameterPane(self.document, self)
        self.scene = ScenePane(self.document, self)
        self.structure = StructureView(self)
        self.preview = PreviewPane(self)
        self.histogram = HistogramView(self)
        self.spectrum = SpectrumView(self)
        self.profile = ProfileView(self)
        self.statistics = StatisticsView(self)
        self.specimen_statistics = SpecimenStatistics(self)
        self.atoms = self.specimen_statistics.atoms
        self.optics = OpticsPane(self.document, self)
        self.sweep = SweepTable(self.document, self)
        self.run_panel = RunPanel(self)
        self.start_view = StartView(self)
        self.notices = NoticeBar(self)
        self.pages = QStackedWidget(self)
        self.pages.addWidget(self.start_view)
        self.pages.addWidget(self.preview)
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self.pages, 1)
        self.setCentralWidget(middle)

    def _build_commands(self) -> None:
        self.actions_by_key: dict[str, QAction] = build_actions(self, ACTIONS, (self.structure, self.preview))
        self.menus_by_name = build_menus(self.menuBar(), MENUS, self.actions_by_key)
        bar = self.addToolBar("Toolbar")
        bar.setObjectName("toolbar")
        build_toolbar(bar, TOOLBAR, self.actions_by_key)
        self.toolbar = bar
        self.status = StatusLine(self.statusBar())
        self.presets = PresetsMenu(
            self.menus_by_name[PRESETS],
            lambda: self.document.recipe.noise.preset,
            self.edit.choose_preset,
        )
        # Other windows write the same list, and files come and go.
        self.menus_by_name["File"].aboutToShow.connect(self.files.update_recent)
        self.files.update_recent()
        for dock in self.docks.values():
            self.menus_by_name[PANES].addAction(dock.toggleViewAction())

    def _connect(self) -> None:
        self.document.changed.connect(self._document_changed)
        self.document.state_changed.connect(self._state_changed)
        self.controller.result.connect(self._show_result)
        self.controller.failed.connect(self._show_failure)
        self.controller.busy_changed.connect(self.preview.set_busy)
        self.controller.working.connect(self._show_working)
        self.preview.display_changed.connect(self._display_changed)
        self.preview.selection_changed.connect(lambda *_: self.request())
        self.preview.step_requested.connect(self.controller.step)
        self.preview.status.connect(lambda text: self.status.set("cursor", text))
        self.structure.renderer_changed.connect(lambda text: self.status.set("renderer", text))
        self.status.set("renderer", self.structure.renderer_name)
        self.structure.node_picked.connect(self.atoms.set_node)
        self.structure.node_picked.connect(self.scene.choose_named)
        self.scene.node_chosen.connect(self._node_chosen)
        self.scene.new_sample_requested.connect(self.controller.new_sample)
        self.specimen_statistics.copied.connect(lambda what: self.status.say(f"copied {what}"))
        self.specimen_statistics.turned.connect(self.docks["atoms"].setWindowTitle)
        self.optics.copied.connect(lambda what: self.status.say(f"copied {what}"))
        self.start_view.open_recipe.connect(self.files.open_shipped)
        self.start_view.open_path.connect(lambda path: self.files.open_paths([Path(path)]))
        self.start_view.choose_class.connect(self.edit.choose_cluster)
        self.start_view.choose_aggregate.connect(self.edit.choose_aggregate)
        self.start_view.open_requested.connect(self.files.open)
        self.start_view.new_requested.connect(self.files.new)
        self.start_view.recover_requested.connect(self.files.recover)
        self.preview.attach(self.histogram, self.spectrum, self.profile, self.statistics)
        self.preview.compare_changed.connect(lambda: self.view.update_checks())
        self.preview.reveal_requested.connect(self._reveal)
        self.preview.picture_written.connect(lambda path: self.status.say(f"wrote {path}"))
        self.preview.picture_failed.connect(self.notices.show_notice)
        self.preview.pixel_clicked.connect(self.optics.set_pixel)
        self.preview.copied.connect(lambda what: self.status.say(f"copied {what}"))
        self.sweep.edit_requested.connect(self._reveal)
        for dock in self.docks.values():
            dock.visibilityChanged.connect(self._pane_shown)
        self._autosave_timer = QTimer(self)
        self._autosave_timer.timeout.connect(self._autosave)

    def _autosave(self) -> None:
        if self.autosaver.fault:
            # Of the writing before: this one has only begun.
            self.notices.show_notice(self.autosaver.fault, key="autosave")
        else:
            self.notices.remove("autosave")
        self.autosaver.write_now()

    def _pane_shown(self, *_: object) -> None:
        # A window that is being destroyed hides its docks one after the other.
        if Shiboken.isValid(self):
            self.view.update_checks()

    def set_autosave(self, seconds: float) -> None:
        """Write unsaved changes aside so often; 0 never."""
        if seconds > 0:
            self._autosave_timer.start(int(seconds * 1000))
        else:
            self._autosave_timer.stop()

    # --- pages and panes ---------------------------------------------------------------------

    def show_start_page(self, shown: bool) -> None:
        """Show the start page in place of the image; the panes belong to the image."""
        self.pages.setCurrentWidget(self.start_view if shown else self.preview)
        self.toolbar.setVisible(not shown)
        if shown:
            self.panes.put_away()
            self.start_view.refresh(self.recent.entries(), self.autosaver.recoverable())
        else:
            self.panes.bring_back()
            self._show_scene()

    @property
    def on_start_page(self) -> bool:
        """Whether the start page is shown."""
        return self.pages.currentWidget() is self.start_view

    @property
    def docks(self) -> dict[str, QDockWidget]:
        """The panes' docks by name."""
        return self.panes.docks

    def show_pane(self, name: str) -> None:
        """Bring a pane to the front."""
        self.panes.show(name)

    def focusNextPrevChild(self, forwards: bool) -> bool:
        """Tab goes to what can be seen: not into panes that lie behind others."""
        begun = self.focusWidget()
        while super().focusNextPrevChild(forwards):
            if not self.panes.is_behind(self.focusWidget()):
                return True
            if self.focusWidget() is begun:
                break
        return False

    # --- the way of a change -----------------------------------------------------------------

    def request(self, *, dragging: bool | None = None) -> None:
        """Ask for the image of the present recipe and selection."""
        if self.on_start_page:
            return
        self.controller.request(
            self.document.recipe,
            self.preview.selection(),
            self.preview.display(),
            dragging=self.document.in_gesture if dragging is None else dragging,
        )

    def refresh(self) -> None:
        """Render once, whether the preview is live or not."""
        self.request(dragging=False)
        self.controller.refresh()

    def _document_changed(self, change: Change) -> None:
        self._clear_problems()
        if "specimen.kind" in change.paths or not change.paths:
            self._show_scene()
        if not self.controller.enabled:
            self.preview.mark_outdated()
        self.request()

    def _display_changed(self, display: object) -> None:
        del display
        self.controller.refresh_display(self.preview.display())
        self.view.update_checks()

    def _show_result(self, result: Result) -> None:
        if self._closing:
            return
        self.result = result
        self.preview.show_result(result)
        for view, dock in (
            (self.histogram, "histogram"),
            (self.spectrum, "spectrum"),
            (self.profile, "profile"),
            (self.statistics, "statistics"),
        ):
            # The profile keeps what it has not drawn until it is opened.
            if self.docks[dock].isVisible() or view is self.profile:
                view.set_result(result)
        # Counts only what is looked at, and takes over the specimen in any case.
        self.specimen_statistics.set_result(result)
        self.optics.set_result(result)
        told = view_of(result.job.specimen.kind)
        self.structure.set_structure(result.structure, result.quaternion, told, result.details)
        self.status.show_result(result)
        self._clear_problems()
        self.notices.show_remarks(result.notes, key="structures")
        self.shown.emit(result)

    def _show_working(self, working: Working | None) -> None:
        if self._closing:
            return
        self.preview.set_working(working)
        if working is not None and working.text:
            self.status.set("preview", working.text)
        elif self.result is not None:
            self.status.show_time(self.result)

    def _show_failure(self, failure: Failure) -> None:
        if self._closing:
            return
        self.preview.show_failure(failure)
        if failure.unexpected is not None:
            report_error(failure.unexpected, quiet=True)
        elif failure.parameter:
            said = failure.at_field
            if not self.scene.show_problem(failure.parameter, said):
                self.panel.show_problem(failure.parameter, said)

    def _clear_problems(self) -> None:
        self.parameters.clear_problems()
        self.scene.clear_problems()

    def _show_scene(self) -> None:
        """The scene's tree is there for as long as the specimen is a scene."""
        if self.on_start_page:
            return
        if self.document.recipe.specimen.kind == "scene":
            self.show_pane("scene")
        else:
            self.docks["scene"].hide()

    def _node_chosen(self, path: str) -> None:
        self.structure.highlight_node(path.rpartition(".")[2])
        # A member that was picked in the 3D view stays alone there, and so in its statistics.
        self.atoms.set_node(self.structure.highlighted)

    def _state_changed(self) -> None:
        document = self.document
        self.setWindowTitle(f"{document.title}[*]")
        self.setWindowModified(document.dirty)
        undo, redo = self.actions_by_key["edit.undo"], self.actions_by_key["edit.redo"]
        undo.setEnabled(document.can_undo)
        redo.setEnabled(document.can_redo)
        undo.setText(f"&Undo {document.undo_label}".rstrip())
        redo.setText(f"&Redo {document.redo_label}".rstrip())
        if not document.in_gesture:
            self.controller.gesture_ended()

    def _reveal(self, path: str) -> None:
        if self.scene.reveal(path):
            self.show_pane("scene")
            return
        self.show_pane("parameters")
        self.panel.reveal(path)

    # --- commands of the window itself -------------------------------------------------------

    def set_live(self, live: bool) -> None:
        self.choices.change(live_preview=live)
        if live:
            self.request()

    def previous_image(self) -> None:
        self.controller.step(-1)

    def next_image(self) -> None:
        self.controller.step(1)

    # --- opening and closing -----------------------------------------------------------------

    def open_first(self, paths: list[Path]) -> None:
        """What the window begins with: the files given, the workspace of the last time, or the start page."""
        if paths:
            self.files.open_paths(paths)
        elif not self.session.restore():
            self.show_start_page(True)
        self.autosaver.forget_what_is_held()
        self.files.offer_recovery()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        if not paths:
            link = event.mimeData().urls()[0].toDisplayString()
            self.notices.show_notice(
                f"Open: {link} is a link, not a file on this machine; download it and drop the file.",
                key="Open",
            )
            return
        # After the drop is over: a question may follow, and the other program waits for this one.
        QTimer.singleShot(0, self, lambda: self.files.open_paths(paths))

    def close_without_asking(self) -> None:
        """Close at once: a run is cancelled, unsaved changes stay in the autosave."""
        self._closing = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._closing and not (self.datasets.may_close() and self.files.may_close()):
            event.ignore()
            return
        asked = not self._closing
        self._closing = True
        self.session.save()
        self._shut_down(keep_autosave=not asked and self.document.dirty)
        super().closeEvent(event)

    def _shut_down(self, *, keep_autosave: bool) -> None:
        """Stop everything that runs; safe to call twice."""
        self._autosave_timer.stop()
        if keep_autosave:
            # One that is under way may be of an older state.
            self.autosaver.wait()
            self.autosaver.write_now()
        else:
            self.autosaver.discard()
        stops: tuple[Callable[[], object], ...] = (
            self.datasets.shutdown,
            self.run_panel.shutdown,
            self.controller.close,
            self.start_view.shutdown,
            self.structure.shutdown,
            self.preview.shutdown,
            self.profile.shutdown,
            self.specimen_statistics.shutdown,
            self.optics.shutdown,
            self.autosaver.close,
        )
        for stop in stops:
            stop()
