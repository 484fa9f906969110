"""The values that travel between the stages: structures, specimens, image grids, samples.

Plain frozen dataclasses over numpy arrays, without pydantic, so that tier-A code can use them
anywhere.  Lengths are in ångström.  z is the beam axis: the entrance surface is at the largest z
and the beam travels towards −z.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.canonical import array_sha256, sha256_of

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Tier = Literal["A", "B"]

#: Side of the position grid, 2⁻²⁰ Å: built and imported positions are multiples of it.
POSITION_GRID = 2.0**-20


def on_position_grid(positions: FloatArray) -> FloatArray:
    """Positions rounded to the 2⁻²⁰ Å grid (half upwards), the grid that is stored and imaged."""
    scaled = np.floor(np.add(np.multiply(positions, 2.0**20), 0.5))
    return np.add(np.multiply(scaled, POSITION_GRID), 0.0)


@dataclass(frozen=True, eq=False)
class Structure:
    """Atoms as they came from a file or a shipped table; where tier A begins.

    Attributes
    ----------
    numbers
        (N,) int64, atomic numbers 1 to 118.
    positions
        (N, 3) float64, Å, on the 2⁻²⁰ Å grid.
    cell
        (3, 3) float64 row vectors, Å, or None.
    """

    numbers: IntArray
    positions: FloatArray
    cell: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def sha256(self) -> str:
        """Hash of numbers, positions and cell: the structure's identity in jobs and manifests."""
        return sha256_of(
            {
                "numbers": array_sha256(self.numbers.astype(np.int64)),
                "positions": array_sha256(self.positions.astype(np.float64)),
                "cell": None if self.cell is None else array_sha256(self.cell),
            }
        )


#: Further arrays of a specimen by name; see :class:`Built`.
Parts = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Built:
    """A specimen before posing, with what is known of its parts.

    Attributes
    ----------
    structure
        The atoms.
    parts
        Empty where the specimen is one object.  Of a scene with N atoms, M objects and P defect planes:

        - ``object``, ``grain``, ``side``: (N,) int64; objects count from 1;
        - ``volumes`` (N,) what each atom stands for, Å³;
        - ``origins`` (M, 3), ``motions`` (M, 3, 4): matrix and offset from the object's frame to the
          scene's;
        - ``placed`` (M,) int64, 1 where the object found room; ``radii`` (M,) seen along the beam, Å;
        - ``planes`` (P, 8): object, kind, normal (3), point (3).
    """

    structure: Structure
    parts: Parts = field(default_factory=dict)


@dataclass(frozen=True)
class Outline:
    """Upper bounds of a specimen, known before it is built.

    Attributes
    ----------
    half_x, half_y
        Largest distance of an atom from the field's centre along x and y in any pose about z, Å.
    radius
        Largest distance of an atom from the point that poses turn about, Å.
    atoms
        Number of atoms, or of particles.
    composition
        (atomic number, atoms) pairs.
    materials
        What its particles and its film consist of.
    steepest
        Largest angle, °, that a support film without end may be tilted by; None where there is none.
    """

    half_x: float
    half_y: float
    radius: float
    atoms: int
    composition: tuple[tuple[int, int], ...]
    materials: tuple[Material, ...] = ()
    steepest: float | None = None


@dataclass(frozen=True)
class SpecimenObject:
    """One object of a specimen that has several: its name and what labels take it for."""

    name: str
    role: str


