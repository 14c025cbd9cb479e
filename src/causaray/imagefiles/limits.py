"""How large an image may be: a file of a few hundred kilobytes can ask for gigabytes."""

from causaray.errors import BadInput

MOST_PIXELS = 50_000_000
"""The largest detectors have 20 million; a film of 35 x 43 cm digitised at 0.06 mm has 42."""


def check_size(width: int, height: int, name: object) -> None:
    """Refuse an image before its pixels are decoded. Raises BadInput; its sentence begins with `name`."""
    if width * height > MOST_PIXELS:
        raise too_large(name)


def too_large(name: object) -> BadInput:
    """That `name` is larger than any radiograph."""
    return BadInput(f"{name} has more than {MOST_PIXELS // 10**6} million pixels, where one radiograph was expected.")
