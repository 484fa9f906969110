"""Settings of the labels: which are stored, and the definitions behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from sim.core.settings import About, Printable, Quantity, Settings

#: Settings about atoms, and about spherical particles; all others suit any specimen.
OF_ATOMS = (
    "atoms",
    "columns",
    "column_tolerance",
    "resolution_factor",
    "mask_radius",
    "grain_map",
    "domain_map",
    "defect_traces",
    "composition_map",
    "elements",
    "thickness_blur",
    "objects",
    "phase_mask",
    "phase_threshold",
    "phase_blur",
    "phase_blurs",
    "exit_wave",
)
OF_PARTICLES = ("particles", "semantic_map", "contact_map", "material_maps")
_ONLY_OF: Mapping[str, tuple[str, ...]] = {"atoms": OF_ATOMS, "particles": OF_PARTICLES}
#: Label images by their switch, where one makes several.
IMAGES_OF: Mapping[str, tuple[str, ...]] = {
    "thickness_map": ("thickness_particles", "thickness_total"),
    "material_maps": ("thickness_first", "thickness_second"),
}


def applies(name: str, yields: str) -> bool:
    """Whether a setting means anything for a specimen of ``atoms`` or of ``particles``."""
    return all(name not in names for known, names in _ONLY_OF.items() if known != yields)


_SERIES = (
    "L. Rangel DaCosta, K. Oill, M. C. Scott, Strategies for effective transfer learning for HRTEM analysis "
    "with neural networks, Elemental Microscopy EM000010, section Simulated dataset generation"
)


class ClassBlur(Settings):
    """The phase mask's blur in some classes."""

    word: Annotated[
        str,
        Printable(60),
        About("A word of the class's name, between underscores: a material or variant such as Fe."),
    ] = "C"
    blur: Annotated[
        float,
        Quantity("Å", low=0.0, high=20.0, step=0.1, symbol="σ", about="Blur in the classes of that word."),
    ] = 1.0


