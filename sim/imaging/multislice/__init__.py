"""What the imaging models that propagate electron waves share: beam, slices, phonons, aberrations."""
