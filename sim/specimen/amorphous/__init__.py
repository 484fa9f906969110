"""Amorphous solids."""
