"""What a benchmark is, how it is timed, and the list of all of them.

A benchmark is a function that returns comparisons.  To add one, write it in a module of this package
with ``@benchmark("name")`` and add the module to ``MODULES``.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Modules that hold benchmarks, in the order of the table.
MODULES = (
    "benchmarks.gaussian",
    "benchmarks.samplers",
    "benchmarks.export",
    "benchmarks.window_start",
    "benchmarks.preview_window",
    "benchmarks.wave_preview",
    "benchmarks.structure_view",
    "benchmarks.scene_substrate",
    "benchmarks.scene_shapes",
    "benchmarks.scene_peer",
    "benchmarks.scenes",
    "benchmarks.multislice",
    "benchmarks.stem",
    "benchmarks.aggregates",
)

#: Length of one burst of runs, s: rates are those of image after image, as in an export of one stage.
BURST = 0.01


@dataclass(frozen=True)
class Contender:
    """One way of doing the same work.

    Attributes
    ----------
    name
        As shown.
    run
        Does the work once.
    share
        Part of the work that ``run`` does; below 1 where the whole would take minutes and the time is
        proportional to the part.
    """

    name: str
    run: Callable[[], object]
    share: float = 1.0


@dataclass(frozen=True)
class Ratio:
    """A ratio of two contenders' times.

    Attributes
    ----------
    slow, fast
        Names; the ratio is the time of ``slow`` over the time of ``fast``.
    least, most
        Target, None where there is none.
    """

    slow: str
    fast: str
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Contenders at one piece of work.

    Attributes
    ----------
    title
        The work.
    items, unit
        How many of what one run makes.
    contenders
        Timed in turn, burst after burst, so that a busy moment of the machine meets all of them.
    ratios
        What is reported of their times.
    rounds
        Bursts of each; the fastest counts.
    """

    title: str
    items: float
    unit: str
    contenders: Sequence[Contender]
    ratios: Sequence[Ratio] = ()
    rounds: int = 7


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    work: str
    way: str
    time: str
    rate: str
    ratio: str
    target: str


@dataclass(frozen=True)
class Observation:
    """Figures that are no time of one run: rates and delays of a program that runs for a while.

    Attributes
    ----------
    title
        The work.
    lines
        Runs it and gives its lines.
    """

    title: str
    lines: Callable[[], Sequence[Line]]


Benchmark = Callable[[], Sequence[Comparison | Observation]]
_BENCHMARKS: dict[str, Benchmark] = {}


def benchmark(name: str) -> Callable[[Benchmark], Benchmark]:
    """Enter a function that returns comparisons into the list."""

    def enter(function: Benchmark) -> Benchmark:
        _BENCHMARKS[name] = function
        return function

    return enter


def benchmarks() -> dict[str, Benchmark]:
    """All benchmarks by name, in the order of ``MODULES``."""
    for module in MODULES:
        importlib.import_module(module)
    return dict(_BENCHMARKS)


def measure(comparison: Comparison | Observation) -> list[Line]:
    """Time the contenders and put the result into lines."""
    if isinstance(comparison, Observation):
        return list(comparison.lines())
    repeats = {contender.name: _repeats(contender.run) for contender in comparison.contenders}
    best = dict.fromkeys(repeats, float("inf"))
    for _ in range(comparison.rounds):
        for contender in comparison.contenders:
            times = repeats[contender.name]
            begin = time.perf_counter()
            for _ in range(times):
                contender.run()
            elapsed = (time.perf_counter() - begin) / times / contender.share
            best[contender.name] = min(best[contender.name], elapsed)
    lines = []
    for contender in comparison.contenders:
        seconds = best[contender.name]
        way = contender.name if contender.share == 1.0 else f"{contender.name} (from {contender.share:.2%})"
        rate = f"{three_digits(comparison.items / seconds)} {comparison.unit}/s"
        lines.append(Line(comparison.title, way, _duration(seconds), rate, "", ""))
    for ratio in comparison.ratios:
        if ratio.slow in best and ratio.fast in best:
            value = best[ratio.slow] / best[ratio.fast]
            title = f"{ratio.slow} / {ratio.fast}"
            lines.append(Line(comparison.title, title, "", "", three_digits(value), verdict(value, ratio)))
    return lines


def _repeats(run: Callable[[], object]) -> int:
    """Runs in a burst: enough for ``BURST`` seconds, at least one.  Also compiles and fills caches."""
    run()
    begin = time.perf_counter()
    run()
    return max(1, round(BURST / (time.perf_counter() - begin)))


def verdict(value: float, ratio: Ratio) -> str:
    """Whether a value keeps its target."""
    if ratio.least is not None:
        return f"≥ {ratio.least:g} {'reached' if value >= ratio.least else 'MISSED'}"
    if ratio.most is not None:
        return f"≤ {ratio.most:g} {'reached' if value <= ratio.most else 'MISSED'}"
    return ""


def _duration(seconds: float) -> str:
    return f"{three_digits(seconds * 1e3)} ms" if seconds < 1.0 else f"{three_digits(seconds)} s"


def three_digits(value: float) -> str:
    """Three significant digits, never in powers of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{float(f'{value:.3g}'):g}"
