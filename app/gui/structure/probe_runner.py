"""Asking for OpenGL while the window lives on: the process is watched by Qt's loop."""

from __future__ import annotations

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from app.gui.structure.probe import (
    TIME_LIMIT,
    Probe,
    known_probe,
    late,
    not_started,
    probe_command,
    probe_environment,
    remember,
    understand,
)


class ProbeRunner(QObject):
    """Asks once; ``finished`` brings the :class:`Probe`, never before the loop runs again."""

    finished = Signal(object)

    def __init__(
        self, parent: QObject | None = None, *, timeout: float = TIME_LIMIT, command: list[str] | None = None
    ) -> None:
        super().__init__(parent)
        self._timeout = timeout
        self._command = command
        self._process: QProcess | None = None
        self._platform = QGuiApplication.platformName()
        self._answer: Probe | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)

    @property
    def running(self) -> bool:
        """An answer is on its way."""
        return self._process is not None or self._timer.isActive()

    def start(self) -> None:
        """Ask, unless the answer is known or on its way."""
        if self.running:
            return
        known = known_probe(self._platform) if self._command is None else None
        if known is not None:
            self._answer = known
            self._timer.start(0)
            return
        command = self._command or probe_command()
        process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in probe_environment(self._platform).items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._failed)
        self._process = process
        self._timer.start(round(self._timeout * 1000))
        process.start(command[0], command[1:])
        if self._process is not None:
            self._process.closeWriteChannel()

    def stop(self) -> None:
        """Forget the question; nothing is left running."""
        self._timer.stop()
        self._answer = None
        process, self._process = self._process, None
        if process is None:
            return
        process.finished.disconnect(self._ended)
        process.errorOccurred.disconnect(self._failed)
        if process.state() != QProcess.ProcessState.NotRunning:
            process.kill()
            process.waitForFinished(1000)
        process.deleteLater()

    def _tick(self) -> None:
        known, self._answer = self._answer, None
        if known is None:
            self.stop()
            known = late(self._timeout)
        self.finished.emit(known)

    def _ended(self, code: int, status: QProcess.ExitStatus) -> None:
        process = self._process
        if process is None:
            return
        crashed = status == QProcess.ExitStatus.CrashExit
        probe = understand(bytes(process.readAllStandardOutput().data()), (code or -1) if crashed else code)
        if self._command is None:
            remember(self._platform, probe)
        self.stop()
        self.finished.emit(probe)

    def _failed(self, error: QProcess.ProcessError) -> None:
        # A process that ends in a crash reports itself as finished, too.
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            problem = self._process.errorString()
            self.stop()
            self.finished.emit(not_started(problem))
