"""What the lens does: contrast transfer, probe, detectors, diffraction pattern, exit wave and focus."""
