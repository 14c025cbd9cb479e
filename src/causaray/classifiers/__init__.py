"""Classifiers: the judge, the chest encoder, read-outs of attributes, and their trainings."""
