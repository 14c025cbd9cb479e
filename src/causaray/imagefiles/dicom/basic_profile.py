"""De-identification by the Basic Application Level Confidentiality Profile of DICOM (PS3.15, Annex E).

Which element is replaced, emptied or removed, and what takes its place, is dicom-anonymizer's: its table is that of the
standard of 2026c. It works on one level, so it is called here for the items of sequences, too.
"""

import warnings
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from dicomanonymizer.simpledicomanonymizer import anonymize_dataset, initialize_actions, keep
from pydicom import DataElement, Dataset, FileDataset
from pydicom.datadict import dictionary_has_tag, dictionary_VR, repeater_has_tag
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import SecondaryCaptureImageStorage, generate_uid

from causaray.errors import BadInput
from causaray.imagefiles.dicom.dataset import read_dataset
from causaray.imagefiles.dicom.hidden_bytes import clear_hidden
from causaray.imagefiles.magic import is_dicom_file

TABLE = "dicomfields_2026c"
METHOD = "DICOM PS3.15 Basic Profile; pixels were not searched for text"
_BASIC_PROFILE = {
    "CodeValue": "113100",
    "CodingSchemeDesignator": "DCM",
    "CodeMeaning": "Basic Application Confidentiality Profile",
}
_DUMMIES = {"DA": "19000101", "DT": "19000101000000"}
_ACQUISITION_CONTEXT = (0x0040, 0x0555)
"""Of the sequences that may be removed or emptied, the one that an image (DX) must have."""
Rule = Callable[[Dataset, tuple[int, int]], None]


def deidentified(path: Path) -> tuple[bytes, bool]:
    """A DICOM image, as a file's content, without what names or may lead to its patient.

    UIDs are replaced by random ones, the same for the same within this process. Private elements, those that no
    dictionary knows, the file's preamble, and what the image hides (`hidden_bytes.py`) are left out. The second value
    tells whether the image says that text is burned into its pixels.

    Raises:
        BadInput: the file is no DICOM image, damaged, or holds elements of a form that no dummy is known for.
    """
    if not is_dicom_file(path):
        raise BadInput(f"{path} is no DICOM file, so it cannot be de-identified; leave it out.")
    content = BytesIO()
    try:
        with warnings.catch_warnings(action="ignore"):  # pydicom's may quote the header, so the patient
            dataset = read_dataset(path)
            if "Rows" not in dataset:
                raise BadInput(f"{path} holds no image or only part of one; leave it out.")
            _clean(dataset)
            clear_hidden(dataset)
            _declare(dataset)
            dataset.save_as(content, enforce_file_format=True)
    except (BadInput, MemoryError):
        raise
    except Exception as error:  # pydicom meets damage with many exceptions
        raise BadInput(
            f"{path} is damaged, or holds what no dummy is known for, so it cannot be de-identified; leave it out."
        ) from error
    return content.getvalue(), str(dataset.get("BurnedInAnnotation")) == "YES"


def _clean(dataset: Dataset) -> None:
    """Apply the profile to a data set and to the items of what sequences are left."""
    anonymize_dataset(dataset, base_rules_gen=_rules)
    for element in list(dataset):
        if not (dictionary_has_tag(element.tag) or repeater_has_tag(element.tag)):
            del dataset[element.tag]
        elif element.VR == "SQ":
            for item in element.value:
                _clean(item)


def _declare(dataset: FileDataset) -> None:
    """Say what was done (PS3.15, E.1.1), and leave nothing of the old file beside the data set."""
    method = Dataset()
    for keyword, value in _BASIC_PROFILE.items():
        setattr(method, keyword, value)
    dataset.SOPClassUID = dataset.get("SOPClassUID") or SecondaryCaptureImageStorage
    dataset.SOPInstanceUID = dataset.get("SOPInstanceUID") or generate_uid()
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = METHOD
    dataset.DeidentificationMethodCodeSequence = [method]
    dataset.LongitudinalTemporalInformationModified = "REMOVED"
    syntax = dataset.file_meta.TransferSyntaxUID
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.preamble = bytes(128)


@cache
def _rules() -> dict[tuple[int, ...], Rule]:
    """dicom-anonymizer's rules, but where it takes a liberty with the standard or leaves what is no valid object.

    It leaves a made date, of the year 1, where one is to be removed. It empties the items of a sequence rather than the
    sequence; those that may be removed are, here. And it empties references to other images (X/Z/U*), of which the
    items' UIDs are to be replaced.
    """
    table, rules = dicom_anonymization_database_selector(TABLE), initialize_actions(TABLE)
    dated = {tag: _with_valid_dates(rule) for tag, rule in rules.items()}
    sequences = [tag for group in ("X_Z_TAGS", "X_D_TAGS", "X_Z_D_TAGS") for tag in table[group] if _is_sequence(tag)]
    return (
        dated
        | dict.fromkeys([*table["X_TAGS"], *sequences], _remove)
        | dict.fromkeys([*filter(_is_sequence, table["Z_TAGS"]), _ACQUISITION_CONTEXT], _empty_sequence)
        | dict.fromkeys(table["X_Z_U_STAR_TAGS"], keep)
    )


def _is_sequence(tag: tuple[int, int]) -> bool:
    return dictionary_has_tag(tag) and dictionary_VR(tag) == "SQ"


def _remove(dataset: Dataset, tag: tuple[int, int]) -> None:
    dataset.pop(Tag(tag), None)


def _empty_sequence(dataset: Dataset, tag: tuple[int, int]) -> None:
    if tag in dataset:
        dataset[tag] = DataElement(tag, "SQ", Sequence())


def _with_valid_dates(rule: Rule) -> Rule:
    def apply(dataset: Dataset, tag: tuple[int, int]) -> None:
        element = dataset.get(tag)
        if element is not None and element.VR in _DUMMIES:
            element.value = _DUMMIES[element.VR]
        else:
            rule(dataset, tag)

    return apply
