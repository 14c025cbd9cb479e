"""The phantom world: procedural chest radiographs from a structural causal model, so that every truth is known."""

from causaray.cohorts.phantom.cohort import phantoms, prepare_phantom, truth
from causaray.cohorts.phantom.exogenous import FINDINGS
from causaray.cohorts.phantom.request import Setting
from causaray.cohorts.phantom.world import Phantoms, World

__all__ = ["FINDINGS", "Phantoms", "Setting", "World", "phantoms", "prepare_phantom", "truth"]
