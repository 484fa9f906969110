"""Entry point of the program: ``python -m app`` and the console script ``nanophantom``."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """Run the command line; the exit code."""
    multiprocessing.freeze_support()
    from app.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
