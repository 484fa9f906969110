"""Short examples in TOML for the parts of a recipe that are lists of tables."""

from __future__ import annotations

#: One entry for every law of ``[[vary]]``.
VARY = {
    "grid": 'path = "imaging.sigma"\nlaw = "grid"\nvalues = [0.4, 0.6, 0.8]',
    "uniform": 'path = "imaging.sigma"\nlaw = "uniform"\nlow = 0.4\nhigh = 0.8',
    "normal": 'path = "imaging.sigma"\nlaw = "normal"\nmean = 0.6\ndeviation = 0.05',
    "truncated_normal": 'path = "imaging.sigma"\nlaw = "truncated_normal"\nmean = 0.6\ndeviation = 0.1\n'
    "low = 0.4\nhigh = 0.8",
    "log_normal": 'path = "noise.exposure.dose"\nlaw = "log_normal"\nmedian = 1e5\ndeviation = 0.5',
    "choice": 'path = "imaging.alpha"\nlaw = "choice"\nvalues = [1.0, 2.0]\nweights = [3.0, 1.0]',
    "sobol": 'path = "imaging.sigma"\nlaw = "sobol"\nlow = 0.4\nhigh = 0.8',
    "latin_hypercube": 'path = "imaging.sigma"\nlaw = "latin_hypercube"\nlow = 0.4\nhigh = 0.8',
}

#: One entry for every other list of tables, by its path, and what else to know of it.
ENTRIES = {
    "specimen.files": (
        'name = "particle"\npath = "structures/particle.xyz"\ngeometry = "decahedron"',
        "With specimen.kind = file.  A grid of specimen.structure goes through several files;\n"
        "nanophantom generate --xyz-dir DIR --write-recipe FILE writes such a recipe for a whole folder.",
    ),
}
