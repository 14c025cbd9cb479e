"""The projection of a radiograph, in the many words that tables and DICOM headers have for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from causaray.study import View

if TYPE_CHECKING:
    from pydicom import Dataset

TAGS = ("ViewPosition", "ViewCodeSequence", "PatientOrientation")
"""What of a DICOM header `header_view` reads."""
_LATERAL = {"LATERAL", "LAT", "LL", "RL", "LLAT", "RLAT"}
_FRONTAL: dict[str, View] = {"PA": "PA", "POSTEROANTERIOR": "PA", "AP": "AP", "ANTEROPOSTERIOR": "AP"}
_CODES: dict[str, View] = {
    **dict.fromkeys(("R-10214", "R-40888", "272479007"), "PA"),
    **dict.fromkeys(("R-10206", "399348003"), "AP"),
    **dict.fromkeys(("R-102CD", "399067008", "R-10236", "399173006", "R-10232", "399198007"), "LL"),
}
"""SNOMED's codes of the views of a chest (PS3.16, CID 4010), of the SRT scheme and of SCT; laterals of either side."""


def read_view(text: str | None) -> View | None:
    """The projection: "ap", "AP SUPINE" -> "AP"; "PA" -> "PA"; "L", "LAT ERECT", "XTABLE LATERAL" -> "LL"."""
    spelled = re.sub(r"(POSTERO|ANTERO)[^A-Z]*(?=ANTERIOR|POSTERIOR)", r"\1", (text or "").upper().replace(".", ""))
    words = re.findall("[A-Z]+", spelled)
    if words[:1] == ["L"] or _LATERAL & set(words):
        return "LL"
    return next((_FRONTAL[word] for word in words if word in _FRONTAL), None)


def header_view(header: Dataset) -> View | None:
    """The projection that a DICOM header tells: by its ViewPosition, else by its view code, else by its orientation.

    Along the rows of a frontal film the patient's left or right lies; along those of a lateral one front or back.
    """
    if view := read_view(_text(header, "ViewPosition")):
        return view
    for code in header.get("ViewCodeSequence") or ():
        if view := _CODES.get(_text(code, "CodeValue")) or read_view(_text(code, "CodeMeaning")):
            return view
    sides = {direction[:1] for direction in header.get("PatientOrientation") or ()}
    return "LL" if sides & {"A", "P"} else None


def _text(dataset: Dataset, keyword: str) -> str:
    return str(dataset.get(keyword) or "").strip()
