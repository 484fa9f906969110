"""From the settings of volumes and crystals to shapes and crystals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from sim.core.errors import InputError, nearest
from sim.core.types import Structure
from sim.numerics.motion import Motion
from sim.physics.elements import SYMBOLS, number_of
from sim.specimen.crystal.explicit import from_parameters, from_spacegroup, from_structure
from sim.specimen.crystal.lattice import Crystal
from sim.specimen.crystal.properties import SURFACE_ENERGIES
from sim.specimen.crystal.table import builtin
from sim.specimen.particles.wulff import winterbottom, wulff
from sim.specimen.scene.crystals import (
    OF_SCENE,
    BuiltinCrystal,
    CrystalSettings,
    FileCrystal,
    SpacegroupCrystal,
)
from sim.specimen.scene.naming import named
from sim.specimen.scene.volumes import (
    BoxVolume,
    CapsuleVolume,
    CompoundVolume,
    ConeVolume,
    CylinderVolume,
    EllipsoidVolume,
    FacetsVolume,
    HalfSpaceVolume,
    HullVolume,
    SphereVolume,
    VolumeSettings,
    WulffVolume,
)
from sim.specimen.shapes.base import Shape
from sim.specimen.shapes.combined import Difference, Intersection, Union
from sim.specimen.shapes.plain import Box, Capsule, Cone, Cylinder, Ellipsoid, HalfSpace, Sphere
from sim.specimen.shapes.polyhedron import Polyhedron


def element(symbol: str, parameter: str) -> int:
    """Atomic number of a chemical symbol."""
    number = number_of(symbol)
    if number is None:
        raise InputError(
            parameter,
            "is no chemical element",
            value=symbol,
            remedy=nearest(symbol, SYMBOLS) or "use a symbol such as Au",
        )
    return number


def crystal_of(
    settings: CrystalSettings,
    material: str,
    structure: Callable[[], Structure],
    parameter: str = "crystal",
) -> Crystal:
    """The crystal that settings describe.

    Parameters
    ----------
    settings
        Any kind of crystal.
    material
        The scene's own material, for those that take it.
    structure
        Gives the atoms of a file crystal; not called for others.
    parameter
        Dotted path for error messages.
    """
    with named(parameter):
        if isinstance(settings, BuiltinCrystal):
            name = material if settings.name == OF_SCENE else settings.name
            return builtin(name, settings.scale)
        if isinstance(settings, FileCrystal):
            return from_structure("file", structure())
        places = [[atom.x, atom.y, atom.z] for atom in settings.basis]
        lengths = (settings.a, settings.b, settings.c, settings.alpha, settings.beta, settings.gamma)
        numbers = [element(atom.element, "basis") for atom in settings.basis]
        if isinstance(settings, SpacegroupCrystal):
            symbols = [atom.element for atom in settings.basis]
            return from_spacegroup(settings.group, settings.setting, lengths, symbols, places)
        return from_parameters("cell", *lengths, numbers, places)


def shape_of(settings: VolumeSettings, crystal: Crystal | None = None, parameter: str = "volume") -> Shape:
    """The shape that settings describe, in the node's own frame.

    Parameters
    ----------
    settings
        Any kind of volume.
    crystal
        Gives Miller indices their meaning; only faceted volumes need one.
    parameter
        Dotted path for error messages.
    """
    with named(parameter, _NAMES):
        if isinstance(settings, (FacetsVolume, WulffVolume)):
            if crystal is None:
                raise InputError(
                    "kind", "needs a crystal", value=settings.kind, remedy="choose a volume without indices"
                )
            return (
                _facets(settings, crystal)
                if isinstance(settings, FacetsVolume)
                else _wulff(settings, crystal)
            )
        if isinstance(settings, CompoundVolume):
            return _compound(settings, crystal, parameter)
        return _PLAIN[type(settings)](settings)


#: What geometry calls the lists of a volume.
_NAMES = MappingProxyType({"points": "corners", "planes": "facets", "indices": "facets"})
_PLAIN: Mapping[type, Callable[[Any], Shape]] = {
    SphereVolume: lambda own: Sphere(own.radius),
    EllipsoidVolume: lambda own: Ellipsoid((own.semi_x, own.semi_y, own.semi_z)),
    BoxVolume: lambda own: Box((own.size_x, own.size_y, own.size_z)),
    CylinderVolume: lambda own: Cylinder(own.radius, own.height),
    ConeVolume: lambda own: Cone(own.radius, own.top_radius, own.height),
    CapsuleVolume: lambda own: Capsule(own.radius, own.height),
    HalfSpaceVolume: lambda own: HalfSpace((own.normal_x, own.normal_y, own.normal_z), own.height),
    HullVolume: lambda own: Polyhedron.from_points(
        np.array([[corner.x, corner.y, corner.z] for corner in own.corners]).reshape(-1, 3)
    ),
}


def _facets(settings: FacetsVolume, crystal: Crystal) -> Shape:
    # Whole forms first, so that an order of the list that means nothing changes nothing.
    facets = sorted(settings.facets, key=lambda facet: not facet.family)
    planes = [((facet.h, facet.k, facet.l), facet.distance) for facet in facets]
    return Polyhedron.from_miller(crystal, planes, family=[facet.family for facet in facets])


def _wulff(settings: WulffVolume, crystal: Crystal) -> Shape:
    energies = [((entry.h, entry.k, entry.l), entry.energy) for entry in settings.energies]
    if not energies:
        known = SURFACE_ENERGIES.get(crystal.name.partition("_")[0])
        if known is None:
            raise InputError(
                "energies",
                f"are not known for {crystal.name}",
                allowed=", ".join(SURFACE_ENERGIES),
                remedy="list the surface energies",
            )
        energies = [((float(h), float(k), float(l)), energy) for (h, k, l), energy in known]  # noqa: E741
    if not settings.supported:
        return wulff(crystal, energies, radius=settings.radius)
    interface = (settings.interface_h, settings.interface_k, settings.interface_l)
    return winterbottom(
        crystal, energies, interface, interface_energy=settings.interface_energy, radius=settings.radius
    ).shape


def _compound(settings: CompoundVolume, crystal: Crystal | None, parameter: str) -> Shape:
    parts = [
        shape_of(part.volume, crystal, f"{parameter}.parts.{part.name}").moved(
            Motion.translation((part.x, part.y, part.z))
        )
        for part in settings.parts
    ]
    if not parts:
        raise InputError("parts", "is empty", remedy="add a part")
    if settings.operation == "union":
        return Union(parts)
    if settings.operation == "intersection":
        return Intersection(parts)
    if len(parts) == 1:
        return parts[0]
    return Difference(parts[0], parts[1] if len(parts) == 2 else Union(parts[1:]))


def bounded(shape: Shape, parameter: str) -> Shape:
    """The shape, refused where it has no end."""
    if not bool(np.all(np.isfinite(shape.bounds()))):
        raise InputError(
            parameter, "has no end", remedy="bound it: intersect it with a box in a compound volume"
        )
    return shape
