"""How the threads of a net wait for each other."""

import os

WAITING, SPINS = "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"
MOST_SPINS = "2500"
"""Some microseconds: as long as the next layer of a small net lets wait, as to fall asleep and be woken takes longer.
Measured on two cores, idle and beside two busy processes, an edit takes 1.6 and 2.3 s without spinning, 0.7 and 2.0 s
with 3,000 turns, and 0.8 and up to 13 s with 7,000."""


def wait_passively() -> None:
    """Have threads soon sleep while they wait for each other, unless the environment says otherwise.

    By default they spin for long. On cores that other programs use, too, a thread that spins keeps the one that it
    waits for from its core, and a small net takes many times as long (`python -m benchmarks.under_load`). OpenMP reads
    the environment when torch is imported, so this has to come first; child processes inherit it.
    """
    if WAITING not in os.environ:
        os.environ[WAITING] = "passive"  # what other OpenMP libraries than GNU's read
        os.environ.setdefault(SPINS, MOST_SPINS)
