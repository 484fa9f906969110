"""The request in the preview's worker: how long it may take, and what tells it to stop."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from app.gui.preview.stage_clock import StageClock, Working
from app.gui.preview.worker import Request
from sim.recipe.imaging_models import IMAGING

#: An image of a movement that has been overtaken may take so long and no longer, seconds.
PATIENCE = 0.5
#: The same of a draft of electron waves.
PATIENCE_FOR_WAVES = 1.5


@dataclass(eq=False)
class Running:
    """A request that is being made.

    Attributes
    ----------
    request
        What is made.
    stop
        Set when nobody wants it any more.
    overtaken
        A newer request waits.
    drafted
        A draft of it is on the screen, and the steps to its image are made.
    """

    request: Request
    stop: threading.Event = field(default_factory=threading.Event)
    overtaken: bool = False
    drafted: bool = False

    def __post_init__(self) -> None:
        self._started = time.monotonic()
        self._clock = StageClock(self._started)
        of_waves = IMAGING[self.request.recipe.imaging.model].draft is not None
        self._patience = PATIENCE_FOR_WAVES if of_waves else PATIENCE

    @property
    def given_up(self) -> bool:
        """Whether it has been stopped, or has taken too long for an image of a movement."""
        late = self.overtaken and time.monotonic() - self._started > self._patience
        return late or self.stop.is_set()

    @property
    def refining(self) -> bool:
        """Whether the draft on screen is being made exactly."""
        return self.drafted and not self.stop.is_set()

    @property
    def told(self) -> Working:
        """What it does just now; nothing once it has been stopped."""
        text = "" if self.stop.is_set() else self._clock.text(time.monotonic())
        return Working(text, self.refining)

    def stage(self, name: str) -> None:
        """A stage begins; called in the worker's threads."""
        self._clock.stage(name, time.monotonic())
