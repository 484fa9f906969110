"""``python -m benchmarks [name …]``: time everything, or what is named, and print one table."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

from benchmarks.registry import Line, benchmarks, measure


def main() -> int:
    """Run the benchmarks; exit code 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="benchmarks to run; all when left out")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    arguments = parser.parse_args()
    known = benchmarks()
    if arguments.list:
        print("\n".join(known))
        return 0
    unknown = [name for name in arguments.names if name not in known]
    if unknown:
        print(f"unknown benchmark {unknown[0]!r}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    print(machine())
    lines = []
    for name in arguments.names or known:
        for comparison in known[name]():
            print(f"measuring: {comparison.title}", file=sys.stderr)
            lines += measure(comparison)
    print(table(lines))
    return 1 if any("MISSED" in line.target for line in lines) else 0


def machine() -> str:
    """Processor, versions and threads: without them a figure means nothing."""
    versions = []
    for package in ("numpy", "numba", "h5py"):
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"no {package}")
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{_processor()}, {os.cpu_count()} cores{load}; Python {platform.python_version()}, "
        f"{', '.join(versions)}; one thread; fastest of several bursts, in turn"
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def table(lines: list[Line]) -> str:
    """The lines as a Markdown table with aligned columns; repeated titles are left out."""
    head = ("work", "way or ratio of times", "time", "rate", "ratio", "target")
    rows = [head, ("",) * len(head)]
    last = ""
    for line in lines:
        rows.append(
            (line.work if line.work != last else "", line.way, line.time, line.rate, line.ratio, line.target)
        )
        last = line.work
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    rows[1] = tuple("-" * width for width in widths)
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


if __name__ == "__main__":
    raise SystemExit(main())
