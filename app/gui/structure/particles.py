"""How a specimen of particles looks: spheres of own sizes, marks at hetero-contacts, colourings.  No Qt.

Made in the preview's thread: of thousands of particles it takes longer than a frame.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.gui.preview.colour_maps import lookup
from app.gui.structure.colouring import CYCLE, GROUND
from app.gui.structure.details import Coloured, Colours, Details
from app.gui.structure.elements import species_colour
from app.gui.structure.read_out import particle_lines
from app.gui.structure.scene import LineLook, Scene
from sim.core.types import FilmPart, FloatArray, IntArray, Particles
from sim.recipe.kinds import SPECIMENS

#: A mark reaches so far from the contact to both centres, of the particles' radii.
MARK_REACH = 0.4
#: Breadth of the marks, bright edge and dark core, over that of the cell's edges.
MARK_BREADTHS = (3.0, 1.5)
BRIGHT, DARK = (255, 255, 255), (20, 20, 24)
#: Marks lie before the particles that touch: they are lifted by the radius of all but the largest few.
MARK_QUANTILE = 0.95
#: How far a film is drawn beyond the particles, as a share of their extent.
FILM_RIM = 0.1


def scene_of(particles: Particles) -> Scene:
    """Spheres in the colours of their materials, hetero-contacts marked, a box where there is a film."""
    edges, corner = _film_box(particles)
    scene = Scene.of_spheres(
        particles.species,
        particles.centres,
        particles.radii,
        _by_species(particles.species),
        edges,
        corner,
    )
    return replace(scene.outlined(), look=_mark_look(particles.radii))


def details_of(settings: Any, particles: Particles) -> Details:
    """The particles as they are drawn, coloured by whatever the user may ask for.

    Parameters
    ----------
    settings
        The specimen's, as a job holds them.
    particles
        What was built of them.
    """
    from sim.labels.descriptors.groups import pure_clusters

    names = tuple(material.name for material in SPECIMENS[settings.kind].materials(settings))
    count = len(particles)
    contacts, species = particles.contacts, particles.species
    hetero = species[contacts[:, 0]] != species[contacts[:, 1]]
    coordination = np.bincount(contacts.ravel(), minlength=count)
    mixed = np.bincount(contacts[hetero].ravel(), minlength=count)
    cluster = pure_clusters(species, contacts)
    members = np.bincount(cluster, minlength=1)

    def tell(index: int) -> str:
        own, size = int(species[index]), int(members[cluster[index]])
        all_of_it, of_others = int(coordination[index]), int(mixed[index])
        touches = f"{all_of_it} contact{'' if all_of_it == 1 else 's'}, {of_others} of them hetero"
        pure = "alone in its material" if size == 1 else f"in a cluster of {size} {names[own]}"
        return f"{names[own]} · {touches} · {pure}"

    lines = marks(particles)
    return Details(
        scene_of(particles),
        lines=lines,
        line_object=np.zeros(len(lines), dtype=np.int64),
        marked=np.arange(len(lines)) % 2 == 1,
        tell=tell,
        colourings={
            "species": _species_coloured(species, names),
            "coordination": _counted(coordination),
            "hetero": _counted(mixed),
            "size": _sized(particles.radii),
            "cluster": Coloured(np.array(CYCLE, dtype=np.uint8)[cluster % len(CYCLE)]),
        },
    )


def marks(particles: Particles) -> FloatArray:
    """Lines (2 · hetero-contacts, 2, 3), Å: across every hetero-contact one twice, its edge and its core."""
    first, second = particles.contacts[:, 0], particles.contacts[:, 1]
    hetero = particles.species[first] != particles.species[second]
    first, second = first[hetero], second[hetero]
    along = particles.centres[second] - particles.centres[first]
    length = np.sqrt(np.sum(along**2, axis=1))[:, np.newaxis]
    along = along / np.maximum(length, 1e-9)
    r_first, r_second = particles.radii[first, np.newaxis], particles.radii[second, np.newaxis]
    # Where the surfaces meet; of spheres that are sintered, in the plane of the neck.
    place = 0.5 * (length**2 + r_first**2 - r_second**2) / np.maximum(length, 1e-9)
    middle = particles.centres[first] + along * place
    ends = np.stack([middle - along * MARK_REACH * r_first, middle + along * MARK_REACH * r_second], axis=1)
    return np.repeat(ends, 2, axis=0)


def summary(particles: Particles) -> str:
    """``100 particles, 173 contacts``."""
    return f"{counted(len(particles))}, {_in_words(len(particles.contacts), 'contact')}"


def counted(number: int) -> str:
    """A number of particles in words."""
    return _in_words(number, "particle")


def read_out(particles: Particles, index: int, in_beam: FloatArray | None) -> tuple[str, ...]:
    """What is said of a particle."""
    return particle_lines(index, float(particles.radii[index]), particles.centres[index], in_beam)


def same(one: Particles, other: Particles) -> bool:
    """Whether two specimens have the same particles and film."""
    names = ("centres", "radii", "species", "contacts")
    films = [particles.parts.get("film", np.zeros(0)) for particles in (one, other)]
    return np.array_equal(films[0], films[1]) and all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in names
    )


# --- colours ---------------------------------------------------------------------------------


def _by_species(species: IntArray) -> Colours:
    table = np.array([species_colour(own) for own in range(int(species.max(initial=0)) + 1)], dtype=np.uint8)
    found: Colours = table[species]
    return found


def _species_coloured(species: IntArray, names: tuple[str, ...]) -> Coloured:
    present = np.flatnonzero(np.bincount(species)).tolist()
    return Coloured(_by_species(species), tuple((names[own], species_colour(own)) for own in present))


def _counted(counts: NDArray[Any]) -> Coloured:
    """Grey for none, then from dark to bright."""
    most = int(counts.max(initial=0))
    table = np.array([GROUND[0], *_ramp(most)], dtype=np.uint8)
    named = [number for number in range(most + 1) if (counts == number).any()]
    legend = tuple((str(number), _colour(table[number])) for number in named)
    return Coloured(table[counts], legend)


def _ramp(steps: int) -> Colours:
    """Colours (steps, 3) from dark to bright, none as dark as the lines of the picture."""
    return lookup("viridis")[np.linspace(50, 250, steps).astype(np.int64)]


def _sized(radii: FloatArray) -> Coloured:
    low, high = (float(radii.min()), float(radii.max())) if len(radii) else (0.0, 1.0)
    table = _ramp(64)
    place = np.clip((radii - low) / max(high - low, 1e-9) * 63.0, 0.0, 63.0).astype(np.int64)
    named = (0, 32, 63) if high - low > 1e-6 else (0,)
    legend = tuple(
        (f"r {(low + (high - low) * step / 63.0) / 10.0:.3g} nm", _colour(table[step])) for step in named
    )
    return Coloured(table[place], legend)


def _colour(entry: NDArray[np.uint8]) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in entry)
    return red, green, blue


# --- lines -----------------------------------------------------------------------------------


def _mark_look(radii: FloatArray) -> LineLook:
    """A dark core with a bright edge: to be seen on any colour, before any background."""
    lift = float(np.quantile(radii, MARK_QUANTILE)) if len(radii) else 1.0
    return LineLook((BRIGHT, BRIGHT), (DARK, DARK), MARK_BREADTHS, (lift, lift * 1.01))


def _film_box(particles: Particles) -> tuple[FloatArray | None, FloatArray | None]:
    """Edges (3, 3) and corner (3,) of a piece of the film below the particles; None without a film."""
    part = particles.parts.get("film")
    if part is None or not len(particles):
        return None, None
    film = FilmPart(*part.tolist())
    reach = particles.radii[:, np.newaxis]
    low = (particles.centres - reach).min(axis=0)[:2]
    high = (particles.centres + reach).max(axis=0)[:2]
    rim = FILM_RIM * float((high - low).max())
    sides = high - low + 2.0 * rim
    return np.diag([*sides, film.thickness]), np.array([*(low - rim), film.top - film.thickness])


def _in_words(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
