"""Scanning TEM: a focused probe on every pixel and detectors in the diffraction plane."""
