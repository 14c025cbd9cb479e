"""What DICOM headers say of how films were taken, as a table beside the pixels; nothing in it names a patient."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydicom import Dataset

HEADERS = "headers.parquet"
KEYWORDS = (
    *("Modality", "ViewPosition", "PatientOrientation", "BodyPartExamined", "Laterality", "PatientAge", "PatientSex"),
    *("Manufacturer", "ManufacturerModelName", "DetectorType", "KVP", "Exposure", "ExposureTime", "Grid"),
    *("DistanceSourceToDetector", "PixelSpacing", "ImagerPixelSpacing", "Rows", "Columns", "BitsStored"),
    *("PhotometricInterpretation", "LossyImageCompression", "WindowCenter", "WindowWidth", "RescaleSlope"),
)


def row_of(image: str, header: Dataset) -> dict[str, str | None]:
    """The row of an image: what its header says under each of KEYWORDS, as text, None where it is silent."""
    return {"image": image} | {keyword: _text(header.get(keyword)) for keyword in KEYWORDS}


def write_headers(rows: Sequence[Mapping[str, str | None]], path: Path) -> None:
    """Write the rows as Parquet, all columns text."""
    schema = pa.schema([(name, pa.string()) for name in ("image", *KEYWORDS)])
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema), path)


def _text(value: object) -> str | None:
    return None if value is None or str(value) == "" else str(value)
