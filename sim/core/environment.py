"""What results of tier B depend on beside their settings: libraries, machine, processor features.

Tier A does not depend on any of it.
"""

from __future__ import annotations

import functools
import importlib
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

#: Libraries whose versions may change last bits of an FFT, a fit or a compiled kernel.
LIBRARIES = ("numpy", "scipy", "numba")
#: The variable that chooses between numpy's and numba's kernels.
KERNELS = "NANOPHANTOM_KERNELS"


def environment() -> dict[str, Any]:
    """Machine, processor features and library versions, as plain values.

    Returns
    -------
    ``machine`` (``linux-x86_64``), ``python``, ``libraries`` (a library that is not installed is left
    out), ``kernels`` (what ``NANOPHANTOM_KERNELS`` demands, empty for the program's own choice) and
    ``cpu_features``, in numpy's names: two environments that are equal give equal bits.
    """
    return {
        "machine": f"{sys.platform}-{platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
        "kernels": os.environ.get(KERNELS, ""),
        "cpu_features": cpu_features(),
    }


def cpu_features() -> list[str]:
    """Features of this processor that numpy may use, sorted; those switched off for this run left out."""
    return list(_features())


@functools.cache
def _features() -> tuple[str, ...]:
    try:
        module = importlib.import_module("numpy._core._multiarray_umath")
    except ImportError:  # numpy 1
        module = importlib.import_module("numpy.core._multiarray_umath")
    return tuple(sorted(name for name, there in module.__cpu_features__.items() if there))


@functools.cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
