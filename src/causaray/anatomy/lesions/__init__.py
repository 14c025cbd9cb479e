"""What each finding does to a chest, as functions of its coordinates: a phantom's or a patient's, they do not know.

A severity is in (0, 1], a number or a tensor that broadcasts; every share is 0 at severity 0. The share of a finding is
drawn on both sides of the chest; who calls keeps the side that is meant.
"""
