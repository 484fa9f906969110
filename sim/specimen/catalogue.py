"""The structures a recipe uses: where each comes from, what planning must know of it, its atoms on demand.

A catalogue is made once, before planning, by reading every source; from then on a structure is
known by its hash.  It holds a few structures in memory at a time, whatever the number of files.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sim.core.errors import InputError
from sim.core.types import Structure
from sim.specimen.pose import centroid

#: File name of a snapshot: what ``structures`` of a dataset holds.
_SNAPSHOT_NAME = re.compile(r"([0-9a-f]{64})\.h5")
#: Atoms kept in memory by a catalogue over all its structures (about 80 MB).
ATOMS_IN_MEMORY = 2_000_000


@dataclass(frozen=True)
class Source:
    """One place a structure comes from.

    Attributes
    ----------
    key
        Name of the source inside a recipe, e.g. ``cluster:icosahedron:relaxed`` or ``file:Au55``.
    parameter
        What to name in an error: the setting or the path.
    cluster
        (geometry, form) of a shipped cluster; empty for files.
    path, format
        File and its format (empty: by its name).
    sha256
        Hash the structure must have; empty when it may be anything.
    """

    key: str
    parameter: str
    cluster: tuple[str, str] | tuple[()] = ()
    path: str = ""
    format: str = ""
    sha256: str = ""

    def load(self, warn: Callable[[str], None] = lambda sentence: None) -> Structure:
        """Read the structure; an InputError if its hash is not the one asked for.

        ``warn`` receives a sentence for everything about the file that its owner may not expect.
        """
        if self.cluster:
            from sim.specimen.clusters import load_cluster

            structure = load_cluster(*self.cluster)
        elif self._is_snapshot:
            structure = self._load_snapshot()
        elif self.path:
            from sim.specimen.files import read_structure_file

            read = read_structure_file(self.path, self.format)
            structure = read.structure
            for sentence in read.warnings:
                warn(sentence)
        else:
            raise InputError(self.parameter, "names no file", remedy="give its path")
        if self.sha256 and structure.sha256 != self.sha256:
            raise InputError(
                self.parameter,
                f"is not the structure the recipe was made with (its sha256 begins {structure.sha256[:12]})",
                allowed=f"sha256 beginning {self.sha256[:12]}",
                remedy="restore the original file or remove sha256 from the recipe",
            )
        return structure

    @property
    def _is_snapshot(self) -> bool:
        named = not self.format and _SNAPSHOT_NAME.fullmatch(Path(self.path).name) is not None
        return self.format == "snapshot" or named

    def _load_snapshot(self) -> Structure:
        """The structure of a dataset's snapshot, which is known by the hash in its name or the recipe."""
        from sim.specimen.snapshots import read_snapshot

        if not self.path:
            raise InputError(self.parameter, "names no file", remedy="give its path")
        name = _SNAPSHOT_NAME.fullmatch(Path(self.path).name)
        sha256 = self.sha256 or (name[1] if name else "")
        if not sha256:
            raise InputError(
                self.parameter,
                "is a snapshot whose hash is not known",
                remedy="give its sha256, or let the file have its name in the dataset",
            )
        return read_snapshot(self.path, sha256)


@dataclass(frozen=True)
class StructureInfo:
    """What planning knows of a structure without holding its atoms."""

    sha256: str
    atoms: int
    radius: float
    composition: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, structure: Structure) -> StructureInfo:
        """Hash, atom count, largest distance from the centre (Å), and atoms of each element."""
        counts: dict[int, int] = {}
        for number in structure.numbers.tolist():
            counts[number] = counts.get(number, 0) + 1
        return cls(
            sha256=structure.sha256,
            atoms=len(structure),
            radius=_radius(structure),
            composition=tuple(sorted(counts.items())),
        )


def _radius(structure: Structure) -> float:
    offsets = np.subtract(structure.positions, centroid(structure.positions))
    squares = np.multiply(offsets, offsets)
    # Added one by one: the size of an image that fits the structure must not depend on the machine.
    return float(np.sqrt(np.max(np.add(np.add(squares[:, 0], squares[:, 1]), squares[:, 2]))))


@dataclass
class Catalogue(Mapping[str, Structure]):
    """Structures by hash, infos by source key.

    Picklable and small: worker processes receive it and load what they need.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    infos: dict[str, StructureInfo] = field(default_factory=dict)
    snapshots: Path | None = None
    warnings: list[str] = field(default_factory=list)
    _loaded: OrderedDict[str, Structure] = field(default_factory=OrderedDict, repr=False)

    @classmethod
    def collect(cls, sources: Iterable[Source], cancel: Callable[[], None] = lambda: None) -> Catalogue:
        """Read every source once; what is odd about the files is kept in ``warnings``."""
        catalogue = cls()
        for source in sources:
            cancel()
            if source.key in catalogue.sources:
                continue
            warnings: list[str] = []
            structure = source.load(warnings.append)
            # Said of one file among many.
            catalogue.warnings += [f"{source.parameter}: {sentence}" for sentence in warnings]
            info = StructureInfo.of(structure)
            catalogue.sources[source.key] = replace(source, sha256=info.sha256)
            catalogue.infos[source.key] = info
            catalogue._remember(info.sha256, structure)
        return catalogue

    def with_snapshots(self, directory: Path) -> Catalogue:
        """The same catalogue reading its structures from a dataset's ``structures`` folder."""
        return Catalogue(sources=self.sources, infos=self.infos, snapshots=Path(directory))

    def info(self, key: str) -> StructureInfo:
        """What is known of the structure of one source."""
        return self.infos[key]

    def __getitem__(self, sha256: str) -> Structure:
        if sha256 in self._loaded:
            self._loaded.move_to_end(sha256)
            return self._loaded[sha256]
        source = next((item for item in self.sources.values() if item.sha256 == sha256), None)
        if source is None:
            raise KeyError(sha256)
        if self.snapshots is not None:
            from sim.specimen.snapshots import read_snapshot

            structure = read_snapshot(self.snapshots / f"{sha256}.h5", sha256)
        else:
            structure = source.load()
        self._remember(sha256, structure)
        return structure

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(info.sha256 for info in self.infos.values()))

    def __len__(self) -> int:
        return len({info.sha256 for info in self.infos.values()})

    def _remember(self, sha256: str, structure: Structure) -> None:
        self._loaded[sha256] = structure
        while len(self._loaded) > 1 and sum(map(len, self._loaded.values())) > ATOMS_IN_MEMORY:
            self._loaded.popitem(last=False)

    def __getstate__(self) -> dict[str, object]:
        return {"sources": self.sources, "infos": self.infos, "snapshots": self.snapshots, "warnings": []}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._loaded = OrderedDict()
