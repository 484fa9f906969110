"""The simulation engine: recipes in, samples and datasets out.

No Qt, no machine learning, nothing from ``app`` or ``ml``.  Importing this package loads nothing
heavy; import the modules you need (``sim.recipe``, ``sim.plan``, ``sim.render``, ``sim.dataset``).
"""
