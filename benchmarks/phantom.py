"""Drawing phantoms: seconds of one core for a hundred images, exogenous draws, model and rendering together."""

import time

import torch

from causaray.cohorts.phantom import World

IMAGES = {64: 256, 128: 128, 256: 32, 512: 8}
"""Side in pixels -> how many are drawn."""


def seconds_per_100() -> dict[str, float]:
    """By the processor's clock, so that others at work on the machine do not count; best of three."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return {
            f"phantom_{size}_seconds_per_100": min(_seconds(size, n) for _ in range(3)) for size, n in IMAGES.items()
        }
    finally:
        torch.set_num_threads(threads)


def _seconds(size: int, n: int) -> float:
    start = time.process_time()
    assert World(size=size).sample(n, seed=0).images.shape == (n, 1, size, size)
    return (time.process_time() - start) * 100 / n


if __name__ == "__main__":
    print("\n".join(f"{name}: {seconds:.2f}" for name, seconds in seconds_per_100().items()))
