"""Attacks on a classifier within an L-infinity ball: what a small change that nobody sees can make of its answer.

    attack                             needs                    source
    pgd.py      pgd                    gradients                Madry et al. 2018, arXiv 1706.06083
    apgd.py     apgd_ce                gradients                Croce and Hein 2020, arXiv 2003.01690, algorithm 1
    square.py   square                 answers alone            Andriushchenko et al. 2020, arXiv 1912.00049

A model is any function of images (B, C, S, S) in [0, 1] to logits (B, K). One that draws at random is attacked by the
mean of several gradients a step (`draws`, expectation over transformation, Athalye et al. 2018, arXiv 1802.00420).
"""

from causaray.evaluation.classification.attacks.apgd import apgd_ce
from causaray.evaluation.classification.attacks.pgd import pgd
from causaray.evaluation.classification.attacks.square import square

__all__ = ["apgd_ce", "pgd", "square"]
