"""States of a run, and how it ended, as values and in sentences.  No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.gui.exporting.run_spec import RunSpec

State = Literal[
    "idle", "starting", "running", "pausing", "paused", "cancelling", "finished", "cancelled", "failed"
]

#: States in which something is going on.
ACTIVE: tuple[State, ...] = ("starting", "running", "pausing", "paused", "cancelling")


@dataclass(frozen=True)
class Outcome:
    """How a chain of steps ended.

    Attributes
    ----------
    state
        ``finished``, ``cancelled`` or ``failed``.
    message
        For people: what was made, or why it was not.
    spec
        The export; None for a verification of its own.
    dataset
        Folder of the dataset.
    images, content_sha256
        Of the finished dataset.
    sound
        What a verification found; None without one.
    problems
        Its differences, one sentence each.
    warnings
        Sentences about what was made.
    export
        Folder of the other formats, where some were written.
    resumable
        Whether the same chain can be gone on with.
    """

    state: Literal["finished", "cancelled", "failed"]
    message: str
    dataset: Path
    spec: RunSpec | None = None
    images: int = 0
    content_sha256: str = ""
    sound: bool | None = None
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    export: Path | None = None
    resumable: bool = False

    def sentence(self) -> str:
        """The outcome for people."""
        if self.state == "cancelled":
            return f"Cancelled: {self.dataset}. Finished shards are kept; Resume makes the rest."
        if self.state == "failed":
            return f"{self.message.rstrip('.')}. Resume tries again from where it stopped."
        if self.sound is False:
            count = len(self.problems)
            differences = "one difference" if count == 1 else f"{count} differences"
            return f"{self.dataset} is not what was made: {differences} (see the log)."
        if self.sound and self.spec is None:
            return f"Verified: {self.images:,} images in {self.dataset} are as they were made."
        checked = " and verified" if self.sound else ""
        return f"Finished{checked}: {self.images:,} images in {self.dataset}"
