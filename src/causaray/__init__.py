"""Causaray: counterfactual chest radiographs, with a measured statement of how far to trust them."""

__version__ = "0.1.0"
