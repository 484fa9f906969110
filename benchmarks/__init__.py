"""Measured speeds with their ratios: ``python -m benchmarks`` prints one table.

This file sets one thread for every library, which only works before numpy is imported.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"

# Each benchmark names the kernels it times.
os.environ.pop("NANOPHANTOM_KERNELS", None)
