"""Imaging models: from posed specimens to noise-free images.  The Gaussian projection lives here."""
