"""Crystals: cells, bases, directions and planes."""
