"""Data files that come with the program, read by ``importlib.resources``; no code lives here."""
