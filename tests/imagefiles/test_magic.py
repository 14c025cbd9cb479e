import pytest

from causaray.imagefiles.magic import begins_as_dicom

BARE = {
    "implicit": b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100",
    "explicit": b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100",
    "big endian": b"\x00\x08\x00\x05CS\x00\x0aISO_IR 100",
    "File Meta Information": b"\x02\x00\x00\x00UL\x04\x00\xb0\x00\x00\x00",
}
OTHERS = [b"", b"\x08\x00", bytes(200), b"plain text"]
OTHERS += [b"\x08\x00\x05\x00\xff\xff\xff\xff", b"\x10\x00\x10\x00PN\x04\x00Doe "]


@pytest.mark.parametrize("kind", BARE)
def test_data_sets_without_preamble_begin_as_dicom_does(kind):
    assert begins_as_dicom(BARE[kind].ljust(132, b"\0"))


@pytest.mark.parametrize("head", OTHERS)
def test_others_do_not(head):
    assert not begins_as_dicom(head)


def test_a_preamble_may_hold_anything():
    assert begins_as_dicom(b"II*\x00".ljust(128, b"\xff") + b"DICM")