@dataclass(frozen=True, eq=False)
class AtomicSpecimen:
    """Atoms in the laboratory frame, posed, ready to be imaged.

    Attributes
    ----------
    numbers
        (N,) int64, atomic numbers.
    positions
        (N, 3) float64, Å; the field's centre is x = y = 0, the beam runs along −z.
    bond_length
        Nearest-neighbour distance, Å, that geometric masks are built from.
    parts
        As in :class:`Built`, in the laboratory frame.
    objects
        The objects that ``parts["object"]`` counts from 1; none where the specimen is one object.
    period
        Width and height, Å, of the box that the specimen repeats with along x and y; None where it
        does not, or is turned.
    """

    numbers: IntArray
    positions: FloatArray
    bond_length: float
    parts: Parts = field(default_factory=dict)
    objects: tuple[SpecimenObject, ...] = ()
    period: tuple[float, float] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def particles(self) -> BoolArray:
        """(N,) the atoms that labels are about: those of particles, all where there are none."""
        roles = np.array(["", *(item.role for item in self.objects)])
        which = np.zeros(len(self), dtype=np.bool_)
        if self.objects:
            which = np.equal(roles, "particle")[self.parts["object"]]
        return which if bool(np.any(which)) else np.ones(len(self), dtype=np.bool_)

    @property
    def ids(self) -> IntArray:
        """(N,) which atom of the whole specimen each is, also after others were left out."""
        return self.parts["ids"] if "ids" in self.parts else np.arange(len(self), dtype=np.int64)

    def only(self, which: BoolArray) -> AtomicSpecimen:
        """Some of the atoms, as a specimen of one object; each still knows its object and its number."""
        if bool(np.all(which)):
            return self
        parts = {name: self.parts[name][which] for name in ("object",) if name in self.parts}
        return replace(
            self,
            numbers=self.numbers[which],
            positions=np.ascontiguousarray(self.positions[which]),
            parts={**parts, "ids": self.ids[which]},
            objects=(),
        )


@dataclass(frozen=True)
class Material:
    """What a particle or a film consists of.

    Attributes
    ----------
    name
        As the recipe names it: ``TiO2``.
    composition
        (atomic number, atoms a formula unit) pairs, numbers ascending.
    density
        g/cm³.
    """

    name: str
    composition: tuple[tuple[int, float], ...]
    density: float


class FilmPart(NamedTuple):
    """The support film of :class:`Particles`, before posing: their part ``film`` holds these in turn.

    Attributes
    ----------
    thickness, hole_radius, hole_spacing
        Å; a film without holes has spacing 0.
    lattice
        Of the holes: 0 square, 1 hexagonal.
    x, y
        A hole's centre, Å.
    top
        Height of the upper surface, Å.
    """

    thickness: float
    hole_radius: float
    hole_spacing: float
    lattice: float
    x: float
    y: float
    top: float


#: What the names of a generator's scalars among the parts of a specimen begin with.
FACT = "fact."


@dataclass(frozen=True, eq=False)
class Particles:
    """Spheres as a generator built them, before posing, about their centre of mass.

    Attributes
    ----------
    centres
        (N, 3) float64, Å, on the 2⁻²⁰ Å grid.
    radii
        (N,) float64, Å, on the same grid.
    species
        (N,) int64, which of the specimen's materials each consists of.
    contacts
        (C, 2) int64, pairs that touch, smaller number first, in ascending order.
    parts
        Further arrays by name: ``film`` (7,) where there is a support film, see :class:`FilmPart`; every
        scalar of the generator under its name after :data:`FACT`, shape ().
    """

    centres: FloatArray
    radii: FloatArray
    species: IntArray
    contacts: IntArray
    parts: Parts = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.radii)

    @property
    def facts(self) -> dict[str, float]:
        """The generator's scalars by name."""
        return {
            name.removeprefix(FACT): part.item() for name, part in self.parts.items() if name.startswith(FACT)
        }


@dataclass(frozen=True, eq=False)
class Film:
    """A flat support film in the laboratory frame.

    Attributes
    ----------
    thickness
        Å, along the film's normal.
    normal
        (3,) unit vector towards the particles.
    across, along
        (3,) unit vectors in the film, which the holes are arranged by.
    point
        (3,) Å: centre of a hole in the middle of the film's thickness.
    hole_radius, hole_spacing
        Å; a film without holes has spacing 0.
    hexagonal
        The holes form a triangular lattice, otherwise a square one.
    """

    thickness: float
    normal: FloatArray
    across: FloatArray
    along: FloatArray
    point: FloatArray
    hole_radius: float = 0.0
    hole_spacing: float = 0.0
    hexagonal: bool = True


@dataclass(frozen=True, eq=False)
class ParticleSpecimen:
    """Spherical particles in the laboratory frame, posed, ready to be imaged.

    Attributes
    ----------
    centres, radii, species, contacts
        As of :class:`Particles`; the field's centre is x = y = 0, the beam runs along −z.
    materials
        What the species consist of; the last one beyond the species is the film's.
    film
        The support; None where there is none.
    facts
        Scalars of the generator: the radius of gyration it aimed at, and the like.
    """

    centres: FloatArray
    radii: FloatArray
    species: IntArray
    contacts: IntArray
    materials: tuple[Material, ...]
    film: Film | None = None
    facts: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.radii)


