"""Settings of specimens made of atoms, and of their pose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import model_validator

from sim.core.errors import InputError, nearest
from sim.core.settings import About, Quantity, Settings

if TYPE_CHECKING:
    from sim.core.types import FloatArray

Geometry = Literal["icosahedron", "cuboctahedron", "decahedron", "garzon"]
Form = Literal["ideal", "relaxed"]
FileFormat = Literal["", "xyz", "extxyz", "prismatic", "cif", "pdb", "poscar", "lammps", "snapshot"]

_SHA256 = re.compile(r"[0-9a-f]{64}|")
#: Longest name of a structure, class or id.
LONGEST_NAME = 200

Sha256 = Annotated[
    str, About("Hash that the structure must have; filled in by planning, empty when any structure will do.")
]


class ClusterSpecimen(Settings):
    """One of the gold clusters of 55 atoms that come with the program."""

    kind: Literal["cluster"] = "cluster"
    geometry: Annotated[
        Geometry,
        About(
            "Arrangement of the 55 atoms: icosahedron, cuboctahedron (a cut of the fcc crystal), decahedron "
            "(Ino's), or a disordered one of the kind that Garzón and co-workers described.",
            "I. L. Garzón et al., Phys. Rev. Lett. 81, 1600 (1998), for the disordered structure.",
        ),
    ] = "icosahedron"
    form: Annotated[
        Form,
        About(
            "Ideal: bonds as in the gold crystal (a = 4.078 Å), as far as the shape allows. Relaxed: at rest "
            "in the Gupta potential, with shorter bonds. Use one form for all classes, or bond length alone "
            "tells them apart.",
            "F. Cleri and V. Rosato, Phys. Rev. B 48, 22 (1993).",
        ),
    ] = "relaxed"
    sha256: Sha256 = ""

    @model_validator(mode="after")
    def _exists(self) -> Self:
        _check_sha256("specimen.sha256", self.sha256)
        if self.geometry == "garzon" and self.form == "ideal":
            raise InputError(
                "specimen.form",
                "the disordered cluster has no ideal form",
                value=self.form,
                allowed="relaxed",
                remedy="set it to relaxed or choose another geometry",
            )
        return self

    def chosen_names(self) -> tuple[str, str, str]:
        """(class name, structure id, geometry)."""
        return self.geometry, "Au55", self.geometry


class StructureFile(Settings):
    """One structure file of a recipe."""

    name: Annotated[str, About("Its name in the recipe and the dataset, no two alike.")]
    path: Annotated[str, About("The file; a relative path starts from the recipe's folder.")] = ""
    format: Annotated[
        FileFormat,
        About("Format of the file; empty: as its name says. A snapshot is a file of a dataset's structures."),
    ] = ""
    structure_id: Annotated[str, About("Structure id in the manifest; empty: the name.")] = ""
    geometry: Annotated[str, About("Geometry (class) in the manifest; empty: the name.")] = ""
    sha256: Sha256 = ""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        for field in ("name", "structure_id", "geometry"):
            text = getattr(self, field)
            if len(text) > LONGEST_NAME or not text.isprintable() or text != text.strip():
                raise InputError(
                    f"specimen.files.{field}",
                    "is too long or has unprintable characters",
                    value=text,
                    allowed=f"up to {LONGEST_NAME} printable characters",
                    remedy="shorten it",
                )
        if not self.name:
            raise InputError("specimen.files.name", "is empty", remedy="give the structure a name")
        _check_sha256("specimen.files.sha256", self.sha256)
        return self


class FileSpecimen(Settings):
    """Atoms from structure files."""

    kind: Literal["file"] = "file"
    structure: Annotated[
        str, About("Name of the file to image; left out: the first. Vary it to go through all files.")
    ] = ""
    files: Annotated[
        tuple[StructureFile, ...],
        About("The structure files, each with a unique name.", label="Structure files"),
    ] = ()

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        names = [entry.name for entry in self.files]
        if not names:
            raise InputError("specimen.files", "is empty", remedy="list at least one structure file")
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise InputError(
                    "specimen.files", "two files have one name", value=name, remedy="rename one of them"
                )
            seen.add(name)
        if self.structure and self.structure not in seen:
            shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
            raise InputError(
                "specimen.structure",
                "no file of the recipe has this name",
                value=self.structure,
                allowed=shown,
                remedy=nearest(self.structure, names) or "list it under specimen.files",
            )
        return self

    def chosen(self) -> StructureFile:
        """The entry that ``structure`` names; the first where it names none."""
        return next(entry for entry in self.files if self.structure in ("", entry.name))

    def chosen_names(self) -> tuple[str, str, str]:
        """(class name, structure id, geometry)."""
        entry = self.chosen()
        return entry.name, entry.structure_id or entry.name, entry.geometry or entry.name


#: What tells the kinds of pose apart, described as the pose itself.
POSE = About("How the specimen lies under the beam.", label="Orientation")
ShiftX = Annotated[
    float,
    Quantity(
        "Å",
        low=-10_000.0,
        high=10_000.0,
        step=0.1,
        symbol="x",
        about="Shift of the centroid to the right in the image.",
    ),
]
ShiftY = Annotated[
    float,
    Quantity(
        "Å",
        low=-10_000.0,
        high=10_000.0,
        step=0.1,
        symbol="y",
        about="Shift of the centroid upwards in the image.",
    ),
]


class RandomPose(Settings):
    """A random orientation, all orientations equally likely, new for every replicate."""

    kind: Annotated[Literal["random"], POSE] = "random"
    shift_x: ShiftX = 0.0
    shift_y: ShiftY = 0.0

    def quaternion(self, orientation_seed: int, cell: FloatArray | None = None) -> FloatArray:
        """(w, x, y, z), active, specimen → laboratory."""
        from sim.specimen.pose import random_pose

        del cell
        return random_pose(orientation_seed)


class EulerPose(Settings):
    """A fixed orientation by Euler angles, intrinsic ZXZ (Bunge), specimen to laboratory."""

    kind: Annotated[Literal["euler"], POSE] = "euler"
    phi1: Annotated[
        float,
        Quantity(
            "°",
            low=-360.0,
            high=360.0,
            step=1.0,
            symbol="φ₁",
            about="First angle, about z: the last turn seen along the beam, in the image plane.",
            reference="H.-J. Bunge, Texture Analysis in Materials Science (1982).",
            label="Angle φ₁",
        ),
    ] = 0.0
    Phi: Annotated[
        float,
        Quantity(
            "°",
            low=-360.0,
            high=360.0,
            step=1.0,
            symbol="Φ",
            about="Second angle, about the new x axis: the tilt against the beam.",
            label="Angle Φ",
        ),
    ] = 0.0
    phi2: Annotated[
        float,
        Quantity(
            "°",
            low=-360.0,
            high=360.0,
            step=1.0,
            symbol="φ₂",
            about="Third angle, about the specimen's own z axis.",
            label="Angle φ₂",
        ),
    ] = 0.0
    shift_x: ShiftX = 0.0
    shift_y: ShiftY = 0.0

    def quaternion(self, orientation_seed: int = 0, cell: FloatArray | None = None) -> FloatArray:
        """(w, x, y, z), active, specimen → laboratory."""
        from sim.specimen.pose import euler_pose

        del orientation_seed, cell
        return euler_pose(self.phi1, self.Phi, self.phi2)


_INDEX_LIMITS: dict[str, Any] = {"low": -100.0, "high": 100.0, "step": 1.0}


class ZoneAxisPose(Settings):
    """A fixed orientation with a crystal direction [uvw] along the beam, pointing to the electron source."""

    kind: Annotated[Literal["zone_axis"], POSE] = "zone_axis"
    u: Annotated[
        float,
        Quantity(
            **_INDEX_LIMITS,
            symbol="u",
            about="Part of the zone axis along the cell's vector a (x without a cell).",
            label="Zone axis u",
        ),
    ] = 0.0
    v: Annotated[
        float,
        Quantity(
            **_INDEX_LIMITS,
            symbol="v",
            about="Part of the zone axis along the cell's vector b (y without a cell).",
            label="Zone axis v",
        ),
    ] = 0.0
    w: Annotated[
        float,
        Quantity(
            **_INDEX_LIMITS,
            symbol="w",
            about="Part of the zone axis along the cell's vector c (z without a cell).",
            label="Zone axis w",
        ),
    ] = 1.0
    in_plane: Annotated[
        float,
        Quantity(
            "°",
            low=-360.0,
            high=360.0,
            step=1.0,
            about="Turn about the beam afterwards, counter-clockwise in the image.",
            label="Turn in the plane",
        ),
    ] = 0.0
    shift_x: ShiftX = 0.0
    shift_y: ShiftY = 0.0

    @model_validator(mode="after")
    def _has_direction(self) -> Self:
        if not (self.u or self.v or self.w):
            raise InputError(
                "pose", "the zone axis [0 0 0] is no direction", remedy="give at least one of u, v, w"
            )
        return self

    def quaternion(self, orientation_seed: int = 0, cell: FloatArray | None = None) -> FloatArray:
        """(w, x, y, z), active, specimen → laboratory; [uvw] in the structure's cell where it has one."""
        from sim.specimen.pose import zone_axis_pose

        del orientation_seed
        return zone_axis_pose((self.u, self.v, self.w), self.in_plane, cell)


def _check_sha256(parameter: str, text: str) -> None:
    if not _SHA256.fullmatch(text):
        raise InputError(
            parameter,
            "is no SHA-256",
            value=text,
            allowed="64 hexadecimal digits in lower case, or empty",
            remedy="remove it",
        )
