"""From a recipe to a lazy sequence of jobs."""
