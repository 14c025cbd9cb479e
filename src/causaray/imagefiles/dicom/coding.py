"""The codes by which DICOM objects name findings, and what makes the objects the same whenever they are made."""

from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

SNOMED = {
    "Pleural Effusion": codes.SCT.PleuralEffusion,
    "Pneumothorax": codes.SCT.Pneumothorax,
    "Cardiomegaly": codes.SCT.Cardiomegaly,
    "Edema": codes.SCT.PulmonaryEdema,
    "Nodule": codes.SCT.Nodule,
    "Mass": codes.SCT.Mass,
    "Fibrosis": codes.SCT.Fibrosis,
}
"""The findings that the code list of pydicom names; others have a code of our own."""
OWN_SCHEME = "99CAUSARAY"
NO_TIME = "19000101", "000000"
"""The standard wants a date and a time of the content; this one says nothing of the present."""


def coded(name: str) -> Code:
    """The code of a finding, or of anything else that is measured."""
    return SNOMED.get(name) or own_code(name)


def own_code(name: str) -> Code:
    """A code of our own scheme, of at most 16 characters."""
    return Code(name.upper().replace(" ", "-").replace("_", "-")[:16], OWN_SCHEME, name.replace("_", " "))


def put_time_and_uid(dataset: Dataset, dimension: str) -> None:
    """Take out the present time, and the random identifier of the dimension of segments."""
    for element in dataset.iterall():
        if element.VR in ("DT", "DA", "TM"):
            element.value = ""
        elif element.keyword == "DimensionOrganizationUID":
            element.value = dimension
    dataset.ContentDate, dataset.ContentTime = NO_TIME
