"""How people reach the engine: the command line (cli) and, beside it, the window."""
