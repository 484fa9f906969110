"""One child process: its lines in, words to it, and its end."""

from __future__ import annotations

import os

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from app.gui.exporting.event_lines import LineReader
from app.gui.exporting.run_spec import environment


class Child(QObject):
    """A command line of this program in a process of its own."""

    #: A line of its stdout.
    line = Signal(str)
    #: A line of its stderr.
    words = Signal(str)
    #: Exit code (or number of the signal), and whether it crashed; all its lines have been told.
    ended = Signal(int, bool)
    #: Why it could not be started.
    not_started = Signal(str)

    def __init__(self, program: str, arguments: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._output = LineReader()
        self._errors = LineReader()
        variables = QProcessEnvironment()
        for name, value in environment(os.environ).items():
            variables.insert(name, value)
        self._process = QProcess(self)
        self._process.setProcessEnvironment(variables)
        self._process.setProgram(program)
        self._process.setArguments(arguments)
        self._process.readyReadStandardOutput.connect(self._read_output)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)

    def start(self) -> None:
        """Begin."""
        self._process.start()

    def process_id(self) -> int:
        """0 where it does not run."""
        return int(self._process.processId())

    def say(self, word: str) -> None:
        """One line on its stdin."""
        self._process.write(f"{word}\n".encode())

    def terminate(self) -> None:
        """Ask it to end by a signal."""
        self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def close(self, patience: float) -> None:
        """Ask it to stop, wait up to ``patience`` seconds, then kill it; it tells nothing any more."""
        self.blockSignals(True)
        if self._process.state() == QProcess.ProcessState.NotRunning:
            return
        self.say("cancel")
        self._process.closeWriteChannel()
        if not self._process.waitForFinished(int(patience * 1000)):
            self._process.kill()
            self._process.waitForFinished(2000)

    def _read_output(self) -> None:
        for line in self._output.feed(bytes(self._process.readAllStandardOutput().data())):
            self.line.emit(line)

    def _read_errors(self) -> None:
        for line in self._errors.feed(bytes(self._process.readAllStandardError().data())):
            self.words.emit(line)

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read_output()
        self._read_errors()
        for line in self._output.rest():
            self.line.emit(line)
        for line in self._errors.rest():
            self.words.emit(line)
        self.ended.emit(code, status == QProcess.ExitStatus.CrashExit)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.not_started.emit(self._process.errorString())
