"""Old recipes and jobs brought to the present schema, one version at a time.

``MIGRATIONS[n]`` turns a tree of version n into one of version n + 1.  A function here is never
changed once a release has written the version it leads to; its fixture lies under tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.core.errors import InputError

Tree = dict[str, Any]

MIGRATIONS: dict[int, Callable[[Tree], Tree]] = {}


def migrate(tree: Tree, current: int, parameter: str = "schema_version") -> Tree:
    """The tree in the current schema.

    Raises
    ------
    InputError
        For a newer schema, one that is no whole number, or one too old to be known.
    """
    version = tree.get("schema_version", current)
    if isinstance(version, bool) or not isinstance(version, int):
        raise InputError(
            parameter,
            "not a whole number",
            value=version,
            allowed=f"1 to {current}",
            remedy="correct the value",
        )
    if version > current:
        raise InputError(
            parameter,
            "was written by a newer version of this program",
            value=version,
            allowed=f"1 to {current}",
            remedy="update Nanophantom to open it",
        )
    while version < current:
        if version not in MIGRATIONS:
            raise InputError(
                parameter,
                "is no known version",
                value=version,
                allowed=f"1 to {current}",
                remedy="correct the value",
            )
        tree = {**MIGRATIONS[version](tree), "schema_version": version + 1}
        version += 1
    if version < 1:
        raise InputError(
            parameter,
            "is no known version",
            value=version,
            allowed=f"1 to {current}",
            remedy="correct the value",
        )
    return tree
