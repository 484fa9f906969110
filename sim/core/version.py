"""Version of the program and the git tag it was built from."""

from __future__ import annotations

import importlib

__version__ = "0.1.0"


def _baked_tag() -> str:
    try:
        built = importlib.import_module("sim.core._build")  # exists only in built copies
    except ImportError:
        return "untagged"
    return str(built.GIT_TAG)


#: Tag of the checkout this copy was built from; ``untagged`` in a checkout and where there is no tag.
git_tag = _baked_tag()
