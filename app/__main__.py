"""Entry point of the program: ``python -m app`` and the console script ``nanophantom``."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """Open the window, or run the command line; the exit code."""
    # Before anything else opens a file; a worker of a frozen program starts here as well.
    from app.cli.streams import open_streams
    from sim.core.threads import one_thread_each

    one_thread_each()
    open_streams()
    multiprocessing.freeze_support()
    arguments = sys.argv[1:]
    if arguments == ["--probe-opengl"]:
        # A frozen program has no interpreter of its own that could run a module.
        from app.gui.structure.probe import answer

        answer()
        return 0
    from app.choice import wants_window

    if wants_window(arguments):
        from app.gui.start import run_window

        return run_window(arguments)
    from app.cli.main import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
