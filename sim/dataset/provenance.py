"""What made a dataset and when: program, libraries, git tag, time."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import h5py
import numpy as np

from sim.core.errors import InputError
from sim.core.version import __version__, git_tag


def software() -> dict[str, Any]:
    """Name, version and git tag of the program, and versions of what it stands on."""
    return {
        "name": "nanophantom",
        "version": __version__,
        "git_tag": git_tag,
        "python": platform.python_version(),
        "machine": f"{sys.platform}-{platform.machine()}",
        "libraries": {
            "h5py": h5py.__version__,
            "hdf5": h5py.version.hdf5_version,
            "numpy": np.__version__,
            "pydantic": version("pydantic"),
            "scipy": version("scipy"),
        },
    }


def timestamp() -> str:
    """Now, UTC, to the second; ``SOURCE_DATE_EPOCH`` takes its place where it is set.

    Raises
    ------
    InputError
        If ``SOURCE_DATE_EPOCH`` is no number of seconds.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        moment = datetime.now(UTC)
    else:
        try:
            moment = datetime.fromtimestamp(int(given), UTC)
        except (ValueError, OverflowError, OSError):
            raise InputError(
                "SOURCE_DATE_EPOCH",
                "is no number of seconds since 1970",
                value=given,
                remedy="correct or unset it",
            ) from None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
