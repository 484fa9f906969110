"""Physics: elements, potentials, and what the imaging models need of nature."""
