"""One module a command, each with ``DESCRIPTION``, ``add_arguments`` and ``run``."""
