"""Volumes that bound generators."""
