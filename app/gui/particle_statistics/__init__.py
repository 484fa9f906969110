"""Numbers about a specimen of particles: contacts, mixing, clusters, extent, distributions."""
