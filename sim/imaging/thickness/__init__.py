"""Images of particles from the thickness of matter along the beam."""
