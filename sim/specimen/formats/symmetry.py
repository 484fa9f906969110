"""Symmetry operations of a crystal file and the atoms they make.

The operations that a file lists are taken as they stand: they are right for its setting and
origin, whatever its space-group symbol.  Only without them does the symbol or number decide,
through the tables of ase.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from sim.core.types import FloatArray, IntArray

#: Most operations that are taken (the largest space groups have 192).
MOST_OPERATIONS = 768
#: Most images of sites before coincident ones are joined.
MOST_IMAGES = 400_000
#: Images of one site closer than this are one atom, Å.
SAME_SITE = 0.1

#: Groups with two origin choices in International Tables A.
TWO_ORIGINS = frozenset(
    {
        48,
        50,
        59,
        68,
        70,
        85,
        86,
        88,
        125,
        126,
        129,
        130,
        133,
        134,
        137,
        138,
        141,
        142,
        201,
        203,
        222,
        224,
        227,
        228,
    }
)
#: Rhombohedral groups: hexagonal or rhombohedral axes.
RHOMBOHEDRAL = frozenset({146, 148, 155, 160, 161, 166, 167})

_TERM = re.compile(r"([+-]?)(?:(\d+/\d+|\d*\.\d+|\d+\.?)\*?)?([xyz]?)")
_OLD_CUBIC = re.compile(r"^([PFI])([mnabcd])3([mncd]?)$")

#: Symbols renamed in International Tables A (1992): the glide plane e.
_RENAMED = {"Abm2": "Aem2", "Aba2": "Aea2", "Cmca": "Cmce", "Cmma": "Cmme", "Ccca": "Ccce"}


@dataclass(frozen=True)
class Operations:
    """Rotations (M, 3, 3) and translations (M, 3) on fractional coordinates."""

    rotations: FloatArray
    translations: FloatArray

    def __len__(self) -> int:
        return len(self.rotations)

    @property
    def only_identity(self) -> bool:
        """Nothing but ``x, y, z``."""
        return len(self) == 1 and bool(
            np.all(self.rotations[0] == np.eye(3)) and not np.any(self.translations)
        )


def parse_operation(text: str) -> tuple[list[list[float]], list[float]] | None:
    """``-y+1/2, x-y, z`` as a matrix and a translation; None if it is no operation."""
    parts = text.lower().replace(" ", "").replace("\t", "").split(",")
    if len(parts) != 3 or len(text) > 100:
        return None
    matrix, translation = [], []
    for part in parts:
        row, shift, end = [0.0, 0.0, 0.0], 0.0, 0
        while end < len(part):
            term = _TERM.match(part, end)
            if term is None or term.end() == end or (end and not term.group(1)):
                return None
            sign, size, axis = term.groups()
            if size is None and not axis:
                return None
            try:
                value = float(Fraction(size)) if size else 1.0
            except (ZeroDivisionError, ValueError):
                return None
            value = -value if sign == "-" else value
            if axis:
                row["xyz".index(axis)] += value
            else:
                shift += value
            end = term.end()
        if not any(row):
            return None
        matrix.append(row)
        translation.append(shift)
    return (matrix, translation) if abs(abs(np.linalg.det(matrix)) - 1.0) < 1e-9 else None


def operations_of_group(
    symbol: str, number: int | None, rhombohedral_axes: bool
) -> tuple[Operations, str] | None:
    """Operations of a space group by symbol (old spellings too) or number, and a warning or ``""``.

    ``rhombohedral_axes`` says how the cell of a rhombohedral group is given.  None where neither
    symbol nor number names a group of the standard settings.
    """
    from ase.spacegroup.spacegroup import Spacegroup, SpacegroupError

    plain, _, choice = symbol.partition(":")
    choice = choice.strip().upper()
    candidates: list[str | int] = [modern_symbol(plain)] if plain.strip() else []
    # An unknown symbol of a low group is most likely another choice of axes, for which the
    # operations of the number would be wrong; from 75 on (tetragonal and higher) they are not.
    if number and (not candidates or number >= 75):
        candidates.append(number)
    for candidate in candidates:
        try:
            group = Spacegroup(candidate, 1)
            if number and group.no != number:
                continue
            if choice in ("2", "R") or (group.no in RHOMBOHEDRAL and rhombohedral_axes and choice != "H"):
                group = Spacegroup(group.no, 2)
        except (SpacegroupError, ValueError, IndexError, KeyError):
            continue
        rotations, translations = zip(*group.get_symop(), strict=True)  # type: ignore[no-untyped-call]
        warning = ""
        if group.no in TWO_ORIGINS and not choice:
            warning = (
                f"space group {group.no} has two origin choices and the file lists no operations; "
                "choice 1 is taken"
            )
        return Operations(np.array(rotations, np.float64), np.array(translations, np.float64)), warning
    return None


def modern_symbol(symbol: str) -> str:
    """A Hermann–Mauguin symbol in today's spelling: ``F d 3 m`` is ``Fd-3m``, ``P 1 21/c 1`` is ``P21/c``."""
    words = symbol.replace("_", " ").split()
    # The full symbol of a monoclinic group with b as its axis; "P 1 1 2" has another axis and stays.
    if len(words) == 4 and words[1] == words[3] == "1" and words[2] != "1":
        words = [words[0], words[2]]
    compact = "".join(words)
    compact = compact[:1].upper() + compact[1:].lower()
    return _RENAMED.get(compact, _OLD_CUBIC.sub(r"\1\2-3\3", compact))


def expand(fractional: FloatArray, cell: FloatArray, operations: Operations) -> tuple[FloatArray, IntArray]:
    """All atoms of the cell: positions (fractional, in [0, 1)) and the site each belongs to.

    Images of one site that fall together (a special position, perhaps rounded) are one atom.
    Without symmetry the positions stay as given, so that a particle is not torn at the cell's face.
    """
    sites = len(fractional)
    if operations.only_identity:
        return fractional, np.arange(sites)
    images = np.einsum("mij,nj->nmi", operations.rotations, fractional) + operations.translations
    images -= np.floor(images)
    images[images > 1.0 - 1e-9] = 0.0
    kept = np.ones(images.shape[:2], bool)
    for image in range(1, len(operations)):
        difference = images[:, :image] - images[:, image : image + 1]
        difference -= np.round(difference)
        distance2 = np.sum((difference @ cell) ** 2, axis=-1)
        kept[:, image] = ~np.any((distance2 < SAME_SITE**2) & kept[:, :image], axis=1)
    site, operation = np.nonzero(kept)
    return images[site, operation], site
