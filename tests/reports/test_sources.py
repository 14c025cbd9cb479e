"""Reports as they are published, all of them made up: what is read, whose it is, and what is wrong with bad files."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from causaray.errors import BadInput
from causaray.reports.sections import sections
from causaray.reports.sources import Report, openi, read_reports

OPENI = """<?xml version="1.0" encoding="utf-8"?>
<eCitation><uId id="CXR{n}"/><MedlineCitation><Article><Abstract>
  <AbstractText Label="COMPARISON">None.</AbstractText>
  <AbstractText Label="INDICATION"/>
  <AbstractText Label="FINDINGS">A made-up lung is
      clear &amp; the heart is small.</AbstractText>
  <AbstractText Label="IMPRESSION">Nothing to see.</AbstractText>
</Abstract></Article></MedlineCitation>
<MeSH><major>Lung/made up/mild</major><major>normal</major><automatic>heart</automatic></MeSH></eCitation>
"""
OPENI_TEXT = "COMPARISON: None.\nFINDINGS: A made-up lung is clear & the heart is small.\nIMPRESSION: Nothing to see."
MIMIC = " " * 20 + "FINAL REPORT\n EXAMINATION:  CHEST\n\n IMPRESSION: \n\n No edema since ___.\n"
PLUS = "path_to_image,deid_patient_id,patient_report_date_order,report,section_findings,section_impression\n"


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def archive(path: Path, members: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return path


def only(source: Path) -> Report:
    (report,) = read_reports(source)
    return report


def test_open_i(tmp_path: Path) -> None:
    path = written(tmp_path / "7.xml", OPENI.format(n=7))
    report = only(path)
    assert report == Report(OPENI_TEXT, path, key="CXR7", majors=("Lung/made up/mild", "normal"))
    assert [section.name for section in sections(report.text)] == ["comparison", "findings", "impression"]


def test_open_i_folder_and_archive_are_the_same(tmp_path: Path) -> None:
    texts = {f"ecgen-radiology/{n}.xml": OPENI.format(n=n) for n in (1, 10, 2)}
    for name, text in texts.items():
        written(tmp_path / "folder" / name, text)
    packed = archive(tmp_path / "NLMCXR_reports.tgz", texts | {"ecgen-radiology/notes.md": "none of them"})
    folder = [(report.key, report.text) for report in read_reports(tmp_path / "folder")]
    assert [key for key, _ in folder] == ["CXR1", "CXR10", "CXR2"]
    for source in (packed, tmp_path):
        assert [(report.key, report.text) for report in read_reports(source)] == folder


def test_open_i_without_any_words_is_an_empty_report(tmp_path: Path) -> None:
    empty = '<eCitation><AbstractText Label="FINDINGS"/></eCitation>'
    report = only(written(tmp_path / "9.xml", empty))
    assert (report.text, report.key, report.majors) == ("", "9", ())


def test_kaggle_has_the_keys_and_majors_of_open_i(tmp_path: Path) -> None:
    header = "uid,MeSH,Problems,image,indication,comparison,findings,impression\n"
    row = '7,Lung/made up/mild;normal,Lung,PA,,None.,"A made-up lung is clear & the heart is small.",Nothing to see.\n'
    path = written(tmp_path / "indiana_reports.csv", header + row)
    written(tmp_path / "indiana_projections.csv", "uid,filename,projection\n7,7_IM-1.png,Frontal\n")
    report = only(tmp_path)
    assert (report.key, report.majors, report.source) == ("CXR7", ("Lung/made up/mild", "normal"), path)
    assert sorted(report.text.splitlines()) == sorted(OPENI_TEXT.splitlines())


def test_mimic_knows_patient_and_study(tmp_path: Path) -> None:
    path = written(tmp_path / "files/p10/p10000032/s50414267.txt", MIMIC)
    written(tmp_path / "LICENSE.txt", "none of the reports")
    whole = Report(MIMIC, path, key="50414267", patient="10000032")
    for source in (tmp_path, tmp_path / "files", path.parent, path):
        assert only(source) == whole


def test_a_folder_of_text_is_called_by_its_files(tmp_path: Path) -> None:
    written(tmp_path / "b.txt", "FINDINGS: normal\r\nIMPRESSION: normal\r")
    written(tmp_path / "a" / "1.TXT", b"\xef\xbb\xbfnormal")
    first, second = read_reports(tmp_path)
    assert (first.key, first.text, second.key, second.text) == (
        "b",
        "FINDINGS: normal\nIMPRESSION: normal\n",
        "a/1",
        "normal",
    )
    assert (first.patient, first.order, first.majors) == (None, None, ())


def test_chexpert_plus_reads_a_report_of_two_images_once(tmp_path: Path) -> None:
    rows = (
        'train/patient1/study2/view1_frontal.jpg,patient1,2,"NARRATIVE:\nChest\n\nIMPRESSION:\n\nNo edema.",,No edema.',
        'train/patient1/study2/view2_lateral.jpg,patient1,2,"NARRATIVE:\nChest\n\nIMPRESSION:\n\nNo edema.",,No edema.',
        "train/patient1/study1/view1_frontal.jpg,patient1,1.0,,Small effusion.,Effusion.",
    )
    path = written(tmp_path / "df_chexpert_plus_240401.csv", PLUS + "\n".join(rows))
    second, first = read_reports(path)
    assert (second.key, second.patient, second.order) == ("patient1/study2", "patient1", 2.0)
    assert second.text == "NARRATIVE:\nChest\n\nIMPRESSION:\n\nNo edema."
    assert (first.key, first.order) == ("patient1/study1", 1.0)
    assert first.text == "FINDINGS: Small effusion.\nIMPRESSION: Effusion."


def test_studies_of_two_patients_may_have_one_number_and_one_text(tmp_path: Path) -> None:
    path = written(tmp_path / "table.csv", "patient,study,text\na,1,normal\nb,1,normal\na,1,normal\n")
    assert [report.patient for report in read_reports(path)] == ["a", "b"]


@pytest.mark.parametrize(
    ("table", "key", "text"),
    [
        ("Report\nnormal\n", "row 2", "normal"),
        ("study_id,Text\n5,normal\n", "5", "normal"),
        ("uid,findings\n5,normal\n", "5", "FINDINGS: normal"),
        ("study,section_clinical_history,section_summary,section_impression\n5,cough,done,normal\n", "5", None),
        ("study,text\n5,\n", "5", ""),
    ],
)
def test_any_table(tmp_path: Path, table: str, key: str, text: str | None) -> None:
    report = only(written(tmp_path / "table.csv", table))
    sections_of = "CLINICAL HISTORY: cough\nIMPRESSION: normal\nSUMMARY: done"
    assert (report.key, report.text) == (key, sections_of if text is None else text)


def test_neither_text_nor_patient_is_printed() -> None:
    printed = repr(Report("edema", Path("a.txt"), "1", patient="somebody"))
    assert "a.txt" in printed and "edema" not in printed and "somebody" not in printed


def test_reports_are_read_one_by_one(tmp_path: Path) -> None:
    written(tmp_path / "a.txt", "normal")
    written(tmp_path / "b.txt", b"\x00")
    reports = read_reports(tmp_path)
    assert next(reports).key == "a"
    with pytest.raises(BadInput, match=r"b\.txt is a binary file"):
        next(reports)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", r"a\.txt is empty"),
        ("a.txt", b" \n ", r"a\.txt is empty"),
        ("a.txt", b"normal \xff", r"a\.txt is no text in UTF-8 \(see its byte 7\); save it as UTF-8"),
        ("a.txt", b"a" * ((1 << 20) + 1), r"a\.txt is too large for a report \(over 1 MiB\)"),
        ("a.xml", OPENI[:400], r"a\.xml is no whole XML file \(.*\); it should be a report as Open-i publishes it"),
        ("a.xml", "<html/>", r"a\.xml has no AbstractText"),
        ("a.xml", OPENI.encode("utf-16"), r"a\.xml is no text in UTF-8"),
        ("a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', r"a\.xml declares a document type"),
        ("a.csv", b"", r"No column of .*a\.csv holds reports; it needs `report` or"),
        ("a.csv", "image,patient\n1,2\n", r"its columns are image, patient\."),
        ("a.csv", "report\n", r"a\.csv has no rows"),
        ("a.csv", 'report\n"normal', r"a\.csv cannot be read as a table \(unexpected end of data\)"),
        ("a.csv", b"report\n\xff\n", r"a\.csv cannot be read as a table"),
        ("a.tgz", b"normal", r"a\.tgz is damaged or no archive \(Not a gzipped file"),
        ("a.tgz", gzip.compress(b"normal", mtime=0), r"a\.tgz is damaged or no archive"),
        ("a.pdf", b"normal", r"a\.pdf ends in none of \.txt, \.xml, \.csv, \.tgz"),
    ],
)
def test_a_bad_file_is_told_in_one_sentence(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    path = written(tmp_path / name, content)
    with pytest.raises(BadInput, match=message) as raised:
        list(read_reports(path))
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")


def test_a_bad_archive_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = archive(tmp_path / "whole.tgz", {f"{n}.xml": OPENI.format(n=n) for n in range(50)})
    cut = written(tmp_path / "cut.tgz", whole.read_bytes()[:-100])
    with pytest.raises(BadInput, match=r"cut\.tgz is damaged"):
        list(read_reports(cut))
    damaged = bytearray(whole.read_bytes())
    damaged[-6] ^= 1  # of the checksum
    with pytest.raises(BadInput, match=r"damaged\.tgz is damaged .*CRC"):
        list(read_reports(written(tmp_path / "damaged.tgz", bytes(damaged))))
    with pytest.raises(BadInput, match=r"none\.tgz holds no XML file"):
        list(read_reports(archive(tmp_path / "none.tgz", {"a.md": "normal"})))
    with pytest.raises(BadInput, match=r"3\.xml in .*bad\.tgz has no AbstractText"):
        list(read_reports(archive(tmp_path / "bad.tgz", {"3.xml": "<a/>"})))
    monkeypatch.setattr(openi, "MOST", 1 << 20)
    with pytest.raises(BadInput, match=r"bomb\.tgz unpacks to over 1 MiB"):
        list(read_reports(archive(tmp_path / "bomb.tgz", {"a.md": " " * (1 << 21)})))


def test_a_source_without_reports_or_with_two_tables_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"There is no .*nowhere"):
        read_reports(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="There are no reports in"):
        read_reports(tmp_path)
    for name in ("a.csv", "b.csv"):
        written(tmp_path / name, "report\nnormal\n")
    with pytest.raises(BadInput, match=r"several forms \(a\.csv, b\.csv\); name the one to read"):
        read_reports(tmp_path)
