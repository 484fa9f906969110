"""Products in tiles: their value, and bits that do not depend on threads."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from sim.physics.stem.products import gram, product

SCRIPT = """
import hashlib, numpy as np
from sim.physics.stem.products import gram, product
generator = np.random.default_rng(3)
a = (generator.normal(size=(150, 700)) + 1j * generator.normal(size=(150, 700))).astype(np.complex64)
print(hashlib.sha256(gram(a).tobytes() + product(a, a.T).tobytes()).hexdigest())
"""


def matrix(rows, columns, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(rows, columns)) + 1j * generator.normal(size=(rows, columns))


@pytest.mark.parametrize("sizes", [(1, 1, 1), (64, 64, 64), (65, 130, 63), (3, 1500, 70), (129, 5, 128)])
def test_products_are_products(sizes):
    first, second = matrix(sizes[0], sizes[1]), matrix(sizes[1], sizes[2], 1)
    np.testing.assert_allclose(product(first, second), first @ second, rtol=0, atol=1e-11)
    whole = np.conj(first) @ first.T
    np.testing.assert_allclose(np.triu(gram(first)), np.triu(whole), rtol=0, atol=1e-11)


def test_bits_do_not_depend_on_threads_of_the_library():
    """A process with one thread, as exports have, and one with two.

    OpenBLAS gives different bits for the plain product where there are two cores; ours may not.
    """
    answers = []
    for threads in ("1", "2"):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": threads, "PYTHONPATH": os.getcwd()}
        answers.append(
            subprocess.run(
                [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
            ).stdout.split()[0]
        )
    assert answers[0] == answers[1]
