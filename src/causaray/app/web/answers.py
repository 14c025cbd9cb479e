"""The result of an edit as bytes to send: JSON, one picture, DICOM, or all of them in an archive."""

import base64
import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np

from causaray.app.web.described import Edited
from causaray.counterfactual import ENDINGS, MASKS, Counterfactual
from causaray.imagefiles import grid_png, panel_png
from causaray.imagefiles.contours import contours_png, lesion_contours_png
from causaray.imagefiles.grid import change_png
from causaray.imagefiles.provenance import with_words
from causaray.panels import shown
from causaray.scan import Scan

MEDIA_TYPES = {"json": "application/json", "png": "image/png", "dicom": "application/dicom", "zip": "application/zip"}
PANELS = ("factual", "counterfactual", "difference")
LAYERS = (*PANELS, "change", "contours", "lesions")
STEM = "counterfactual"


def encoded(made: Sequence[Counterfactual], name: str) -> bytes:
    """The counterfactuals of one order in one of MEDIA_TYPES; "dicom" takes one alone.

    "json" is the record of the first with its `images`, and in `further` the same of each other; "png" the panels, a
    row each; "zip" every file that `Counterfactual.save` can write. The same counterfactuals give the same bytes.
    """
    if name == "png":
        return with_words(grid_png([one.panels() for one in made]), "\n".join(one.provenance for one in made))
    if name == "dicom":
        (one,) = made
        return one.encoded("dicom")
    if name == "zip":
        return _archive(made)
    return json.dumps(as_json(made), allow_nan=False).encode()


def as_json(made: Sequence[Counterfactual]) -> dict[str, Any]:
    """What "json" says of the counterfactuals of one order."""
    first, *others = [{**one.record(), "images": _images(one)} for one in made]
    return Edited.model_validate({**first, "further": others}).model_dump()


def pictures(made: Counterfactual) -> dict[str, bytes]:
    """Factual, counterfactual (marked SYNTHETIC) and difference as PNGs, as `panels_of` shows them; contours, finer.

    The change is grey, its limit the record's. Where the editor tells where the findings asked for are, their contours,
    too. All but the factual say how they were made.
    """
    panels = {name: panel_png(panel) for name, panel in zip(PANELS, made.panels(), strict=True)}
    change = shown(made.counterfactual) - shown(made.factual)
    panels |= {"change": change_png(change, made.difference_limit), "contours": contours_png(change)}
    if made.shares:
        largest = np.max(list(made.masks().values()), 0).astype(np.float32) / 255
        panels["lesions"] = lesion_contours_png(shown(Scan(largest)))
    return {name: png if name == "factual" else with_words(png, made.provenance) for name, png in panels.items()}


def _images(made: Counterfactual) -> dict[str, str | None]:
    files = pictures(made)
    return {name: base64.b64encode(files[name]).decode() if name in files else None for name in LAYERS}


def _archive(made: Sequence[Counterfactual]) -> bytes:
    archive = BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as files:
        for i, one in enumerate(made, 1):
            stem = STEM if len(made) == 1 else f"{STEM}-{i}"
            for name, ending in (ENDINGS | ({"lesions": MASKS["lesions"]} if one.shares else {})).items():
                files.writestr(_entry(stem + ending), one.encoded(name), ZIP_DEFLATED)
    return archive.getvalue()


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name)  # without the time of day
    entry.external_attr = 0o644 << 16  # else nobody may open what is unpacked
    return entry
