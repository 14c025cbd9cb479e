"""MorphoMNIST: digits whose stroke thickness and intensity are known: the standard counterfactual benchmark."""

from causaray.cohorts.morphomnist.digits import CLASSES, SIDE, SIZE, Digits, crop, pad, read_digits, split

__all__ = ["CLASSES", "SIDE", "SIZE", "Digits", "crop", "pad", "read_digits", "split"]
