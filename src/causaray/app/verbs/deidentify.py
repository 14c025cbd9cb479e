"""causaray deidentify: DICOM images without their patient."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from causaray.app.outputs import check_outputs
from causaray.arguments import Force, Out
from causaray.extras import need
from causaray.imagefiles import find_scans
from causaray.writing import make_folder, whole_file


def deidentify(
    inputs: Annotated[
        str | Path | Sequence[str | Path], list[Path], typer.Argument(help="DICOM images and folders of them.")
    ],
    out: Out,
    *,
    force: Force = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[Path, bool]:
    """Write DICOM images anew by the Basic Application Level Confidentiality Profile (PS3.15, Annex E).

    UIDs are replaced alike within a run, so that what belonged together still does. The pixels are not searched for
    text. Results are called image-0001.dcm and so on, in the order of the files, as names may tell the patient.

    Args:
        inputs: DICOM files, and folders of images, all of which have to be DICOM.
        out: folder for the results.
        force: replace results that are there already.
        progress: called with (files done, files in all), counting each twice: it is tried before any is written.

    Returns: the files written, each with whether it says of itself that text is burned into its pixels.

    Raises:
        BadInput: a file is no DICOM image or cannot be de-identified; nothing has been written then.
    """
    need("dicomanonymizer", "deidentify")
    from causaray.imagefiles.dicom.basic_profile import deidentified

    several = [inputs] if isinstance(inputs, str | Path) else inputs
    files = [file for one in several for file in find_scans(one)]
    targets = [Path(out, f"image-{number:04d}.dcm") for number in range(1, len(files) + 1)]
    check_outputs(targets, force, inputs=files)
    tell = progress or (lambda done, total: None)
    for done, file in enumerate(files, 1):
        deidentified(file)
        tell(done, 2 * len(files))
    make_folder(out)
    burned = {}
    for file, target in zip(files, targets, strict=True):
        content, burned[target] = deidentified(file)
        with whole_file(target) as beside:
            beside.write_bytes(content)
        tell(len(files) + len(burned), 2 * len(files))
    return burned
