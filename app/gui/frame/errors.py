"""What happens with errors nobody expected: log file, one dialog at a time, and the program goes on.

Errors of the user's input never come here: they are sentences shown where the input is.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import sys
import threading
import time
import traceback
from logging.handlers import RotatingFileHandler
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from PySide6.QtCore import (
    QCoreApplication,
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)
from shiboken6 import Shiboken

from app.gui.frame import logs

if TYPE_CHECKING:
    from app.gui.frame.error_dialog import ErrorDialog

LARGEST_LOG = 1_000_000
OLDER_LOGS = 2
#: The same error again within this time is counted, not written and shown again, seconds.
SAME_WITHIN = 10.0
#: Parts of messages of Qt that say nothing about this program; they go to the log only.
KNOWN_MESSAGES = (
    "This plugin does not support propagateSizeHints()",
    "This plugin does not support raise()",
    "This plugin does not support grabbing the keyboard",
    "QStandardPaths: XDG_RUNTIME_DIR not set",
    "QStandardPaths: wrong permissions on runtime directory",
    "Qt: Session management error",
    "propagateSizeHints",
)

logger = logging.getLogger("nanophantom.window")


class _LogFile(RotatingFileHandler):
    """The log; a full disk costs what would have been written, and not a word on stderr for each of it."""

    def handleError(self, record: logging.LogRecord) -> None:
        del record

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()


class _Reporter(QObject):
    """Lives in the thread of the window; shows at most one dialog."""

    reported = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.dialog: ErrorDialog | None = None
        # Queued: an error inside a paint event must not open a dialog there.
        self.reported.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def _show(self, sentence: str, details: str) -> None:
        from app.gui.frame.error_dialog import ErrorDialog

        # The window in front of which it stands takes it along when it goes.
        if self.dialog is not None and Shiboken.isValid(self.dialog):
            self.dialog.add(sentence, details)
            return
        self.dialog = ErrorDialog(sentence, details)
        self.dialog.finished.connect(self._closed)
        self.dialog.show()

    def _closed(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.deleteLater()


class _State:
    """What the hooks have put in place, to be undone."""

    def __init__(self) -> None:
        self.reporter: _Reporter | None = None
        self.handler: logging.Handler | None = None
        self.crashes: IO[str] | None = None
        self.before: dict[str, Any] = {}
        self.seen: dict[str, tuple[float, int]] = {}
        self.lock = threading.Lock()


_state = _State()


def install_hooks() -> None:
    """Catch what nobody else caught, in every thread; call once, after the QApplication is made."""
    if _state.reporter is not None:
        return
    _state.reporter = _Reporter()
    _open_logs()
    _state.before = {
        "sys": sys.excepthook,
        "threading": threading.excepthook,
        "unraisable": sys.unraisablehook,
        "qt": qInstallMessageHandler(_qt_message),
    }
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def remove_hooks() -> None:
    """Put everything back as it was before :func:`install_hooks`."""
    if _state.reporter is None:
        return
    sys.excepthook = _state.before["sys"]
    threading.excepthook = _state.before["threading"]
    sys.unraisablehook = _state.before["unraisable"]
    qInstallMessageHandler(_state.before["qt"])
    reporter, _state.reporter = _state.reporter, None
    if reporter.dialog is not None and Shiboken.isValid(reporter.dialog):
        reporter.dialog.close()
    reporter.deleteLater()
    if _state.handler is not None:
        logger.removeHandler(_state.handler)
        _state.handler.close()
        _state.handler = None
    if _state.crashes is not None:
        faulthandler.disable()
        _state.crashes.close()
        _state.crashes = None
    _state.seen.clear()


def _open_logs() -> None:
    """Open the log and the file for native crashes; a folder that cannot be written costs only them."""
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        logs.log_path().parent.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(
            logs.log_path(), maxBytes=LARGEST_LOG, backupCount=OLDER_LOGS, encoding="utf-8", delay=True
        )
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s: %(message)s"))
        logger.addHandler(handler)
        _state.handler = handler
        _state.crashes = open(logs.crashes_path(), "a", encoding="utf-8")  # noqa: SIM115 (open as long as we are)
        faulthandler.enable(_state.crashes)
    except OSError as error:
        _to_stderr(f"nanophantom: the log cannot be written ({error}); going on without it\n")


def report_error(error: BaseException, *, quiet: bool = False) -> None:
    """Log an error that nobody expected, from any thread, and show it.

    Parameters
    ----------
    error
        The exception, with its traceback.
    quiet
        Only log it: the caller shows it in place.
    """
    details = "".join(traceback.format_exception(error))
    if not _is_new(error, quiet=quiet):
        return
    logger.error("%s", details.rstrip())
    if quiet:
        return
    _to_stderr(details)
    reporter = _state.reporter
    if reporter is not None and QCoreApplication.instance() is not None:
        reporter.reported.emit(_sentence(error), details)


def _is_new(error: BaseException, *, quiet: bool) -> bool:
    """Whether the same error, from the same place, has not just been reported."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    signature = f"{type(error).__qualname__} {place} {quiet}"
    now = time.monotonic()
    with _state.lock:
        last, count = _state.seen.get(signature, (-SAME_WITHIN, 0))
        _state.seen[signature] = (now, count + 1)
        if len(_state.seen) > 200:
            _state.seen.pop(next(iter(_state.seen)))
    return now - last >= SAME_WITHIN


def _sentence(error: BaseException) -> str:
    text = (str(error).splitlines() or [""])[0].strip()
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"Something went wrong inside the program ({said})."


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    report_error(error.with_traceback(trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        report_error(args.exc_value.with_traceback(args.exc_traceback))


def _unraisable(args: Any) -> None:
    # Nothing was lost but a clean-up; a dialog would only puzzle.
    if args.exc_value is not None:
        logger.error("in %r: %s", args.object, args.err_msg or "ignored exception")
        report_error(args.exc_value, quiet=True)


_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def _qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    level = _LEVELS.get(kind, logging.WARNING)
    logger.log(level, "Qt: %s", message)
    if level >= logging.WARNING and not is_known_message(message):
        _to_stderr(f"Qt: {message}\n")


def is_known_message(message: str) -> bool:
    """Whether a message of Qt is one of those that say nothing about this program."""
    return any(part in message for part in KNOWN_MESSAGES)


def _to_stderr(text: str) -> None:
    # A program without a console has no stderr.
    if sys.stderr is not None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):
            pass
