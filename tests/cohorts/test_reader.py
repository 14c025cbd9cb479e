"""Reading a cohort: a folder with a table, one without, a CSV file, a folder of folders."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from causaray.cohorts import Columns, read_studies
from causaray.cohorts.sources import cohort_sources
from causaray.errors import BadInput
from causaray.findings import Findings

MakeCohort = Callable[..., Path]
ROW = {"image": "images/a.png", "patient": "p1", "findings": "Edema", "view": "ap", "age": "061Y", "sex": "m"}
ROW |= {"day": "-3", "split": "train", "fold": "judge", "licence": "CC BY 4.0", "cause": "virus"}
BLANK = dict.fromkeys(ROW, "") | {"image": "images/b.png", "patient": "p2", "split": "test"}


def test_every_column_is_read(make_cohort: MakeCohort) -> None:
    folder = make_cohort("made", [ROW, BLANK])
    study, _ = read_studies(folder)
    assert study.image == folder / "images/a.png" and study.findings == Findings.from_labels("Edema")
    assert (study.patient, study.cohort, study.age, study.sex, study.view) == ("p1", "made", 61, "M", "AP")
    assert (study.time, study.split, study.fold, study.open) == (-3, "train", "judge", True)
    assert study.row == ROW


def test_blank_cells_are_missing(make_cohort: MakeCohort) -> None:
    study = read_studies(make_cohort("made", [ROW, BLANK]))[1]
    assert {study.age, study.sex, study.view, study.time} == {None}
    assert (study.findings, study.fold, study.open) == (Findings(), "", False)
    assert study.row == {"image": "images/b.png", "patient": "p2", "split": "test"}


def test_folder_without_table_has_one_patient_an_image(make_cohort: MakeCohort) -> None:
    folder = make_cohort("plain", [{"image": f"{i}/x.png"} for i in range(20)], table=None)
    studies = read_studies(folder)
    assert len({study.patient for study in studies}) == 20
    assert all(study.findings == Findings() and study.split for study in studies)
    assert cohort_sources(folder) == [folder]


def test_dicom_headers_stand_in_for_the_table(tmp_path: Path) -> None:
    for name, patient in (("a.dcm", "p1"), ("b", "p1"), ("c.dcm", "p2")):
        _write_dicom(tmp_path / name, PatientID=patient, PatientAge="061Y", PatientSex="F", ViewPosition="AP")
    (tmp_path / "d.dcm").write_bytes(bytes(128) + b"DICM damaged")
    a, b, c, d = read_studies(tmp_path)
    assert [study.patient for study in (a, b, c, d)] == ["p1", "p1", "p2", "d.dcm"]
    assert (a.age, a.sex, a.view, a.time) == (61, "F", "AP", None) and a.split == b.split


def _write_dicom(path: Path, **tags: str) -> None:
    """A DICOM file with a header alone."""
    header = Dataset()
    for tag, value in tags.items():
        setattr(header, tag, value)
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    header.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[path.name])
    header.save_as(path, enforce_file_format=True)


def test_chexpert_paths_start_above_the_table(make_cohort: MakeCohort) -> None:
    rows = [
        {
            "Path": f"chex/train/patient{i:05}/study1/view{v}_{name}.png",
            "AP/PA": view,
            "Edema": "-1.0",
            "Mass": "",
        }
        for i in (1, 2)
        for v, name, view in ((1, "frontal", "AP"), (2, "lateral", ""))
    ]
    parent = make_cohort("data", rows, table=None, header="Path")
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    (parent / "chex" / "train.csv").write_text("\n".join(lines))
    studies = read_studies(parent / "chex" / "train.csv")
    assert [study.view for study in studies] == ["AP", "LL", "AP", "LL"]
    assert [study.patient for study in studies] == ["patient00001"] * 2 + ["patient00002"] * 2
    assert all(study.findings.uncertain == ("Edema",) and len(study.findings) == 1 for study in studies)
    assert {study.scan().pixels.shape[0] for study in studies} == {48}


def test_bare_names_are_found_below_unless_two_files_have_them(make_cohort: MakeCohort) -> None:
    folder = make_cohort("made", [{"image": "p10/s1/abc.png"}, {"image": "p11/twin.png"}, {"image": "twin.png"}], None)
    (folder / "t.csv").write_text("dicom_id,subject_id\nabc,1\ntwin,2\n")
    abc, twin = read_studies(folder)
    assert abc.image == folder / "p10/s1/abc.png" and twin.image == folder / "twin"


def test_yaml_like_mapping(make_cohort: MakeCohort) -> None:
    folder = make_cohort(
        "made", [{"scan": "k-1.png", "oedema": "1"}, {"scan": "k-2.png", "oedema": "0"}], header="scan"
    )
    columns = Columns(image="scan", patient_pattern=re.compile(r"^(\w+)-"), findings={"Edema": "oedema"})
    studies = read_studies(folder, columns)
    assert [study.patient for study in studies] == ["k", "k"]
    assert [study.findings.present for study in studies] == [("Edema",), ()]


def test_folder_of_cohorts(make_cohort: MakeCohort, tmp_path: Path) -> None:
    make_cohort("b", [ROW])
    make_cohort("a", [ROW])
    (tmp_path / "reports").mkdir()
    assert cohort_sources(tmp_path) == [tmp_path / "a", tmp_path / "b"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"image": "a.png", "findings": "Edema"}], "map `patient`.*the columns of .*metadata.csv are image, findings"),
        ([{"image": "a.png", "patient": ""}], "no patient in row 2 of .*metadata.csv"),
        ([{"image": "a.png", "patient": "p", "findings": "Gibberish"}], "metadata.csv.*gibberish"),
        ([{"image": "a.png", "patient": "p", "split": "A"}], "'A' is no split .row 2 of .*metadata.csv"),
        ([{"image": "a.png", "patient": "p", "split": s} for s in ("train", "val")], "several rows, such as a.png"),
        (
            [{"image": f"{s}.png", "patient": "p", "split": s} for s in ("train", "val")],
            "train.png is in 'train' and val.png in 'val' of the splits of .*metadata.csv",
        ),
    ],
)
def test_wrong_tables(make_cohort: MakeCohort, rows: list[dict[str, object]], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_studies(make_cohort("made", rows))


def test_wrong_sources(make_cohort: MakeCohort, tmp_path: Path) -> None:
    folder = make_cohort("made", [ROW], table="one.csv")
    (folder / "two.csv").write_text("image,patient\n")
    with pytest.raises(BadInput, match=r"several tables \(one\.csv, two\.csv\)"):
        read_studies(folder)
    with pytest.raises(BadInput, match="has no rows"):
        read_studies(folder / "two.csv")
    with pytest.raises(BadInput, match="cannot be read as a table"):
        read_studies(folder / "images/a.png")
    with pytest.raises(BadInput, match="There is no"):
        cohort_sources(tmp_path / "nowhere")


MODALITIES = ["X-ray", "CT", "CR", "", "chest radiograph", "HRCT", "DX", "MRI", "X-ray CT", "xray"]
MODALITIES += ["Computed Tomography"]


def test_rows_of_other_modalities_are_left_out_and_counted(make_cohort: MakeCohort) -> None:
    rows = [{"image": f"{i:02}.png", "patient": f"p{i}", "modality": what} for i, what in enumerate(MODALITIES)]
    source, said = make_cohort("mixed", rows), list[str]()
    kept = read_studies(source, tell=said.append)
    assert [study.row.get("modality", "") for study in kept] == ["X-ray", "CR", "", "chest radiograph", "DX", "xray"]
    table = source / "metadata.csv"
    assert said == [
        f"5 of 11 rows of {table} are left out, as they are no radiographs: "
        "1 of CT, 1 of HRCT, 1 of MRI, 1 of X-ray CT, 1 of Computed Tomography."
    ]
    assert len(read_studies(source, Columns(modality=None))) == 11
    with pytest.warns(UserWarning, match="5 of 11 rows"):
        read_studies(source)


def test_a_table_of_nothing_but_ct_is_refused(make_cohort: MakeCohort) -> None:
    source = make_cohort("ct", [{"image": "a.png", "patient": "p", "Modality": "CT"}])
    with pytest.raises(BadInput, match=r"No row of .* is of a radiograph by its column 'Modality' \(1 of CT\)"):
        read_studies(source)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png")).write_bytes(b"whatever it holds")
    with pytest.raises(BadInput, match="is not in UTF-8"):
        read_studies(tmp_path)
