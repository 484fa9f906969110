"""Exit waves of several configurations of frozen phonons, one configuration a thread.

The order and the bits of the results do not depend on the number of threads, and no more waves are in memory
than threads and the one that the caller holds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

from numpy.typing import NDArray

from sim.core.errors import Cancelled, InputError, never
from sim.core.types import FloatArray, IntArray
from sim.physics.multislice.blocks import band_spectrum, block_frequencies, block_shape, on_grid
from sim.physics.multislice.engine import Multislice
from sim.physics.multislice.phonons import displaced
from sim.physics.multislice.propagation import ComplexArray

__all__ = ["band_spectrum", "block_frequencies", "block_shape", "exit_blocks", "exit_waves", "on_grid"]

_T = TypeVar("_T")
#: Told after every configuration: how many are done, of how many.
Progress = Callable[[int, int], None]


def _silent(done: int, count: int) -> None:
    """Stands in for ``progress`` where nobody listens."""


def exit_waves(
    engine: Multislice,
    positions: FloatArray,
    numbers: IntArray,
    rms: FloatArray,
    seed: int,
    count: int,
    planes: Sequence[int] | None = None,
    workers: int = 1,
    cancel: Callable[[], None] = never,
    progress: Progress = _silent,
    ids: IntArray | None = None,
) -> Iterator[ComplexArray]:
    """Exit waves, configuration by configuration.

    Parameters
    ----------
    engine
        For the specimen's cell and elements.
    positions, numbers
        (N, 3) Å and (N,).
    rms
        (N,) root mean square displacement along each axis, Å; zeros for atoms at rest.
    seed
        Of the phonons; see :func:`sim.physics.multislice.phonons.displaced`.
    count
        Configurations.
    planes
        As in :meth:`Multislice.exit_wave`.
    workers
        Threads.
    cancel, progress
        ``cancel`` is called in every slice, from the threads; what it raises reaches the caller.
    ids
        As for :func:`sim.physics.multislice.phonons.displaced`.

    Yields
    ------
    (planes, rows, columns) complex64.

    Raises
    ------
    InputError
        At once if there are no configurations or no workers.
    """
    _check(count, workers)
    return _results(
        engine, positions, numbers, rms, seed, count, planes, workers, cancel, progress, _unchanged, ids
    )


def exit_blocks(
    engine: Multislice,
    positions: FloatArray,
    numbers: IntArray,
    rms: FloatArray,
    seed: int,
    count: int,
    k_limit: float,
    planes: Sequence[int] | None = None,
    workers: int = 1,
    cancel: Callable[[], None] = never,
    progress: Progress = _silent,
    ids: IntArray | None = None,
) -> Iterator[NDArray[Any]]:
    """As :func:`exit_waves`, but blocks of the spectra up to ``k_limit`` (Å⁻¹), made in the threads.

    Yields
    ------
    (planes, m, n) complex64; see :func:`band_spectrum`.
    """
    _check(count, workers)
    block_shape(engine.cell, k_limit)

    def finish(waves: ComplexArray) -> NDArray[Any]:
        return band_spectrum(waves, engine.cell, k_limit)

    return _results(
        engine, positions, numbers, rms, seed, count, planes, workers, cancel, progress, finish, ids
    )


def _unchanged(waves: ComplexArray) -> ComplexArray:
    return waves


def _check(count: int, workers: int) -> None:
    if count < 1:
        raise InputError(
            "phonons.configurations", "there has to be at least one", value=count,
            remedy="take 1 and no displacement for atoms at rest",
        )  # fmt: skip
    if workers < 1:
        raise InputError("workers", "there has to be at least one", value=workers)


def _results(
    engine: Multislice,
    positions: FloatArray,
    numbers: IntArray,
    rms: FloatArray,
    seed: int,
    count: int,
    planes: Sequence[int] | None,
    workers: int,
    cancel: Callable[[], None],
    progress: Progress,
    finish: Callable[[ComplexArray], _T],
    ids: IntArray | None,
) -> Iterator[_T]:
    stopped = Event()

    def check() -> None:
        # The other threads end, too, when one was cancelled or the caller has had enough.
        if stopped.is_set():
            raise Cancelled("the computation of exit waves was stopped")
        cancel()

    def one(configuration: int) -> _T:
        check()
        moved = displaced(positions, rms, seed, configuration, ids)
        return finish(engine.exit_wave(moved, numbers, planes=planes, cancel=check))

    if workers == 1:
        for configuration in range(count):
            result = one(configuration)
            progress(configuration + 1, count)
            yield result
        return
    waiting: deque[Future[_T]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="exit-wave") as pool:
        try:
            for configuration in range(min(workers, count)):
                waiting.append(pool.submit(one, configuration))
            for done in range(1, count + 1):
                result = waiting.popleft().result()
                if done + len(waiting) < count:
                    waiting.append(pool.submit(one, done + len(waiting)))
                progress(done, count)
                yield result
        finally:
            stopped.set()
