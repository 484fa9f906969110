"""Properties of metals that scenes need: surface energies.

Tier A.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Miller = tuple[int, int, int]

#: Surface energies, J/m², calculated (full charge density, GGA): L. Vitos, A. V. Ruban, H. L. Skriver,
#: J. Kollár, Surf. Sci. 411, 186 (1998), as commonly quoted from it; not compared with its pages.
SURFACE_ENERGIES: Mapping[str, tuple[tuple[Miller, float], ...]] = MappingProxyType(
    {
        "Au": (((1, 1, 1), 1.283), ((1, 0, 0), 1.627), ((1, 1, 0), 1.700)),
        "Ag": (((1, 1, 1), 1.172), ((1, 0, 0), 1.200), ((1, 1, 0), 1.238)),
        "Cu": (((1, 1, 1), 1.952), ((1, 0, 0), 2.166), ((1, 1, 0), 2.237)),
        "Pt": (((1, 1, 1), 2.299), ((1, 0, 0), 2.734), ((1, 1, 0), 2.819)),
        "Pd": (((1, 1, 1), 1.920), ((1, 0, 0), 2.326), ((1, 1, 0), 2.225)),
        "Ni": (((1, 1, 1), 2.011), ((1, 0, 0), 2.426), ((1, 1, 0), 2.368)),
        "Al": (((1, 1, 1), 1.199), ((1, 0, 0), 1.347), ((1, 1, 0), 1.271)),
        "Ir": (((1, 1, 1), 2.971), ((1, 0, 0), 3.722), ((1, 1, 0), 3.606)),
        "Pb": (((1, 1, 1), 0.321), ((1, 0, 0), 0.377), ((1, 1, 0), 0.445)),
        "Fe": (((1, 1, 0), 2.430), ((1, 0, 0), 2.222), ((2, 1, 1), 2.589), ((1, 1, 1), 2.733)),
        "W": (((1, 1, 0), 4.005), ((1, 0, 0), 4.635), ((2, 1, 1), 4.177), ((1, 1, 1), 4.452)),
    }
)
