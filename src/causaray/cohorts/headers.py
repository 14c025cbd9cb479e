"""What a DICOM header says of its patient, for images that come without a table."""

from pathlib import Path

from pydicom import Dataset

from causaray.cohorts.values import read_age, read_sex, read_time
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.imagefiles import read_header
from causaray.imagefiles.magic import is_dicom_file
from causaray.study import Study
from causaray.views import TAGS as VIEW_TAGS
from causaray.views import header_view

TAGS = ("PatientID", "PatientSex", "PatientAge", "StudyDate")


def untabled_study(image: Path, folder: Path, cohort: str) -> Study:
    """The study of an image without a table: its findings unknown, its patient that of the DICOM header, else itself.

    A header that cannot be read says nothing here: `Study.scan` will say what is wrong with the file.
    """
    header = _header(image)
    said = {tag: str(header.get(tag) or "").strip() for tag in TAGS}
    return Study(
        image=image,
        findings=Findings(),
        patient=said["PatientID"] or image.relative_to(folder).as_posix(),
        cohort=cohort,
        age=read_age(said["PatientAge"]),
        sex=read_sex(said["PatientSex"]),
        view=header_view(header),
        time=read_time(said["StudyDate"]),
    )


def _header(image: Path) -> Dataset:
    """What a DICOM file says; nothing of another file, and of one that cannot be read."""
    try:
        return read_header(image, (*TAGS, *VIEW_TAGS)) if is_dicom_file(image) else Dataset()
    except BadInput:
        return Dataset()
