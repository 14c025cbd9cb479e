import pytest

from causaray.errors import BadInput
from causaray.network.peer import Peer, checked_title


@pytest.mark.parametrize("text", ["PACS@10.0.0.5:104", "A B-c_1@pacs.example.org:11112", "X@[::1]:4242"])
def test_an_address_is_read_and_written_alike(text):
    assert str(Peer.parse(text)) == text


def test_its_parts():
    assert Peer.parse(" PACS @[fe80::1]:104") == Peer("PACS", "fe80::1", 104)


@pytest.mark.parametrize(
    "text", ["", "PACS", "host:104", "@host:104", "PACS@:104", "PACS@host", "PACS@host:0", "PACS@host:65536", "A@B@c:1"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(BadInput, match=r"is no DICOM address; write AETITLE@host:port"):
        Peer.parse(text)


@pytest.mark.parametrize("title", ["", "   ", "A" * 17, "A\\B", "Ä", "A\nB"])
def test_what_is_no_title_is_refused(title):
    with pytest.raises(BadInput, match="is no AE title"):
        checked_title(title)
