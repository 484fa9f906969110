"""From a job to a sample: the only maker of images."""
