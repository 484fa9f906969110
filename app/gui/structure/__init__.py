"""The 3D view of the specimen: camera, scene and picking without Qt, and two ways to draw them."""
