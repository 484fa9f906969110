"""Notices at the top of the window: said once, and never in the way of one another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QMessageBox

from app.gui.document.autosave import Autosaver
from app.gui.document.document import RecipeDocument

pytestmark = pytest.mark.gui

FRAME = "3\nof two\nAu 0 0 0\nAu 2.8 0 0\nAu 0 2.5 0\n"


def said(window: Any) -> list[str]:
    """What the notices say, from the top."""
    QApplication.processEvents()
    frames = window.notices.findChildren(QFrame, "notice")
    return [frame.findChild(QLabel).text() for frame in frames if frame.isVisible()]


def leave_behind(count: int) -> None:
    """Unsaved changes of programs that died, the oldest first."""
    for number in range(count):
        document = RecipeDocument()
        document.set("name", f"left {number}")
        saver = Autosaver(document)
        saver.write_now()
        saver.close()


def test_remarks_on_structures_are_one_notice_that_stays_away(desk: Any, tmp_path: Path) -> None:
    files = []
    for number in range(7):
        files.append(tmp_path / f"cluster {number}.xyz")
        files[-1].write_text(FRAME * 2)
    window = desk.open()
    desk.drop(window, files)
    desk.qtbot.waitUntil(lambda: window.result is not None)
    (words,) = said(window)
    assert "cluster 0.xyz: holds several frames" in words and "3 more" in words
    desk.click(window.notices, "notice.dismiss")
    desk.let_go()
    desk.type(window, "imaging.sigma", "0.7")
    desk.settle(window)
    assert said(window) == []
    files[0].write_text(FRAME)
    window.refresh()
    desk.qtbot.waitUntil(lambda: len(window.result.notes) == 6)
    assert len(said(window)) == 1


def test_the_newest_left_overs_are_offered_and_sentences_do_not_displace_them(desk: Any) -> None:
    leave_behind(6)
    window = desk.open()
    offered = [text.split(" from ")[0].removeprefix("Unsaved changes to ") for text in said(window)]
    assert sorted(offered) == ["left 2", "left 3", "left 4", "left 5"]
    for number in range(6):
        window.notices.show_notice(f"sentence {number}")
    assert len([text for text in said(window) if text.startswith("Unsaved")]) == 4
    assert len([text for text in said(window) if text.startswith("sentence")]) == 4


def test_an_offer_ends_when_it_is_taken_on_the_start_page_and_not_when_it_is_called_off(desk: Any) -> None:
    leave_behind(1)
    window = desk.open()
    window.document.set("name", "mine")
    with desk.answering(QMessageBox.StandardButton.Cancel):
        desk.click(window.notices, "notice.restore")
    assert window.document.recipe.name == "mine" and len(said(window)) == 1
    with desk.answering(QMessageBox.StandardButton.Discard):
        window.start_view.recover_requested.emit(window.autosaver.recoverable()[0])
    assert window.document.recipe.name == "left 0"
    assert said(window) == []
