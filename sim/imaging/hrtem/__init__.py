"""High-resolution TEM: a plane wave through the specimen and a lens behind it."""
