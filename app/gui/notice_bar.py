"""A strip at the top of the window for what the user should know or decide, without stopping the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from sim.core.errors import NanophantomError


class NoticeBar(QWidget):
    """Notices one below the other; each with a sentence, its buttons, and one to put it away."""

    MOST = 4

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notices")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(1)
        self._notices: dict[str, QFrame] = {}
        self._asking: set[str] = set()
        self._remarks: dict[str, tuple[str, ...]] = {}
        self.hide()

    def sentences(self) -> list[str]:
        """The keys of what is shown, oldest first: the sentences themselves."""
        return list(self._notices)

    def show_notice(
        self, sentence: str, buttons: Sequence[tuple[str, Callable[[], object]]] = (), *, key: str = ""
    ) -> None:
        """Show a sentence once; a notice with the same key is replaced.

        Parameters
        ----------
        sentence
            What to say.
        buttons
            (text, what to do) pairs; each puts the notice away first.
        key
            What the notice is about; the sentence itself if left out.
        """
        key = key or sentence
        self.remove(key)
        if buttons:
            self._asking.add(key)
        # What asks for a decision waits for it; of what only says something the oldest makes room.
        saying = [other for other in self._notices if other not in self._asking]
        while len(saying) >= self.MOST:
            self.remove(saying.pop(0))
        frame = QFrame(self)
        frame.setObjectName("notice")
        frame.setFrameShape(QFrame.Shape.StyledPanel)
        frame.setAutoFillBackground(True)
        frame.setBackgroundRole(self.backgroundRole().ToolTipBase)
        row = QHBoxLayout(frame)
        row.setContentsMargins(10, 4, 4, 4)
        label = QLabel(sentence, frame)
        label.setForegroundRole(label.foregroundRole().ToolTipText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setTextFormat(Qt.TextFormat.PlainText)
        row.addWidget(label, 1)
        for text, action in (*buttons, ("Dismiss", _nothing)):
            button = QPushButton(text, frame)
            button.setObjectName(f"notice.{text.lower()}")
            button.clicked.connect(lambda *_, run=action: self._answered(key, run))
            row.addWidget(button)
        frame.setAccessibleName(sentence)
        self._notices[key] = frame
        self._layout.addWidget(frame)
        self.show()

    def show_remarks(self, remarks: Sequence[str], *, key: str) -> None:
        """Show several sentences in one notice, once: not again after it was dismissed, until they change.

        Parameters
        ----------
        remarks
            The sentences; none puts the notice away.
        key
            What they are about.
        """
        if self._remarks.get(key, ()) == tuple(remarks):
            return
        self._remarks[key] = tuple(remarks)
        if not remarks:
            self.remove(key)
            return
        shown = list(remarks[: self.MOST])
        if len(remarks) > len(shown):
            shown.append(f"… and {len(remarks) - len(shown):,} more of this kind.")
        self.show_notice("\n".join(shown), key=key)

    def guard(self, title: str, work: Callable[[], object]) -> bool:
        """Do something; what the user can mend is said in a notice.

        Parameters
        ----------
        title
            What is done; the notice of an earlier failure of it is put away.
        work
            What to do.

        Returns
        -------
        Whether it was done.
        """
        try:
            work()
        except NanophantomError as error:
            self.show_notice(f"{title}: {error}", key=title)
            return False
        self.remove(title)
        return True

    def remove(self, key: str) -> None:
        """Put a notice away, if it is there."""
        frame = self._notices.pop(key, None)
        self._asking.discard(key)
        if frame is not None:
            self._layout.removeWidget(frame)
            frame.hide()
            frame.deleteLater()
        self.setVisible(bool(self._notices))

    def _answered(self, key: str, run: Callable[[], object]) -> None:
        self.remove(key)
        run()


def _nothing() -> None:
    """Dismissing needs no more."""
