"""Numbers about a specimen's atoms: composition, densities, distances, neighbours, g(r)."""
