"""causaray is-synthetic: do image files say, or show, that they are synthetic?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from causaray.counterfactual import MARK
from causaray.errors import BadInput
from causaray.imagefiles import find_scans, read_header, read_scan
from causaray.imagefiles.magic import HEAD, begins_as_dicom, has_raster_magic
from causaray.imagefiles.synthetic_metadata import HEADER, said_by_file, said_by_header
from causaray.scan import Scan

MOST = 2**20
"""Bytes of a PNG, JPEG or TIFF in which its metadata are looked for: writers put them before the pixels."""


@dataclass(frozen=True)
class IsSynthetic:
    """What tells that an image file is synthetic.

    Attributes:
        file: that was looked at.
        metadata: what its metadata says, in words, or None where they say nothing.
        visible, watermark: how much of the burned-in word and of the invisible watermark is in its pixels, as
            `imagefiles.visible_mark` and `imagefiles.watermark` score them; None where the pixels cannot be read.
        fault: why it cannot be read, in a sentence, where its metadata say nothing either; else None.
    """

    file: Path
    metadata: str | None = None
    visible: float | None = None
    watermark: float | None = None
    fault: str | None = None

    @property
    def reasons(self) -> list[str]:
        """What tells it, in words: by metadata, by the visible mark, by the watermark."""
        from causaray.imagefiles import visible_mark, watermark

        found = [f"by its metadata ({self.metadata})"] if self.metadata else []
        if self.visible is not None and self.visible >= visible_mark.PRESENT:
            found.append(f"by the word {MARK} in the picture")
        if self.watermark is not None and self.watermark >= watermark.PRESENT:
            found.append(f"by its watermark (score {self.watermark:.1f}, of {watermark.PRESENT:g} needed)")
        return found

    @property
    def synthetic(self) -> bool | None:
        """Whether anything tells it; None of a file that cannot be read."""
        return None if self.fault else bool(self.reasons)

    @property
    def text(self) -> str:
        """One sentence."""
        if self.fault:
            return self.fault
        if self.synthetic:
            return f"{self.file} is synthetic: {'; '.join(self.reasons)}."
        return (
            f"{self.file} bears no mark of a synthetic image, neither metadata nor word nor watermark; that is no "
            "proof that it is none."
        )


def is_synthetic(
    files: Annotated[
        str | Path | Sequence[str | Path], list[Path], typer.Argument(help="Image files, and folders of images.")
    ],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[IsSynthetic]:
    """Look for the marks of synthetic images: metadata, the word SYNTHETIC in the picture, the invisible watermark.

    Metadata are DICOM's Synthetic Data and IPTC's Digital Source Type, whoever wrote them; the other two are
    Causaray's own.

    Args:
        files: DICOM, PNG, JPEG or TIFF files, and folders of them.
        progress: called with (files done, files in all).

    Returns: what tells it of each file, in their order; one that cannot be read has a `fault`, and stops no other.

    Raises:
        BadInput: for a file or folder that does not exist, and a folder without images.
    """
    several = [files] if isinstance(files, str | Path) else files
    found = [file for one in several for file in find_scans(one)]
    if not found:
        raise BadInput("No image was named; name an image file or a folder of images.")
    told = list[IsSynthetic]()
    for file in found:
        told.append(_told(file))
        if progress is not None:
            progress(len(told), len(found))
    return told


def _told(file: Path) -> IsSynthetic:
    try:
        metadata = _metadata(file)
    except BadInput as error:
        return IsSynthetic(file, fault=str(error))
    try:
        scan = read_scan(file)
    except BadInput as error:
        return IsSynthetic(file, metadata, fault=None if metadata else str(error))
    return IsSynthetic(file, metadata, *_of_pixels(scan))


def _metadata(path: Path) -> str | None:
    try:
        with path.open("rb") as opened:
            head = opened.read(HEAD)
            if has_raster_magic(head):
                term = said_by_file(head + opened.read(MOST))
                return f"Digital Source Type {term}" if term else None
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); name an image file.") from error
    return said_by_header(read_header(path, HEADER)) if begins_as_dicom(head) else None


def _of_pixels(scan: Scan) -> tuple[float, float]:
    from causaray.imagefiles.visible_mark import visible_mark
    from causaray.imagefiles.watermark import score

    return visible_mark(scan.pixels, MARK), score(scan.pixels)
