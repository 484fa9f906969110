"""The lists of a panel, by their paths."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.gui.panels.entry_list import EntryList


class EntryLists:
    """The editors of lists that a panel shows now: lists inside entries come and go with these."""

    def __init__(self) -> None:
        self._lists: dict[str, EntryList] = {}

    def add(self, shown: EntryList) -> None:
        """Another one is shown."""
        self._lists[shown.field.path] = shown

    def get(self, path: str) -> EntryList | None:
        """The editor of a list, if it is shown."""
        return self._lists.get(path)

    def forget(self, prefix: str) -> list[EntryList]:
        """Those whose paths begin so are shown no longer."""
        return [self._lists.pop(name) for name in tuple(self._lists) if name.startswith(prefix)]

    def refresh(self, paths: Sequence[str] | None = None) -> list[str]:
        """Show what the recipe says, in those lists that some settings belong to; the lists shown anew."""
        done = []
        for name, shown in tuple(self._lists.items()):
            # One that was in an entry may be gone by now.
            concerned = paths is None or any(path == name or path.startswith(f"{name}.") for path in paths)
            if concerned and self._lists.get(name) is shown:
                shown.refresh()
                done.append(name)
        return done

    def choose(self, path: str, make: Callable[[], None]) -> None:
        """Choose the entries that a setting belongs to; ``make`` makes what waits for its turn."""
        done: set[str] = set()
        while names := {name for name in self._lists if path.startswith(f"{name}.")} - done:
            # The outermost first: what is chosen there brings the lists inside.
            name = min(names, key=len)
            done.add(name)
            self._lists[name].choose(path.removeprefix(f"{name}.").partition(".")[0])
            make()
