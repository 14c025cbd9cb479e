"""The control of everything that is said to depend on something: the same, dealt out at random."""

import numpy as np


def shuffled(values: np.ndarray, patients: np.ndarray, seed: int = 0) -> np.ndarray:
    """values (N,) dealt out anew over the rows; patients (N,) says whose each is.

    Patients are lined up twice in random order and what stands in one line goes to the same place in the other, so
    that values of one patient stay together as they were: as few independent ones as there are patients, not images.
    """
    people, whose = np.unique(patients, return_inverse=True)
    rng, dealt = np.random.default_rng(seed), np.empty_like(values)
    one, other = (np.argsort(rng.permutation(len(people))[whose], kind="stable") for _ in range(2))
    dealt[one] = values[other]
    return dealt
