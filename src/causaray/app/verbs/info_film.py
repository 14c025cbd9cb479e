"""What `causaray info` says of a film that is read: its signs, and a picture with the outlines of its organs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from causaray.scan import LATERAL, Scan
from causaray.writing import whole_file


def film_signs(scan: Scan, picture: str | Path | None = None) -> dict[str, Any]:
    """`signs`, `doubt`, `signs_note`, the sentence why there are no signs, and `lesions`, what the shipped weights see.

    A picture is written where one is named.

    Raises BadInput when the picture cannot be written.
    """
    from causaray.app.films import open_films
    from causaray.app.lesions import seen_in
    from causaray.app.outlined import outlined_png
    from causaray.app.signs import NO_WEIGHTS
    from causaray.classifiers.judge import Judge

    films = open_films(Judge.load())
    if films is None:
        return {"signs": None, "doubt": None, "signs_note": NO_WEIGHTS, "lesions": None}
    reading = films.read([scan])
    note = why_not(scan) or films.faults(reading, [0])[0]
    signs = None if note else reading.signs(0)
    note, seen = note and f"The film {note}", None if note else seen_in(scan, reading)
    if picture is not None:
        with whole_file(picture) as beside:
            beside.write_bytes(outlined_png(scan, reading, signs, note, seen))
    return {
        "signs": signs and signs.record(),
        "doubt": round(float(reading.doubt[0]), 3),
        "signs_note": note,
        "lesions": seen and seen.areas,
    }


def why_not(scan: Scan) -> str | None:
    """Why a film is not to be read, to follow "The film", or None."""
    return "is a lateral one; only frontal ones (PA, AP) are read." if scan.view == LATERAL else None
