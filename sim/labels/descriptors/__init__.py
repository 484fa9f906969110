"""Numbers that describe an aggregate of particles: its structure, its outline, its image."""