class LabelSettings(Settings):
    """Which truth is stored beside every image, and how it is defined."""

    particle_mask: Annotated[
        bool,
        About(
            "Store the geometric mask of the particles: the union of discs around the projected atoms, "
            "half the bond length in radius, or of spherical particles themselves."
        ),
    ] = True
    visible_mask: Annotated[
        bool,
        About(
            "Store the mask of visible intensity: where the noise-free image exceeds a fraction of its "
            "maximum."
        ),
    ] = False
    visible_fraction: Annotated[
        float,
        Quantity(
            low=0.0,
            high=1.0,
            step=0.01,
            about="Pixels brighter than this fraction of the noise-free image's maximum are visible.",
        ),
    ] = 0.1
    atoms: Annotated[
        bool,
        About("Store every atom's projected position, height, element and column.", label="Atom table"),
    ] = True
    columns: Annotated[
        bool,
        About(
            "Store the atomic columns: position, number of atoms, and whether the image resolves them.",
            label="Column table",
        ),
    ] = True
    column_tolerance: Annotated[
        float,
        Quantity(
            "Å",
            low=0.01,
            high=2.0,
            step=0.05,
            about="Atoms form one column when each lies within this distance of their projected mean.",
            advanced=True,
        ),
    ] = 0.5
    resolution_factor: Annotated[
        float,
        Quantity(
            low=0.1,
            high=10.0,
            step=0.05,
            about=(
                "A column counts as resolved when the nearest other column is farther away than this many σ; "
                "2.35 σ is the full width at half maximum of a spot."
            ),
            advanced=True,
        ),
    ] = 2.35

    mask_radius: Annotated[
        float,
        Quantity(
            low=0.1,
            high=3.0,
            step=0.05,
            about=(
                "Radius of an atom's disc in masks and maps, in bond lengths: 0.5 makes neighbours touch, "
                "more closes the gaps between the columns of a crystal."
            ),
            advanced=True,
        ),
    ] = 0.5
    instance_map: Annotated[
        bool,
        About(
            "Store which particle is seen at every pixel: of several one behind the other the one that lies "
            "nearest to the source there; 0 where there is none."
        ),
    ] = False
    overlap_map: Annotated[
        bool, About("Store how many particles lie one behind the other at every pixel.")
    ] = False
    grain_map: Annotated[
        bool, About("Store which grain of the particles is seen at every pixel, counted through the scene.")
    ] = False
    domain_map: Annotated[
        bool,
        About(
            "Store the twin domain that is seen at every pixel: one more than the number of defect planes "
            "below it in its particle; 0 where there is no particle."
        ),
    ] = False
    defect_traces: Annotated[
        bool,
        About(
            "Store where twin planes, stacking faults and grain boundaries appear: the discs of the atoms "
            "beside the plane, by its kind."
        ),
    ] = False
    thickness_map: Annotated[
        bool,
        About("Store the projected thickness of the particles and of all matter, Å, in two maps."),
    ] = False
    composition_map: Annotated[
        bool, About("Store the projected thickness that belongs to each element, Å, in one map an element.")
    ] = False
    elements: Annotated[
        tuple[Annotated[int, Quantity(low=1, high=118, step=1, about="Atomic number.")], ...],
        About("Elements of the composition maps; none: all that the recipe can have.", advanced=True),
    ] = ()
    thickness_blur: Annotated[
        float,
        Quantity(
            "Å",
            low=0.1,
            high=50.0,
            step=0.1,
            symbol="σ",
            about="Width of the Gaussian that spreads an atom's volume in thickness and composition maps.",
            advanced=True,
        ),
    ] = 1.5
    objects: Annotated[
        bool,
        About(
            "Store a table of a scene's objects (place, atoms, outline) and one of its defect planes.",
            label="Object table",
        ),
    ] = False

    particles: Annotated[
        bool,
        About(
            "Store the tables of spherical particles (place, radius, material, contacts), of their contacts, "
            "and of their pure clusters.",
            label="Particle tables",
        ),
    ] = True
    semantic_map: Annotated[
        bool,
        About(
            "Store which material lies at every pixel: 0 none, 1 the first, 2 the second, 3 both, one behind "
            "the other."
        ),
    ] = False
    contact_map: Annotated[
        bool,
        About(
            "Store where particles touch: small discs, 1 for a contact within one material, 2 between "
            "different ones."
        ),
    ] = False
    material_maps: Annotated[
        bool, About("Store the projected thickness of each material, Å, in two maps.")
    ] = False

    phase_mask: Annotated[
        bool,
        About(
            "Store the mask of the particles by the phase of their exit wave: where it differs from vacuum "
            "by more than the threshold. The particles are imaged alone for it, so it is the same in all "
            "images of one structure; high-resolution TEM only. It is smaller than the particle: thin rims "
            "turn the phase too little.",
            _SERIES,
        ),
    ] = False
    phase_threshold: Annotated[
        float,
        Quantity(
            "rad",
            low=0.0,
            high=3.14,
            above=True,
            step=0.01,
            about="Phase, in either direction, from which on a pixel belongs to a particle; π/16 = 0.196.",
            reference=_SERIES,
        ),
    ] = 0.19634954084936207
    phase_blur: Annotated[
        float,
        Quantity(
            "Å",
            low=0.0,
            high=20.0,
            step=0.1,
            symbol="σ",
            about=(
                "Standard deviation of the Gaussian that smooths the phase mask, which is then cut at one "
                "half; 1 Å for C, Fe and Co3O4, 1.6 Å for the other materials of the series."
            ),
            reference=_SERIES,
        ),
    ] = 1.6
    phase_blurs: Annotated[
        tuple[ClassBlur, ...],
        About("Classes whose phase mask has a blur of its own.", _SERIES, advanced=True),
    ] = ()
    exit_wave: Annotated[
        bool,
        About(
            "Store phase and amplitude of the exit wave, averaged over the snapshots of the moving atoms; "
            "high-resolution TEM only."
        ),
    ] = False

    def blur_of(self, class_name: str) -> float:
        """Blur of the phase mask in a class, Å."""
        words = class_name.split("_")
        return next((entry.blur for entry in self.phase_blurs if entry.word in words), self.phase_blur)

    def chosen(self) -> tuple[str, ...]:
        """The labels that are switched on and are not by default."""
        return tuple(
            name
            for name, info in type(self).model_fields.items()
            if info.default is False and getattr(self, name)
        )

    def bytes_per_pixel(self) -> int:
        """Bytes that the label images take for every pixel, before compression."""
        wide = {"instance_map": 2, "grain_map": 2}
        return sum(
            4 if name.startswith(("thickness_", "composition_")) else wide.get(name, 1)
            for name in self.image_names()
        )

    def image_names(self) -> tuple[str, ...]:
        """Names of the label images that are stored."""
        switches = (
            "particle_mask",
            "visible_mask",
            "phase_mask",
            "instance_map",
            "overlap_map",
            "grain_map",
            "domain_map",
            "defect_traces",
            "semantic_map",
            "contact_map",
        )
        names = [name for name in switches if getattr(self, name)]
        names += [name for switch, made in IMAGES_OF.items() if getattr(self, switch) for name in made]
        if self.composition_map:
            names += [f"composition_{number}" for number in self.elements]
        return tuple(names)
