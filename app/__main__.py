"""Entry point of the program: ``python -m app`` and the console script ``nanophantom``."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """Run the command line; the exit code."""
    # Before anything else opens a file; a worker of a frozen program starts here as well.
    from app.cli.streams import open_streams

    open_streams()
    multiprocessing.freeze_support()
    from app.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
