"""Scenes: named nodes that become one specimen."""
