"""Particles of known shape and inner structure."""
