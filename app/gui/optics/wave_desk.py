"""Keeps pattern, wave and focus source of the optics pane in step with the image, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.gui.latest import Cancel, LatestTask, Tell
from app.gui.optics.seen_waves import (
    SeenPattern,
    SeenWaves,
    camera_of,
    focus_source,
    lens_key,
    seen_by_camera,
    seen_waves,
    waves_key,
)
from app.gui.preview.results import Result

#: Settings that the waves do not depend on.
ASIDE = ("name", "description", "images", "repeats", "noise", "labels", "dataset")
#: Settings of the lens behind the waves; the nominal defocus is where the series is looked at.
LENS = ("imaging.focus", "imaging.aberrations", "imaging.aperture", "imaging.coherence")
DEFOCUS = "imaging.focus.defocus"


@dataclass(frozen=True)
class _Asked:
    """Of which waves, or which lens, something is shown or on its way; and of which draft."""

    key: tuple[object, ...]
    draft: str

    def serves(self, other: _Asked) -> bool:
        """Whether what is shown need not be made anew: the exact one is as good as any draft."""
        return self.key == other.key and self.draft in ("", other.draft)


class WaveDesk(QObject):
    """Computes what belongs to the newest image while somebody looks at it.

    Signals
    -------
    found
        Waves of an image (:class:`~app.gui.optics.seen_waves.SeenWaves` or ``SeenPattern``), its pixel size
        in Å, and what sort of draft they are of.
    source_changed
        Where images at other foci come from (or None), and what sort of draft they are of.
    cleared
        Nothing is known of the image any more.
    no_camera
        The image has no diffraction patterns, though its model could make some.
    failed
        Why there are none (str).
    """

    found = Signal(object, float, str)
    source_changed = Signal(object, str)
    cleared = Signal()
    no_camera = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._result: Result | None = None
        self._open = False
        self._pixel: tuple[int, int] | None = None
        self._waves: _Asked | None = None
        self._lens: _Asked | None = None
        self._marks = (0.0, "")
        self._task = LatestTask("nanophantom-waves", self)
        self._task.told.connect(self._take)
        self._task.failed.connect(self._fail)

    # --- what happens ------------------------------------------------------------------------

    def set_result(self, result: Result) -> None:
        """Another image is on the screen."""
        if self._result is None or self._result.job is not result.job:
            self._pixel = None
        self._result = result
        self._follow()

    def set_open(self, is_open: bool) -> None:
        """Whether anybody looks: only then something is computed."""
        self._open = is_open
        self._follow()

    def set_pixel(self, column: int, row: int) -> None:
        """Show a camera's pattern of one pixel; of the same again, the mean of all."""
        self._pixel = None if self._pixel == (column, row) else (column, row)
        self._follow()

    def settings_changed(self, paths: tuple[str, ...]) -> None:
        """The recipe is another one now; the image that belongs to it is still to come."""
        if not paths or any(not path.startswith((*ASIDE, *LENS)) for path in paths):
            self._result = None
            self.forget()
        elif any(path.startswith(LENS) and path != DEFOCUS for path in paths):
            self._result = None
            self._lens = None
            self.source_changed.emit(None, "")

    def forget(self) -> None:
        """Nothing of what was shown is right any more."""
        self._task.cancel()
        self._waves = self._lens = None
        self._pixel = None
        self.cleared.emit()

    def close(self) -> None:
        """Stop computing."""
        self._open = False
        self._task.close()

    # --- what follows ------------------------------------------------------------------------

    def _follow(self) -> None:
        result = self._result
        if result is None or result.made is None:
            return
        model = result.job.imaging.model
        if model == "hrtem":
            self._follow_waves(result)
        elif model == "stem":
            self._follow_camera(result)
        elif self._waves is not None or self._lens is not None:
            self.forget()

    def _follow_waves(self, result: Result) -> None:
        made = result.made
        assert made is not None
        wanted = _Asked(waves_key(result.job), result.draft)
        if self._waves is not None and self._waves.key != wanted.key:
            self.forget()
        if not self._open:
            return
        if self._waves is None or not self._waves.serves(wanted):
            self._ask(result, wanted, lambda cancel: seen_waves(made, cancel))
        lens = _Asked((*wanted.key, *lens_key(result.job)), result.draft)
        if self._lens is None or not self._lens.serves(lens):
            self._lens = lens
            self.source_changed.emit(focus_source(made), result.draft)

    def _follow_camera(self, result: Result) -> None:
        camera, pixel = camera_of(result), self._pixel
        if not camera or result.draft:
            if self._waves is not None:
                self.forget()
            if not camera:
                self.no_camera.emit()
            return
        wanted = _Asked((id(result.sample), camera, pixel), "")
        if self._open and wanted != self._waves:
            self._ask(result, wanted, lambda cancel: seen_by_camera(result, camera, pixel, cancel))

    def _ask(self, result: Result, wanted: _Asked, compute: Callable[[Cancel], Any]) -> None:
        self._waves = wanted
        self._marks = (result.job.image.pixel_size, result.draft)

        def work(cancel: Cancel, tell: Tell) -> None:
            tell(compute(cancel))

        self._task.request(work)

    def _take(self, seen: SeenWaves | SeenPattern | None) -> None:
        if seen is not None:
            self.found.emit(seen, *self._marks)

    def _fail(self, error: Exception) -> None:
        self._waves = None
        self.failed.emit(f"There is nothing to show of the waves: {error}")
