"""The tutorial beside a PACS, as it is written, with Orthanc; ports are others, and the weights tiny."""

import json
import re
import shlex
from pathlib import Path

import pytest

pytest.importorskip("pynetdicom")
from made_study import free_port, saved
from orthanc_server import Orthanc
from pydicom import dcmread
from tutorial import commands, write_files

PAGE = (Path(__file__).parents[2] / "docs" / "tutorials" / "pacs.md").read_text(encoding="utf-8")


def test_a_film_that_is_sent_comes_back_as_a_second_series(tmp_path, monkeypatch, listening):
    monkeypatch.chdir(tmp_path)
    write_files(PAGE)
    settings, port = json.loads(Path("orthanc.json").read_text()), free_port()
    (name,) = settings["DicomModalities"]
    settings["DicomModalities"][name][2] = port
    orthanc = Orthanc(tmp_path, settings)
    try:
        orthanc.wait_until_it_runs()
        (typed,) = re.findall(r"^causaray (listen .*)$", PAGE, re.MULTILINE)
        said = dict(zip(*[iter(shlex.split(typed)[1:])] * 2, strict=True))
        assert said.keys() == {"--prompt", "--forward-to", "--from"}
        listening(
            port=port, prompt=said["--prompt"], senders=[said["--from"]],
            forward_to=said["--forward-to"].replace("4242", str(orthanc.port)),
        )  # fmt: skip
        sent = dcmread(saved(tmp_path, "study.dcm"))
        (done,) = commands(PAGE.replace("4242", str(orthanc.port)))
        assert done[1] == 0
        images = orthanc.study(sent.StudyInstanceUID)
        assert len({image.SeriesInstanceUID for image in images}) == 2
        assert {image.PatientID for image in images} == {sent.PatientID}
    finally:
        orthanc.stop()
