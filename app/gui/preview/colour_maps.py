"""Colour maps: tables of 256 colours by name, from a few anchor colours each.  No Qt.

The maps that are not grey: matplotlib's viridis and inferno (CC0) at 33 anchors, which are never off by more
than 2 of 255, the 32 colours of ImageJ's fire, the three ramps of MATLAB's hot, and a circle of colours for
phases.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InputError, nearest

ColourTable = NDArray[np.uint8]

GREY = "grey"

_ANCHORS: dict[str, str] = {
    GREY: "000000 ffffff",
    "grey inverted": "ffffff 000000",
    "viridis": (
        "440154 470d60 48186a 482374 472d7b 453781 424086 3e4989 3b528b 375b8d 33638d 2f6b8e "
        "2c728e 297a8e 26828e 23898e 21918c 1f978b 1f9f88 21a685 27ad81 31b57b 3dbc74 4cc26c "
        "5cc863 6ece58 81d34d 95d840 aadc32 c0df25 d5e21a eae51a fde725"
    ),
    "inferno": (
        "000004 040312 0b0724 150b37 210c4a 2f0a5b 3d0965 4a0c6b 57106e 64156e 71196e 7d1e6d "
        "8a226a 972766 a32c61 b0315b bc3754 c63d4d d04545 da4e3c e35933 eb6429 f1711f f67e14 "
        "f98c0a fb9b06 fcaa0f fbba1f f9c932 f5d949 f2e865 f3f586 fcffa4"
    ),
    "fire": (
        "000000 00003d 010060 190082 3100a5 4900c0 6200dc 7a00e3 9200d2 a200b5 ad0097 b8007a "
        "c3005d cf0e40 d92323 e53905 f04f00 fc6500 ff7500 ff8500 ff9300 ffa100 ffaf00 ffbe00 "
        "ffcd00 ffdb00 ffea00 fff823 ffff62 ffffa0 ffffdf ffffff"
    ),
    "hot": "000000 550000 aa0000 ff0000 ff5500 ffaa00 ffff00 ffff80 ffffff",
    "cyclic": "2b2f77 8c3b7a d0574f f2c879 f4f4e6 8fc5a8 3a8fa3 2f5c93 2b2f77",
}
#: Maps that end with the colour with which they begin, for phases.
CYCLIC = frozenset({"cyclic"})


def names() -> tuple[str, ...]:
    """Names of all colour maps, in the order in which menus list them."""
    return tuple(_ANCHORS)


@cache
def lookup(name: str) -> ColourTable:
    """The colours of a map.

    Parameters
    ----------
    name
        One of :func:`names`.

    Returns
    -------
    (256, 3) uint8, read-only: red, green, blue from the lowest value to the highest.

    Raises
    ------
    InputError
        If there is no such map.
    """
    if name not in _ANCHORS:
        raise InputError(
            "display.colour_map",
            "is no colour map",
            value=name,
            allowed=", ".join(_ANCHORS),
            remedy=nearest(name, _ANCHORS) or "choose one of these",
        )
    words = _ANCHORS[name].split()
    anchors = np.array([list(bytes.fromhex(word)) for word in words], dtype=np.float64)
    places = np.linspace(0.0, 255.0, len(anchors))
    values = [np.interp(np.arange(256.0), places, anchors[:, channel]) for channel in range(3)]
    table = np.floor(np.stack(values, axis=1) + 0.5).astype(np.uint8)
    table.setflags(write=False)
    return table
