"""Which way of drawing is used: OpenGL where the graphics processor does it, else the painter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from app.gui.structure.probe import Probe
    from app.gui.structure.probe_runner import ProbeRunner

#: What can be asked for: ``auto`` takes OpenGL only where it is fast.
Backend = Literal["auto", "gl", "painter"]
BACKENDS: tuple[Backend, ...] = ("auto", "gl", "painter")


class BackendChooser(QObject):
    """Asks the display about OpenGL without making the window wait."""

    #: Renderer's name: draw with OpenGL from now on.
    use_opengl = Signal(str)
    #: One sentence why OpenGL is not used.
    use_painter = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._runner: ProbeRunner | None = None
        self._wanted: Backend = "painter"

    @property
    def wanted(self) -> Backend:
        """What was asked for last."""
        return self._wanted

    @property
    def asking(self) -> bool:
        """An answer is on its way."""
        return self._runner is not None and self._runner.running

    def choose(self, backend: Backend) -> None:
        """Ask for a backend; for OpenGL the answer comes by a signal, later.

        Raises
        ------
        ValueError
            For a backend that does not exist.
        """
        if backend not in BACKENDS:
            raise ValueError(f"the structure view draws with {', '.join(BACKENDS)}, not with {backend!r}")
        self._wanted = backend
        if backend == "painter":
            self.stop()
            return
        if self._runner is None:
            from app.gui.structure.probe_runner import ProbeRunner

            self._runner = ProbeRunner(self)
            self._runner.finished.connect(self._answered)
        self._runner.start()

    def stop(self) -> None:
        """Forget the question; nothing is left running."""
        if self._runner is not None:
            self._runner.stop()

    def _answered(self, probe: Probe) -> None:
        if self._wanted == "painter":
            return
        if probe.hardware or (probe.ok and self._wanted == "gl"):
            self.use_opengl.emit(probe.renderer)
        elif probe.ok:
            self.use_painter.emit(
                f"OpenGL runs without a graphics processor here ({probe.renderer}): "
                "structures are drawn without it."
            )
        else:
            reason = probe.reason.rstrip(".") or "it does not work on this display"
            self.use_painter.emit(f"Structures are drawn without OpenGL: {reason}.")
