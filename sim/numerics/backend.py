"""Chooses between numpy and numba for a few kernels, with equal bits.

The environment variable ``NANOPHANTOM_KERNELS`` (``numpy`` or ``numba``) overrides the choice: numba
where it is installed and proves itself, numpy otherwise.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from types import ModuleType

from sim.core.errors import InputError

VARIABLE = "NANOPHANTOM_KERNELS"

Loader = Callable[[], ModuleType]


def compiled_module(load: Loader, same_bits: Callable[[ModuleType], bool]) -> ModuleType | None:
    """A module of compiled kernels, or None where numpy is to be used.

    Parameters
    ----------
    load
        Imports the module that needs numba.
    same_bits
        Whether its kernels give numpy's bits on a few numbers: a guard on processors no test has run on.

    Raises
    ------
    InputError
        If ``NANOPHANTOM_KERNELS`` names something else, or numba where it cannot be used.
    """
    wanted = os.environ.get(VARIABLE, "")
    if wanted == "numpy":
        return None
    if wanted not in ("", "numba"):
        raise InputError(VARIABLE, "unknown kernels", value=wanted, allowed="numpy, numba", remedy="unset it")
    found = loaded_or_reason(load, same_bits)
    if isinstance(found, ModuleType):
        return found
    if wanted == "numba":
        raise InputError(VARIABLE, found, value=wanted, remedy="install the 'fast' extra or unset it")
    return None


@functools.cache
def loaded_or_reason(load: Loader, same_bits: Callable[[ModuleType], bool]) -> ModuleType | str:
    """The compiled kernels, or the reason why they cannot be used."""
    try:
        module = load()
    except ImportError as problem:
        return f"numba cannot be imported ({problem})"
    except RuntimeError as problem:
        # numba refuses to start where it finds no folder for its compiled code.
        return f"numba cannot be used here ({problem})"
    return module if same_bits(module) else "numba's arithmetic differs from numpy's on this machine"
