import socket
import sys

import pytest

pytest.importorskip("pynetdicom")
from made_study import free_port, saved, study, tells_the_patient
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
)

from causaray.app.verbs.send import send
from causaray.errors import BadInput
from causaray.network.instances import Instance, contexts_of


def test_files_are_sent_as_they_are_stored_after_an_echo(tmp_path, server):
    pacs = server(syntaxes=[ExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless])
    saved(tmp_path, "a.dcm")
    saved(tmp_path, "b", syntax=JPEG2000Lossless)
    saved(tmp_path, "c.dcm", syntax=JPEGLSLossless, SOPClassUID=ComputedRadiographyImageStorage)
    (tmp_path / "notes.txt").write_text("passed over")
    steps = []
    sent = send(tmp_path, pacs.address, progress=lambda *step: steps.append(step))
    assert [one.path.name for one in sent if one.stored] == ["a.dcm", "b", "c.dcm"]
    assert [one.file_meta.TransferSyntaxUID for one in pacs.stored] == [
        ExplicitVRLittleEndian,
        JPEG2000Lossless,
        JPEGLSLossless,
    ]
    assert pacs.stored[0].PatientName == "Zyxwvut^Jörg"
    assert pacs.calls == ["echo", "store", "store", "store"]
    assert steps == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(("implicit", "little"), [(True, True), (False, True), (False, False)])
def test_files_without_preamble_are_found_and_sent(tmp_path, server, implicit, little):
    pacs = server(syntaxes=[ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
    dataset = study()
    del dataset.file_meta
    dataset.save_as(tmp_path / "IM0001", implicit_vr=implicit, little_endian=little)
    (one,) = send(tmp_path, pacs.address)
    assert one.stored and pacs.stored[0].SOPInstanceUID == dataset.SOPInstanceUID
    assert pacs.stored[0].file_meta.TransferSyntaxUID.is_little_endian == little


def test_native_images_go_in_the_encoding_that_the_server_takes(tmp_path, server):
    pacs = server(syntaxes=[ImplicitVRLittleEndian])
    (one,) = send(saved(tmp_path), pacs.address)
    assert one.stored and pacs.stored[0].file_meta.TransferSyntaxUID == ImplicitVRLittleEndian


def test_one_that_is_not_taken_does_not_stop_the_others(tmp_path, server):
    full = ComputedRadiographyImageStorage
    pacs = server(answer=lambda event: 0xA700 if event.request.AffectedSOPClassUID == full else 0xB000)
    cr = saved(tmp_path, "cr.dcm", SOPClassUID=ComputedRadiographyImageStorage)
    files = [cr, saved(tmp_path, "j2k.dcm", syntax=JPEG2000Lossless), saved(tmp_path, "dx.dcm")]
    sent = send(files, pacs.address)
    assert [(one.stored, one.status) for one in sent] == [(False, 0xA700), (False, None), (True, 0xB000)]
    assert sent[0].reason == "it is out of resources (status 0xA700)"
    assert sent[1].reason.startswith("PACS takes no Digital X-Ray Image Storage - For Presentation in JPEG 2000")


def test_a_lost_association(tmp_path, server):
    pacs = server(answer=lambda event: event.assoc.abort() or 0)
    sent = send([saved(tmp_path, "a.dcm"), saved(tmp_path, "b.dcm")], pacs.address, timeout=1)
    assert ["association was lost" in one.reason for one in sent] == [True, True]


def refusal(*arguments, **options) -> str:
    with pytest.raises(BadInput) as refused:
        send(*arguments, **options)
    message = str(refused.value)
    assert message.endswith(".") and "\n" not in message and not tells_the_patient(message)
    return message


def test_a_server_that_does_not_know_us_or_our_name_for_it(tmp_path, server):
    pacs, file = server(senders=["FRIEND"]), saved(tmp_path)
    assert refusal(file, pacs.address) == (
        f"{pacs.address} refuses an association (Calling AE title not recognised); have CAUSARAY registered there, or "
        "call as another with --ae-title."
    )
    assert "Called AE title not recognised" in refusal(file, f"OTHER@127.0.0.1:{pacs.port}", ae_title="FRIEND")
    assert send(file, pacs.address, ae_title="FRIEND")[0].stored


def test_a_server_that_is_not_there_or_does_not_answer(tmp_path):
    file = saved(tmp_path)
    assert "The host no-such-host.invalid is unknown" in refusal(file, "PACS@no-such-host.invalid:104")
    assert "cannot be reached" in refusal(file, f"PACS@127.0.0.1:{free_port()}")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        message = refusal(file, f"PACS@127.0.0.1:{mute.getsockname()[1]}", timeout=0.3)
    assert "agreed to no association in 0.3 s" in message


def test_files_that_cannot_be_sent(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    assert "the folders hold none" in refusal(tmp_path, "PACS@127.0.0.1:104")
    assert "a.png is no DICOM file" in refusal(tmp_path / "a.png", "PACS@127.0.0.1:104")
    assert "gone does not exist" in refusal(tmp_path / "gone", "PACS@127.0.0.1:104")
    assert "is no DICOM address" in refusal(tmp_path, "PACS")


def test_a_file_that_cannot_be_written_as_an_object_is_said_to_be_damaged(tmp_path, server):
    file, unnamed = tmp_path / "scan.dcm", study()
    unnamed.file_meta.MediaStorageSOPClassUID, unnamed.preamble = unnamed.SOPClassUID, bytes(128)
    del unnamed.SOPInstanceUID
    unnamed.save_as(file)
    (sent,) = send(file, server().address)
    assert sent.reason.startswith("the file is damaged")


def test_too_many_kinds_for_one_association(tmp_path):
    many = [Instance(tmp_path, UID(f"1.2.3.{number}"), JPEG2000Lossless) for number in range(128)]
    with pytest.raises(BadInput, match="These are 128 kinds of DICOM object"):
        contexts_of(many)


def test_without_pynetdicom(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynetdicom", None)
    assert refusal(tmp_path, "PACS@host:104") == (
        "The package pynetdicom is missing, which this needs; pip install 'causaray[network]'."
    )
