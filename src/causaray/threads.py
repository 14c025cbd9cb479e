"""How the threads of a net wait for each other."""

import os

WAITING = "OMP_WAIT_POLICY"


def wait_passively() -> None:
    """Have threads sleep while they wait for each other, unless the environment says otherwise.

    By default they spin. On cores that other programs use, too, a thread that spins keeps the one that it waits for
    from its core, and a small net takes many times as long (`python -m benchmarks.under_load`). OpenMP reads the
    environment when torch is imported, so this has to come first; child processes inherit it.
    """
    os.environ.setdefault(WAITING, "passive")
