"""How many threads the libraries below numpy may use: one, in every process of the program.

A product of matrices on two threads differs in its last bits from one on a single thread.  With one
thread everywhere the preview, the command line and every worker of an export make the same bytes, and
workers do not multiply their threads.
"""

from __future__ import annotations

import os

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def one_thread_each() -> None:
    """Set them in this process's environment, before numpy is imported."""
    for name in VARIABLES:
        os.environ[name] = "1"
