"""Label images and tables of specimens that consist of spherical particles."""
