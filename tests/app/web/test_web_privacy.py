"""Nothing of a patient stays, or comes out where it was not sent."""

import io
import logging
import re
import tempfile
import zipfile

import numpy as np
import pytest
from web_server import MOST, SECRETS, as_png, edit, refusal, spoiled

from causaray.app.web.service import Service


def test_nothing_of_the_patient_is_in_answers_log_or_metrics(web, dicom, caplog):
    caplog.set_level(logging.DEBUG)
    content, name = dicom.read_bytes(), "Doe_Jane_MRN-77.dcm"
    answers = [edit(web, content, name, format=kind).content for kind in ("png", "dicom")]
    # Pictures in base64 hold any three letters by chance; the same pictures are among the answers as they are.
    answers.append(re.sub(rb'"[A-Za-z0-9+/=]{1000,}"', b'""', edit(web, content, name, format="json").content))
    with zipfile.ZipFile(io.BytesIO(edit(web, content, name, format="zip").content)) as archive:
        answers += [archive.read(entry) for entry in archive.namelist()] + [" ".join(archive.namelist()).encode()]
    answers += [edit(web, content[:-5000], name).content, edit(web, spoiled(dicom, Modality="CT"), name).content]
    answers.append(web.get("/Doe/MRN-77.dcm?name=Jane").content)
    answers.append(web.get("/metrics").content)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]  # not the client
    said = " ".join(ours) + b" ".join(answers).decode("latin-1")
    assert not any(secret in said for secret in SECRETS)
    assert sum("POST /v1/edit 200" in line for line in ours) == 4 and any("GET page 404" in line for line in ours)


def test_an_upload_is_never_on_the_disk(web, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", lambda self: pytest.fail("it was put on the disk"))
    large = as_png(np.random.default_rng(0).integers(0, 256, (1500, 1500), dtype="u1"))
    assert 2 * 2**20 < len(large) < MOST
    assert edit(web, large).status_code == 200
    assert not list(folder.iterdir())


def test_a_fault_is_told_as_one_and_no_more(web, png, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("MRN-77")

    monkeypatch.setattr(Service, "read", broken)
    assert refusal(edit(web, png)) == (500, "This is a fault in Causaray, not in what was sent; its log says where.")
    assert "fault: ZeroDivisionError at " in caplog.text and "MRN-77" not in caplog.text