@dataclass(frozen=True)
class ImageGrid:
    """The pixel grid of an image: indexed [row, column], row 0 at the highest y.

    Pixel centres: x = (column − (width − 1)/2)·p, y = ((height − 1)/2 − row)·p.
    """

    height: int
    width: int
    pixel_size: float

    @property
    def shape(self) -> tuple[int, int]:
        return (self.height, self.width)

    def columns_of(self, x: FloatArray) -> FloatArray:
        """Fractional column of positions x (Å); integers are pixel centres."""
        return np.add(np.divide(x, self.pixel_size), (self.width - 1) * 0.5)

    def rows_of(self, y: FloatArray) -> FloatArray:
        """Fractional row of positions y (Å); rows grow towards −y."""
        return np.subtract((self.height - 1) * 0.5, np.divide(y, self.pixel_size))

    def x_of(self, columns: FloatArray) -> FloatArray:
        """x (Å) of fractional columns."""
        return np.multiply(np.subtract(columns, (self.width - 1) * 0.5), self.pixel_size)

    def y_of(self, rows: FloatArray) -> FloatArray:
        """y (Å) of fractional rows."""
        return np.multiply(np.subtract((self.height - 1) * 0.5, rows), self.pixel_size)

    def centres(self) -> tuple[FloatArray, FloatArray]:
        """x of the columns, ascending, and y of the rows, descending, Å."""
        columns = np.arange(self.width, dtype=np.float64)
        return self.x_of(columns), self.y_of(np.arange(self.height, dtype=np.float64))

    def padded(self, margin: int) -> ImageGrid:
        """The grid with ``margin`` more pixels on every side, same centre and pixel size."""
        return ImageGrid(self.height + 2 * margin, self.width + 2 * margin, self.pixel_size)


@dataclass(frozen=True)
class ArrayRecord:
    """What the manifest says of one array."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    sha256: str
    tier: Tier


@dataclass(frozen=True, eq=False)
class Sample:
    """One rendered image with its truth.

    Attributes
    ----------
    image
        (H, W) detected counts (uint16 or uint32), or float32 when the recipe has no noise.
    clean
        (H, W) float32, expected number of detected electrons a pixel, after optics and scan
        distortion and before Poisson; fraction of the beam when the recipe states no dose.
    labels
        Label images by name, each (H, W).
    tables
        Ragged tables by name (``atoms``, ``columns``): column name → (n,) array; all columns of a
        table have one length.
    truth
        Scalars of this image (numbers, strings, bools, or tuples of floats), e.g. ``quaternion``.
    tier
        Reproducibility tier of every array that ``tiers`` does not name.
    extras
        Further arrays by name, whose shapes the plan states: expectations of other detectors
        ``detector_…`` (H, W) or (H, W, segments), ``exit_wave_phase`` and ``exit_wave_amplitude``
        (H, W), ``diffraction`` (H, W, Qy, Qx) float32.
    tiers
        Tier by the stored name of an array, or by the first part of it for a whole group:
        ``{"labels": "A", "atoms": "A"}`` where the image is of tier B and its geometry of tier A.
    """

    image: NDArray[Any]
    clean: NDArray[np.float32]
    labels: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, NDArray[Any]]] = field(default_factory=dict)
    truth: Mapping[str, Any] = field(default_factory=dict)
    tier: Tier = "A"
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    tiers: Mapping[str, Tier] = field(default_factory=dict)

    def tier_of(self, name: str) -> Tier:
        """Tier of an array by its stored name; of the scalars by ``truth``."""
        return self.tiers.get(name, self.tiers.get(name.split("/")[0], self.tier))

    def arrays(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Every array by its stored name, in the order in which the manifest lists them."""
        yield "images", self.image
        yield "clean", self.clean
        for name in sorted(self.extras):
            yield name, self.extras[name]
        for name in sorted(self.labels):
            yield f"labels/{name}", self.labels[name]
        for table in sorted(self.tables):
            for column in sorted(self.tables[table]):
                yield f"{table}/{column}", self.tables[table][column]

    def records(self) -> list[ArrayRecord]:
        """Name, dtype, shape, hash and tier of every array."""
        return [
            ArrayRecord(
                name, array.dtype.str.lstrip("<|=>"), array.shape, array_sha256(array), self.tier_of(name)
            )
            for name, array in self.arrays()
        ]
