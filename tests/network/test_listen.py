"""The listener as those who send to it see it."""

import hashlib
import json
import socket
import struct
import threading
import warnings

import numpy as np
import pytest

pytest.importorskip("pynetdicom")
from made_study import radiograph, study, tells_the_patient
from other_side import store
from pydicom import dcmread
from pydicom.uid import CTImageStorage, RLELossless, SecondaryCaptureImageStorage

from causaray.app.editing import EditingPipeline
from causaray.app.verbs.listen import listen
from causaray.errors import BadInput
from causaray.imagefiles import burn_in

FULL, NOT_ITS_KIND, NOT_UNDERSTOOD = 0xA700, 0xA900, 0xC000


def hashed(folder) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_a_radiograph_comes_back_as_its_counterfactual_in_the_same_study(tmp_path, listening, server):
    pacs, sent = server(), study(radiograph(120)[:100])
    here = listening(out=tmp_path, forward_to=pacs.address)
    assert store(sent, here.port) == 0
    name = here.wait_for(f"stored by {pacs.address}").split(":")[0]
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"{name}.dcm", f"{name}.json"]
    kept, (back,) = dcmread(tmp_path / f"{name}.dcm"), pacs.stored
    assert back.SOPInstanceUID == kept.SOPInstanceUID != sent.SOPInstanceUID
    assert back.SeriesInstanceUID != sent.SeriesInstanceUID
    assert back.SOPClassUID == SecondaryCaptureImageStorage
    same = ("StudyInstanceUID", "StudyDate", "StudyID", "AccessionNumber", "PatientName", "PatientID", "PatientSex")
    assert [back[keyword].value for keyword in same] == [sent[keyword].value for keyword in same]
    assert back.SourceImageSequence[0].ReferencedSOPInstanceUID == sent.SOPInstanceUID
    assert "InstitutionName" not in back
    assert (back.Rows, back.Columns, back.PixelSpacing) == (sent.Rows, sent.Columns, sent.PixelSpacing)
    assert "SYNTHETIC" in back.SeriesDescription
    shown = back.pixel_array / 4095
    np.testing.assert_allclose(shown, burn_in(shown, "SYNTHETIC"), atol=1 / 4095)
    assert json.loads((tmp_path / f"{name}.json").read_text())["request"] == "pneumonia"
    assert not tells_the_patient("\n".join(here.told) + (tmp_path / f"{name}.json").read_text())


def test_the_same_object_gives_the_same_file(tmp_path, listening):
    here, sent = listening(out=tmp_path), study()
    store(sent, here.port)
    here.wait_for("pixels changed")
    before = hashed(tmp_path)
    here.told.clear()
    store(sent, here.port)
    here.wait_for("pixels changed")
    assert hashed(tmp_path) == before


def test_compressed_radiographs_are_taken(tmp_path, listening):
    sent = study()
    sent.compress(RLELossless)
    sent["PixelData"].VR = "OB"
    assert store(sent, listening(out=tmp_path).port) == 0


UNREAD = "it is damaged, or no grey image of a kind that is read"
REFUSED = [
    ("it is no single plain radiograph", NOT_ITS_KIND, {"Modality": "CT", "SOPClassUID": SecondaryCaptureImageStorage}),
    ("it is a lateral film", NOT_ITS_KIND, {"ViewPosition": "LL"}),
    ("it is not of the chest", NOT_ITS_KIND, {"BodyPartExamined": "ABDOMEN"}),
    ("it is a counterfactual already", NOT_ITS_KIND, {"SecondaryCaptureDeviceManufacturer": "Causaray"}),
    ("it belongs to no study", NOT_UNDERSTOOD, {"StudyInstanceUID": ""}),
    (UNREAD, NOT_UNDERSTOOD, {"PixelData": bytes(1000)}),
    (UNREAD, NOT_UNDERSTOOD, {"Rows": 60000, "Columns": 60000}),
]


def test_what_is_no_frontal_chest_radiograph_is_refused_and_leaves_nothing(tmp_path, listening):
    here = listening(out=tmp_path)
    for reason, status, elements in REFUSED:
        here.told.clear()
        assert store(study(**elements), here.port) == status, reason
        assert here.told == [here.wait_for(reason)]
        assert f"from MODALITY was refused with 0x{status:04X}" in here.told[0]
        assert not tells_the_patient(here.told[0])
    assert store(study(SOPClassUID=CTImageStorage, Modality="CT"), here.port) is None
    assert not any(tmp_path.iterdir())
    assert store(study(), here.port) == 0


