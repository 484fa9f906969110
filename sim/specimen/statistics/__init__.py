"""What an ensemble of atoms is like: distances, neighbours, densities."""
