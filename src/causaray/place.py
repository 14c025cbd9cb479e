"""How much of a picture changed, which way and where, in plain words."""

import numpy as np

CHANGED = 0.02
"""A pixel counts as changed from this difference on, of a grey range of 1: five grey levels of 256."""
MOSTLY = 2 / 3
THIRDS = ("upper", "middle", "lower")


def told_change(difference: np.ndarray) -> str:
    """What became brighter and what darker in a difference (S, S) in [-1, 1] of an upright frontal film.

    Pixels count from CHANGED on; where they are is told of their summed difference. The patient's left is the right of
    the picture.
    """
    parts = [
        _told(name, np.where(size >= CHANGED, size, 0)) for name, size in _two(difference) if size.max() >= CHANGED
    ]
    return " ".join(parts) or "Nothing in the picture changed enough to be seen."


def _two(difference: np.ndarray) -> list[tuple[str, np.ndarray]]:
    return [("Brighter", difference), ("Darker", -difference)]


def _told(name: str, size: np.ndarray) -> str:
    share = np.count_nonzero(size) / size.size
    amount = f"{share:.0%}" if share >= 0.01 else "less than 1%"
    return f"{name}: {amount} of the picture, {_side(size)}, {_third(size)}."


def _side(size: np.ndarray) -> str:
    half = size.shape[1] // 2
    right, left = size[:, :half].sum(), size[:, -half:].sum()
    share = left / max(left + right, 1e-9)
    if share >= MOSTLY:
        return "mostly on the patient's left (right in the picture)"
    return "on both sides" if share > 1 - MOSTLY else "mostly on the patient's right (left in the picture)"


def _third(size: np.ndarray) -> str:
    shares = [float(part.sum() / size.sum()) for part in np.array_split(size, len(THIRDS))]
    most = int(np.argmax(shares))
    return f"most in the {THIRDS[most]} third" if shares[most] >= 0.5 else "from top to bottom"