def test_what_pydicom_warns_of_is_not_printed(tmp_path, listening, capfd):
    here = listening(out=tmp_path)
    odd = study()
    with warnings.catch_warnings(action="ignore"):
        odd.PatientID, odd.StudyID, odd.PatientBirthDate = "Zyxwvut" * 20, "Zyxwvut" * 4, "Zyxwvut"
    assert store(odd, here.port) in (0, NOT_UNDERSTOOD)
    here.stop()
    assert not tells_the_patient("".join(capfd.readouterr()) + "\n".join(here.told))


def test_a_full_queue_refuses_but_answers(tmp_path, listening, monkeypatch):
    edit, go_on = EditingPipeline.edit, threading.Event()
    here = listening(out=tmp_path, queue=2)
    monkeypatch.setattr(EditingPipeline, "edit", lambda *arguments: go_on.wait(30) and edit(*arguments))
    assert [store(study(), here.port) for _ in range(4)] == [0, 0, 0, FULL]  # one at work, two wait
    assert "the queue is full" in here.told[-1]
    go_on.set()
    here.wait_for("pixels changed")
    while store(study(), here.port) != 0:
        pass
    here.stop()
    assert len(list(tmp_path.glob("*.dcm"))) == 4


def test_only_those_who_are_named_may_send_and_only_by_our_name(tmp_path, listening):
    here = listening(out=tmp_path, senders=["PACS", "MODALITY"], ae_title="EDITOR")
    assert store(study(), here.port, "MODALITY", "EDITOR") == 0
    assert store(study(), here.port, "STRANGER", "EDITOR") is None
    assert store(study(), here.port, "MODALITY", "CAUSARAY") is None


def test_an_object_that_is_too_large_is_cut_off(tmp_path, listening):
    here = listening(out=tmp_path, max_megabytes=1)
    assert store(study(radiograph(1100)), here.port) is None
    here.wait_for("too large, and was cut off")
    assert store(study(radiograph(600)), here.port) == 0


def test_a_unit_of_gigabytes_is_not_read(tmp_path, listening):
    here = listening(out=tmp_path)
    with socket.create_connection(("127.0.0.1", here.port), timeout=5) as stranger:
        stranger.sendall(struct.pack(">BBL", 4, 0, 2**32 - 1))
        stranger.settimeout(5)
        assert stranger.recv(100)[:1] in (b"", b"\7")  # closed, or an abort
    assert store(study(), here.port) == 0


def test_a_server_that_does_not_take_the_result(tmp_path, listening, server):
    pacs = server(answer=lambda event: FULL)
    here = listening(out=tmp_path, forward_to=pacs.address)
    store(study(), here.port)
    assert here.wait_for("not stored by").endswith(f"{pacs.address}: it is out of resources (status 0xA700).")
    pacs.stop()
    store(study(), here.port)
    assert here.wait_for("cannot be reached").startswith(pacs.address)
    assert len(list(tmp_path.glob("*.dcm"))) == 2


def test_without_a_folder_nothing_is_kept(tmp_path, listening, server, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pacs = server()
    here = listening(forward_to=pacs.address)
    store(study(), here.port)
    here.wait_for("stored by")
    here.stop()
    assert len(pacs.stored) == 1 and not any(tmp_path.iterdir())


def test_other_addresses_than_our_own_are_warned_of(tmp_path, listening):
    assert "nothing is encrypted" in listening(out=tmp_path, host="0.0.0.0").wait_for("can send radiographs here")
    assert len(listening(out=tmp_path, host="0.0.0.0", senders=["PACS"]).told) == 1


def test_what_cannot_be_is_refused_before_anything_is_opened(tmp_path, editor_folder, judge):
    def refusal(**arguments) -> str:
        with pytest.raises(BadInput) as refused:
            listen(**{"prompt": "pneumonia", "out": tmp_path, "weights": editor_folder, **arguments})
        return str(refused.value)

    assert refusal(out=None) == (
        "Say where the counterfactuals go: to a folder by --out, to a server by --forward-to, or both."
    )
    assert "is no DICOM address" in refusal(forward_to="PACS")
    assert "is no AE title" in refusal(ae_title="A" * 17)
    assert "is no AE title" in refusal(senders=["\\"])
    assert "cardiomegaly" in refusal(prompt="cardiomegaly").lower()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} of 127.0.0.1 cannot be opened" in refusal(port=port)
    assert not any(tmp_path.iterdir())
