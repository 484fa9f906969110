"""Make docs/waves.png anew: one image of every shipped recipe with electron waves, with its truth.

    python packaging/make_waves.py [FOLDER] [--whole]

By default the scaled-down recipes (some minutes on two cores); --whole takes the published sizes (hours).
FOLDER is docs/ by default.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from sim.core.threads import one_thread_each  # noqa: E402

one_thread_each()

import numpy as np  # noqa: E402
from make_gallery import coloured, grey, labelled, stacked  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PIL import Image  # noqa: E402

from sim.core.types import Sample  # noqa: E402
from sim.plan.plan import Plan, collect_structures  # noqa: E402
from sim.recipe.toml import read_recipe  # noqa: E402
from sim.render.cache import StageCache  # noqa: E402
from sim.render.context import RenderContext  # noqa: E402
from sim.render.render import render  # noqa: E402

#: Recipe and which images of it are shown.
SHOWN = (
    ("hrtem_defocus", (2, 5, 8)),
    ("hrtem_dose", (0, 4)),
    ("hrtem_structures", (0, 3)),
    ("haadf_au55", (0, 1)),
    ("stem_4d_au55", (0,)),
)


def pictures(sample: Sample) -> tuple[list[NDArray[np.uint8]], list[str]]:
    """Everything of an image that is worth looking at, and what each picture is."""
    made = [grey(sample.clean), grey(sample.image)]
    words = ["expected electrons", "counted electrons"]
    for name in ("phase_mask", "instance_map"):
        if name in sample.labels:
            made.append(coloured(sample.labels[name]))
            words.append(name)
    for name, values in sample.extras.items():
        if values.ndim == 4:
            made.append(grey(np.log1p(np.mean(values, axis=(0, 1)))))
            words.append(f"{name}: mean pattern, logarithmic")
        elif values.ndim == 2:
            made.append(grey(values))
            words.append(name)
    return made, words


def title(recipe: str, index: int, sample: Sample) -> str:
    """What the row shows."""
    truth: dict[str, Any] = dict(sample.truth)
    focus = f", defocus {truth['defocus'] / 10.0:.1f} nm" if "defocus" in truth else ""
    return f"{recipe}, image {index}: {truth['atoms']:,} atoms{focus}"


def main() -> int:
    """Make the sheet; the exit code."""
    whole = "--whole" in sys.argv[1:]
    places = [word for word in sys.argv[1:] if not word.startswith("--")]
    folder = Path(places[0]) if places else ROOT / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    tiles: list[Image.Image] = []
    for stem, indices in SHOWN:
        name = stem if whole else f"{stem}_small"
        recipe = read_recipe(name).recipe()
        plan = Plan(recipe, collect_structures(recipe))
        cache = StageCache()
        for index in indices:
            began = time.perf_counter()
            context = RenderContext(
                structures=plan.catalogue, cache=cache, workers=min(4, os.cpu_count() or 1)
            )
            sample = render(plan[index], context)
            print(f"{name} {index}: {time.perf_counter() - began:.1f} s")
            tiles.append(labelled(title(name, index, sample), *pictures(sample)))
    path = folder / "waves.png"
    stacked(tiles, 1).quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
