"""Qt objects in garbage cycles are destroyed in the window's thread, whichever thread allocates."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from app.gui.frame.garbage import GarbageCollection

pytestmark = pytest.mark.gui


@pytest.fixture
def collecting() -> Iterator[None]:
    """Python's own collection, as it is before the program takes it over."""
    gc.enable()
    yield
    gc.enable()


def leave_in_a_cycle(places: list[int]) -> None:
    """A widget that only the collector can find, and that notes the thread in which it goes."""
    widget = QWidget()
    widget.destroyed.connect(
        lambda *_: places.append(threading.get_ident()), Qt.ConnectionType.DirectConnection
    )
    widget.itself = widget  # type: ignore[attr-defined]


def allocate_in_another_thread() -> None:
    """What a worker does: far more objects than any threshold, and cycles among them."""

    def work() -> None:
        for _ in range(300_000):
            item: list[object] = []
            item.append(item)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_worker_destroys_no_widget(qtbot, qapp: QApplication, collecting: None) -> None:
    places: list[int] = []
    parent = QObject()
    GarbageCollection(parent)
    leave_in_a_cycle(places)
    allocate_in_another_thread()
    assert places == []
    qtbot.waitUntil(lambda: bool(places), timeout=5000)
    assert places == [threading.get_ident()]
    parent.deleteLater()


def test_python_alone_would_destroy_it_in_the_worker(qapp: QApplication, collecting: None) -> None:
    """The reason for all this: without it, the worker's allocations collect a plain Python object."""
    places: list[int] = []

    class Noted:
        def __del__(self) -> None:
            places.append(threading.get_ident())

    item = Noted()
    item.itself = item  # type: ignore[attr-defined]
    del item
    allocate_in_another_thread()
    assert places and places[0] != threading.get_ident()
