"""Planar defects and grain boundaries."""
