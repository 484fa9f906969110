"""Scanned focused probes: probe, detectors, exact scans and a fast linear model."""
