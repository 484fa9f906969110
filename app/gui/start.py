"""From the command ``nanophantom`` to a window on the screen.

What must happen before the QApplication is made happens here; heavy imports wait until the window
is visible.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.output import complain

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.gui.window import MainWindow

FINE = 0
CANNOT_START = 2
#: Seconds after which the window closes itself: for tests of installed and frozen programs.
QUIT_AFTER = "NANOPHANTOM_QUIT_AFTER"
#: Python's threads take turns this often, so that a busy worker does not hold up the window, seconds.
SWITCH_INTERVAL = 0.0005

LIBRARIES = (
    "libgl1 libegl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 "
    "libxcb-icccm4 libxcb-keysyms1 libxcb-shape0"
)


def run_window(paths: Sequence[str]) -> int:
    """Open the window on the files given; the exit code.

    Parameters
    ----------
    paths
        A recipe, structure files, a dataset folder or a manifest; none opens the start page or the
        workspace of the last time.
    """
    missing = [path for path in paths if not os.path.exists(path)]
    if missing:
        return complain(f"{missing[0]}: there is no such file; check the path", CANNOT_START)
    fault = display_fault(os.environ, sys.platform)
    if fault:
        return complain(fault, CANNOT_START)
    try:
        application = make_application(sys.argv[:1])
    except ImportError as error:
        return complain(
            f"the window needs a system library that is missing ({error}); on Debian or Ubuntu: "
            f"apt-get install {LIBRARIES}; the command line works without (nanophantom --help)",
            CANNOT_START,
        )
    from app.gui.frame.garbage import GarbageCollection
    from app.gui.window import MainWindow

    window = MainWindow()
    window.show()
    window.open_first([Path(path).absolute() for path in paths])
    GarbageCollection.keep_what_is_there()
    with stopping_on_signals(window):
        _quit_later(window, os.environ.get(QUIT_AFTER, ""))
        return int(application.exec())


def display_fault(environment: Mapping[str, str], platform: str) -> str:
    """Why no window can be shown here, in a sentence; empty where one can."""
    if not platform.startswith(("linux", "freebsd")):
        return ""
    if any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return ""
    return (
        "there is no display to open the window on (neither DISPLAY nor WAYLAND_DISPLAY is set); the command "
        "line works without one: see nanophantom --help"
    )


def make_application(arguments: Sequence[str]) -> QApplication:
    """The one QApplication, with everything that must be set before it or at once after it."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    from sim.core.version import __version__

    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    application = QApplication(list(arguments) or ["nanophantom"])
    application.setApplicationName("nanophantom")
    application.setApplicationDisplayName("Nanophantom")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("nanophantom")
    sys.setswitchinterval(SWITCH_INTERVAL)
    _import_without_reading_sources()

    from app.gui.frame.errors import install_hooks
    from app.gui.frame.focus_ring import FocusRing
    from app.gui.frame.garbage import GarbageCollection

    install_hooks()
    FocusRing(application)
    GarbageCollection(application)
    return application


def _import_without_reading_sources() -> None:
    """Keep PySide from reading the source of every module imported after it.

    It looks there for a sign that the module uses PySide's own language switches, which nothing here
    does; for numba that is half of the time of its import.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from shibokensupport import feature

        if callable(feature._mod_uses_pyside):
            feature._mod_uses_pyside = lambda module: False


@contextlib.contextmanager
def stopping_on_signals(window: MainWindow) -> Iterator[None]:
    """Let SIGINT and SIGTERM close the window while Qt's loop runs.

    Python looks at signals between its own instructions only, and there are none while Qt waits;
    the signal's byte on a socket wakes the loop up.
    """
    from PySide6.QtCore import QSocketNotifier

    reader, writer = socket.socketpair()
    for end in (reader, writer):
        end.setblocking(False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    asked = []

    def note(number: int, frame: object) -> None:
        asked.append(number)

    def woken() -> None:
        with contextlib.suppress(BlockingIOError):
            reader.recv(64)
        if asked:
            window.close_without_asking()

    notifier.activated.connect(woken)
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), note) for name in names}
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
        notifier.setEnabled(False)
        reader.close()
        writer.close()


def _quit_later(window: MainWindow, seconds: str) -> None:
    try:
        milliseconds = int(float(seconds) * 1000)
    except (ValueError, OverflowError):
        return
    from PySide6.QtCore import QTimer

    QTimer.singleShot(max(0, milliseconds), window, window.close_without_asking)
