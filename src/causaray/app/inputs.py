"""What the user asks for and names, checked before anything heavy is loaded."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from causaray.counterfactual import DIFFERENCE, FILM, LESIONS, SR
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.imagefiles import find_scans, read_scan
from causaray.reports.prompt import read_request
from causaray.scan import LATERAL, UNNAMED, Scan

RESULT = "-counterfactual"
ATTENTION = RESULT + "-attention"
RESULTS = (RESULT, *(RESULT + ending for ending in (FILM, DIFFERENCE, LESIONS, SR)), ATTENTION)
"""What the names of results end in; a folder that is edited again is not edited twice."""


def as_findings(prompt: str | Findings) -> Findings:
    """The request itself, or what a prompt asks for. Raises BadInput when the prompt cannot be read."""
    return read_request(prompt) if isinstance(prompt, str) else prompt


def as_request(prompt: str | Findings | None, report: str | Path | None, names: Sequence[str]) -> Findings:
    """What an edit is asked for: by a prompt, or by a report (a file), of which the findings `names` are taken.

    Of a report what is present is to be shown and what is denied removed; what it calls uncertain is left as it is.
    Raises BadInput unless one of the two is given, and for a report that says nothing that the weights know.
    """
    if (prompt is None) == (report is None):
        raise BadInput("Say what to show by --prompt, or by --report; give one of the two.")
    if prompt is not None:
        return as_findings(prompt)
    assert report is not None
    from causaray.app.verbs.read_reports import read_one

    said = read_one(report).findings
    request = Findings(f for f in said if f.name in names and f.name != "No Finding" and f.state != "uncertain")
    if not len(request):
        raise BadInput(f"{report} says nothing of what the weights know ({', '.join(names)}).")
    return request


def scan_files(inputs: str | Path | Sequence[str | Path]) -> list[Path]:
    """The image files that `inputs` (files and folders) stand for, without earlier results in the folders.

    Raises BadInput when there is none, or one of `inputs` does not exist.
    """
    several = [inputs] if isinstance(inputs, str | Path) else inputs
    files = [file for one in several for file in _files(Path(one))]
    if not files:
        raise BadInput("No image was named, or only earlier results; name an image file or a folder of images.")
    return files


def _files(path: Path) -> list[Path]:
    return [file for file in find_scans(path) if file == path or not file.stem.endswith(RESULTS)]


def frontal(scan: Scan) -> Scan:
    """The scan itself. Raises BadInput when it says of itself that it is a lateral film."""
    if scan.view == LATERAL:
        name = scan.source or UNNAMED
        raise BadInput(f"{name} is a lateral film; editors know frontal ones (PA, AP) alone, so leave it out.")
    return scan


class Region:
    """Where images may change: the bright half of a picture that has the pixels of the images, whatever their number.

    Of a picture of two values, such as 0 and 1, the brighter is meant. Raises BadInput for a picture that cannot be
    read, one that lets nothing change or is of another shape than an image, and for an image that was turned.
    """

    def __init__(self, file: str | Path) -> None:
        picture = read_scan(Path(file))
        brightest = picture.pixels == picture.pixels.max()
        two_valued = (brightest | (picture.pixels == picture.pixels.min())).all()
        self.picture = replace(picture, pixels=brightest) if two_valued else picture
        self._something(self.whole())

    def check(self, scan: Scan) -> None:
        """Raises BadInput when a scan, as it was read, has other pixels than the picture, or has been turned."""
        name = scan.source or UNNAMED
        if scan.pixels.shape != self.picture.pixels.shape:
            mine, other = (" x ".join(map(str, one.pixels.shape[::-1])) for one in (self.picture, scan))
            raise BadInput(f"The mask {self.picture.source} is {mine} pixels, {name} is {other}.")
        if scan.turned:
            raise BadInput(
                f"{name} lies as {scan.turned} by its header and is turned, so a mask of it might mean the other side; "
                "save it as PNG, upright, and draw the mask on that."
            )

    def square(self, size: int) -> np.ndarray:
        """bool (size, size), as `Scan.square` places the image."""
        return self._something(self.picture.square(size).pixels > 0.5)

    def whole(self) -> np.ndarray:
        """bool (H, W), at the image's own pixels."""
        return self.picture.pixels > 0.5

    def _something(self, allowed: np.ndarray) -> np.ndarray:
        """The same. Raises BadInput where it is true nowhere."""
        if not allowed.any():
            raise BadInput(f"The mask {self.picture.source} lets nothing change; paint white what may change.")
        return allowed


def square_side(spec: EditorSpec) -> int:
    """Side in pixels of the images that an editor takes. Raises BadInput for one that takes whole films, or is none."""
    if spec.size is None:
        raise BadInput(
            f"{spec.folder.name} draws findings and does so in `causaray edit` and `draw` alone; name other weights."
        )
    return spec.size
