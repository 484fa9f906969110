"""Crystals that come with the program.

Tier A.  Lattice constants at room temperature, in Å.  The comments name the publications the values are
commonly quoted from; the values were compared with ase's tables, handbook densities and bond lengths,
not with the pages of those publications.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np

from sim.core.errors import InputError, nearest
from sim.specimen.crystal import structure_types as types
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.properties import SURFACE_ENERGIES

__all__ = ["BUILTIN", "SHEETS", "SURFACE_ENERGIES", "builtin"]

_B, _C, _N, _O, _NA, _MG, _AL, _SI, _P, _S, _CL, _TI = 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 22
_FE, _CO, _NI, _CU, _ZN, _GA, _AS, _SE, _SR, _ZR, _MO = 26, 27, 28, 29, 30, 31, 33, 34, 38, 40, 42
_GE, _RU, _RH, _SN = 32, 44, 45, 50
_PD, _AG, _CD, _IN, _TE, _CE, _W, _IR, _PT, _AU, _PB = 46, 47, 48, 49, 52, 58, 74, 77, 78, 79, 82


def _published_series() -> Iterable[Crystal]:
    """The nine structures of the HRTEM dataset series, with its lattice constants."""
    # u: E. H. Kisi, M. M. Elcombe, Acta Cryst. C45, 1867 (1989), whose a and c these are.
    yield types.wurtzite("ZnS", _ZN, _S, 3.8227, 6.2607, 0.3748)
    # u: the ideal value.
    yield types.wurtzite("CdSe", _CD, _SE, 4.2985, 7.0152, 0.375)
    yield types.fcc("Cu", _CU, 3.6157)
    # Gold's value, as published; silver's own is Ag_4.086.
    yield types.fcc("Ag", _AG, 4.0782)
    yield types.diamond("C", _C, 3.5673)
    yield types.diamond("Si", _SI, 5.430)
    # Oxygen parameters: values in general use, without a source of their own.
    yield types.spinel("Fe3O4", _FE, _FE, _O, 8.394, 0.2549)
    yield types.spinel("Co3O4", _CO, _CO, _O, 8.065, 0.263)
    yield types.bcc("Fe", _FE, 2.866)


def _metals() -> Iterable[Crystal]:
    """R. W. G. Wyckoff, Crystal Structures 1 (1963), unless stated."""
    yield types.fcc("Ag_4.086", _AG, 4.086)
    # Wyckoff 4.0786; this is the value of the published series' gold.
    yield types.fcc("Au", _AU, 4.0782)
    yield types.fcc("Pt", _PT, 3.9239)
    yield types.fcc("Pd", _PD, 3.8907)
    yield types.fcc("Al", _AL, 4.0496)
    yield types.fcc("Ni", _NI, 3.5239)
    yield types.fcc("Ir", _IR, 3.8394)
    yield types.fcc("Pb", _PB, 4.9505)
    yield types.bcc("W", _W, 3.1650)
    yield types.hcp("Ti", _TI, 2.9506, 4.6788)
    yield types.hcp("Zn", _ZN, 2.6649, 4.9468)
    yield types.fcc("Rh", _RH, 3.8031)
    yield types.bcc("Mo", _MO, 3.1473)
    yield types.hcp("Co", _CO, 2.507, 4.069)
    yield types.hcp("Ru", _RU, 2.7039, 4.2817)
    # W. B. Pearson, Handbook of Lattice Spacings and Structures of Metals (1958).
    yield types.ordered_l10("CuAu_L10", _CU, _AU, 3.966, 3.673)
    yield types.ordered_l12("Cu3Au_L12", _CU, _AU, 3.747)
    # Value in general use for the ordered alloy, without a source of its own.
    yield types.ordered_l10("FePt_L10", _FE, _PT, 3.852, 3.713)


def _semiconductors() -> Iterable[Crystal]:
    # Wyckoff (1963).
    yield types.diamond("Ge", _GE, 5.6574)
    # I. Vurgaftman, J. R. Meyer, L. R. Ram-Mohan, J. Appl. Phys. 89, 5815 (2001), 300 K.
    yield types.zincblende("GaAs", _GA, _AS, 5.65325)
    yield types.zincblende("InP", _IN, _P, 5.8697)
    # Kisi and Elcombe (1989), as ZnS above.
    yield types.wurtzite("ZnO", _ZN, _O, 3.2501, 5.2071, 0.3817)
    # A. W. Stevenson, M. Milanko, Z. Barnea, Acta Cryst. B40, 521 (1984).
    yield types.wurtzite("CdS", _CD, _S, 4.137, 6.7144, 0.37715)
    # Wyckoff (1963).
    yield types.zincblende("CdTe", _CD, _TE, 6.480)
    yield types.rocksalt("PbS", _PB, _S, 5.9362)


def _oxides_and_salts() -> Iterable[Crystal]:
    # Wyckoff (1963).
    yield types.rocksalt("NaCl", _NA, _CL, 5.6402)
    yield types.rocksalt("MgO", _MG, _O, 4.2112)
    yield types.rocksalt("NiO", _NI, _O, 4.1684)
    yield types.rocksalt("CoO", _CO, _O, 4.2667)
    yield types.rutile("SnO2", _SN, _O, 4.7373, 3.1864, 0.307)
    yield types.fluorite("CeO2", _CE, _O, 5.4110)
    yield types.perovskite("SrTiO3", _SR, _TI, _O, 3.9051)
    # C. J. Howard, T. M. Sabine, F. Dickson, Acta Cryst. B47, 462 (1991).
    yield types.rutile("TiO2_rutile", _TI, _O, 4.5937, 2.9587, 0.3048)
    yield types.anatase("TiO2_anatase", _TI, _O, 3.7845, 9.5143, 0.2081)
    # R. E. Newnham, Y. M. de Haan, Z. Kristallogr. 117, 235 (1962).
    yield types.corundum("Al2O3", _AL, _O, 4.7589, 12.991, 0.3522, 0.3064)
    # R. L. Blake et al., Am. Mineral. 51, 123 (1966).
    yield types.corundum("Fe2O3", _FE, _O, 5.038, 13.772, 0.3553, 0.3059)
    yield types.monoclinic_14(
        "WO3", types.monoclinic(7.306, 7.540, 7.692, 90.881), _TUNGSTEN_TRIOXIDE, diagonal=True
    )
    yield types.monoclinic_14(
        "ZrO2", types.monoclinic(5.1505, 5.2116, 5.3173, 99.230), _ZIRCONIA, diagonal=False
    )


#: Monoclinic WO3 (room temperature, γ).  B. O. Loopstra, H. M. Rietveld, Acta Cryst. B25, 1420 (1969).
_TUNGSTEN_TRIOXIDE: tuple[tuple[int, tuple[types.Point, ...]], ...] = (
    (_W, ((0.2528, 0.0260, 0.2855), (0.2497, 0.0344, 0.7806))),
    (
        _O,
        (
            (0.0003, 0.0337, 0.2122),
            (0.9988, 0.4632, 0.2159),
            (0.2840, 0.2605, 0.2852),
            (0.2080, 0.2588, 0.7332),
            (0.2856, 0.0410, 0.0042),
            (0.2841, 0.4844, 0.9944),
        ),
    ),
)
#: Monoclinic ZrO2.  C. J. Howard, R. J. Hill, B. E. Reichert, Acta Cryst. B44, 116 (1988).
_ZIRCONIA: tuple[tuple[int, tuple[types.Point, ...]], ...] = (
    (_ZR, ((0.2754, 0.0395, 0.2083),)),
    (_O, ((0.0700, 0.3317, 0.3447), (0.4496, 0.7569, 0.4792))),
)


def _layered() -> Iterable[Crystal]:
    for name, (metal, other, a, c, z) in _PRISMATIC.items():
        yield types.trigonal_prismatic(f"{name}_2H" if name == "MoS2" else name, metal, other, a, c, z)
    yield types.graphite("graphite", _C, *_GRAPHITE)
    yield types.boron_nitride("hBN", _B, _N, *_BORON_NITRIDE)


#: a and c.  P. Trucano, R. Chen, Nature 258, 136 (1975).
_GRAPHITE = (2.464, 6.711)
#: a and c.  R. S. Pease, Acta Cryst. 5, 356 (1952).
_BORON_NITRIDE = (2.50399, 6.6612)
#: Metal, other element, a, c and z.  Molybdenum: K. D. Bronsema, J. L. de Boer, F. Jellinek, Z. anorg.
#: allg. Chem. 540, 15 (1986); tungsten: W. J. Schutte, J. L. de Boer, F. Jellinek, J. Solid State
#: Chem. 70, 207 (1987).
_PRISMATIC = {
    "MoS2": (_MO, _S, 3.1602, 12.294, 0.621),
    "WS2": (_W, _S, 3.1532, 12.323, 0.6225),
    "WSe2": (_W, _SE, 3.282, 12.96, 0.6211),
    "MoSe2": (_MO, _SE, 3.289, 12.927, 0.621),
}


def _layers() -> Iterable[Crystal]:
    yield types.honeycomb("graphene", _C, _C, _GRAPHITE[0], 0.5 * _GRAPHITE[1])
    yield types.honeycomb("hBN", _B, _N, _BORON_NITRIDE[0], 0.5 * _BORON_NITRIDE[1])
    for name, (metal, other, a, c, z) in _PRISMATIC.items():
        yield types.prismatic_layer(name, metal, other, a, c, z)


def _named(*groups: Iterable[Crystal]) -> Mapping[str, Crystal]:
    return MappingProxyType({crystal.name: crystal for group in groups for crystal in group})


#: Crystals by name.
BUILTIN: Mapping[str, Crystal] = _named(
    _published_series(), _metals(), _semiconductors(), _oxides_and_salts(), _layered()
)

#: Single layers by name: c is the spacing of the layers in the bulk, the layer's middle is at height 0.
SHEETS: Mapping[str, Crystal] = _named(_layers())


def builtin(name: str, scale: float = 1.0) -> Crystal:
    """A crystal that comes with the program.

    Parameters
    ----------
    name
        Its name in :data:`BUILTIN`.
    scale
        Factor on all lattice constants.

    Raises
    ------
    InputError
        When there is none of that name, or the factor is not positive.
    """
    found = BUILTIN.get(name)
    if found is None:
        raise InputError(
            "name",
            "is no built-in crystal",
            value=name,
            allowed=", ".join(BUILTIN),
            remedy=nearest(name, BUILTIN),
        )
    if not 0.0 < scale < float("inf"):
        raise InputError("scale", "is not a positive number", value=scale)
    if scale == 1.0:
        return found
    return Crystal(found.name, np.multiply(found.cell, scale), found.numbers, found.fractional)
