"""How an element looks: the radius and colour of its sphere.  No Qt.

The tables stand here, and not in ase, so that the first picture does not wait for an import.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.types import FloatArray, IntArray

#: Part of the covalent radius that is drawn, so that neighbours do not overlap.
DRAWN_PART = 0.75
#: Colours of the materials of particles, one after the other: sky blue, orange, bluish green, reddish purple,
#: told apart with any colour vision (Okabe and Ito 2008) on dark and on light ground.
SPECIES_COLOURS = ((86, 180, 233), (230, 159, 0), (0, 158, 115), (204, 121, 167))
#: Colour of the atom that is picked.
SELECTED_COLOUR = (255, 64, 255)
#: Of lines that are emphasised, before a dark and before a light background.
STRONG_COLOURS = ((255, 125, 255), (176, 0, 176))
#: Of the outlines of volumes, before a dark and before a light background.
VOLUME_COLOURS = ((110, 168, 230), (46, 105, 170))

#: Covalent radii of the elements 1 to 96 in pm: Cordero and others, Dalton Transactions 2008, 2832, table 2
#: (carbon sp3; low-spin manganese, iron and cobalt).
_RADII = """
31 28 128 96 84 76 71 66 57 58 166 141 121 111 107 105 102 106 203 176 170 160 153 139 139 132 126
124 132 122 122 120 119 120 120 116 220 195 190 175 164 154 147 146 142 139 145 144 142 139 139 138
139 140 244 215 207 204 203 201 199 198 198 196 194 192 192 189 190 187 187 175 170 162 151 144 141
136 136 132 145 146 148 140 150 150 260 221 215 206 200 196 190 187 180 169
"""
#: Radius of the elements that the table leaves out, pm.
_OTHER_RADIUS = 170

#: Colours of the elements 1 to 109, as Jmol and with it most viewers draw them.
_COLOURS = """
ffffff d9ffff cc80ff c2ff00 ffb5b5 909090 3050f8 ff0d0d 90e050 b3e3f5 ab5cf2 8aff00 bfa6a6 f0c8a0
ff8000 ffff30 1ff01f 80d1e3 8f40d4 3dff00 e6e6e6 bfc2c7 a6a6ab 8a99c7 9c7ac7 e06633 f090a0 50d050
c88033 7d80b0 c28f8f 668f8f bd80e3 ffa100 a62929 5cb8d1 702eb0 00ff00 94ffff 94e0e0 73c2c9 54b5b5
3b9e9e 248f8f 0a7d8c 006985 c0c0c0 ffd98f a67573 668080 9e63b5 d47a00 940094 429eb0 57178f 00c900
70d4ff ffffc7 d9ffc7 c7ffc7 a3ffc7 8fffc7 61ffc7 45ffc7 30ffc7 1fffc7 00ff9c 00e675 00d452 00bf38
00ab24 4dc2ff 4da6ff 2194d6 267dab 266696 175487 d0d0e0 ffd123 b8b8d0 a6544d 575961 9e4fb5 ab5c00
754f45 428296 420066 007d00 70abfa 00baff 00a1ff 008fff 0080ff 006bff 545cf2 785ce3 8a4fe3 a136d4
b31fd4 b31fba b30da6 bd0d87 c70066 cc0059 d1004f d90045 e00038 e6002e eb0026
"""
_OTHER_COLOUR = "eb0026"


def _radius_table() -> FloatArray:
    known = [int(word) for word in _RADII.split()]
    table = np.full(119, _OTHER_RADIUS, dtype=np.float64)
    table[1 : len(known) + 1] = known
    return table * 0.01


def _colour_table() -> NDArray[np.uint8]:
    known = _COLOURS.split()
    words = [_OTHER_COLOUR, *known, *[_OTHER_COLOUR] * (118 - len(known))]
    return np.array([list(bytes.fromhex(word)) for word in words], dtype=np.uint8)


_RADIUS_OF = _radius_table() * DRAWN_PART
_COLOUR_OF = _colour_table()


def drawn_radii(numbers: IntArray) -> FloatArray:
    """Radius (N,), Å, of the spheres that stand for atoms with these atomic numbers (N,)."""
    return _RADIUS_OF[numbers]


def drawn_colours(numbers: IntArray) -> NDArray[np.uint8]:
    """Red, green and blue (N, 3) of atoms with these atomic numbers (N,)."""
    return _COLOUR_OF[numbers]


def species_colour(species: int) -> tuple[int, int, int]:
    """Red, green and blue of the particles of one material, by its place in the specimen."""
    return SPECIES_COLOURS[species % len(SPECIES_COLOURS)]
