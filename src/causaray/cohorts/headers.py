"""What a DICOM header says of its patient, for images that come without a table."""

from pathlib import Path

from pydicom import dcmread

from causaray.cohorts.values import read_age, read_sex, read_time, read_view
from causaray.findings import Findings
from causaray.imagefiles.magic import first_bytes, has_dicom_preamble
from causaray.study import Study

TAGS = ("PatientID", "PatientSex", "PatientAge", "ViewPosition", "StudyDate")


def untabled_study(image: Path, folder: Path, cohort: str) -> Study:
    """The study of an image without a table: its findings unknown, its patient that of the DICOM header, else itself.

    A header that cannot be read says nothing here: `Study.scan` will say what is wrong with the file.
    """
    said = _header(image)
    return Study(
        image=image,
        findings=Findings(),
        patient=said["PatientID"] or image.relative_to(folder).as_posix(),
        cohort=cohort,
        age=read_age(said["PatientAge"]),
        sex=read_sex(said["PatientSex"]),
        view=read_view(said["ViewPosition"]),
        time=read_time(said["StudyDate"]),
    )


def _header(image: Path) -> dict[str, str]:
    """The text of TAGS, "" for what is not said."""
    try:
        if not has_dicom_preamble(first_bytes(image)):
            return dict.fromkeys(TAGS, "")
        header = dcmread(image, stop_before_pixels=True, specific_tags=list(TAGS))
        return {tag: str(header.get(tag) or "").strip() for tag in TAGS}
    except Exception:  # pydicom meets damage with many kinds of them
        return dict.fromkeys(TAGS, "")
