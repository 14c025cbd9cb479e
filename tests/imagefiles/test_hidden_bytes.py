"""A word hidden in every place of an image that no viewer shows is gone after de-identification."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("dicomanonymizer")
from made_images import a_dicom, compress, quarters
from pydicom import dcmread, dcmwrite
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, RLELossless

from causaray.app.verbs.deidentify import deidentify
from causaray.errors import BadInput
from causaray.imagefiles import read_scan
from causaray.imagefiles.dicom.bare_stream import bare

WORD = b"Zyxwvut^Quentin"
FILM = np.add.outer(np.arange(64), np.arange(64)).astype("u2") * 16
"""Values of twelve bits."""


def bits_of(word: bytes) -> np.ndarray:
    return np.unpackbits(np.frombuffer(word, "u1"), bitorder="little")


def carrying(values: np.ndarray, free: list[int], word: bytes = WORD) -> np.ndarray:
    """The same cells, with a word in those of their bits: as many in each as are free."""
    bits = bits_of(word)
    bits = np.pad(bits, (0, -len(bits) % len(free))).reshape(-1, len(free))
    cells = values.ravel().copy()
    cells[: len(bits)] |= (bits << np.array(free)).sum(1).astype(cells.dtype)
    return cells.reshape(values.shape)


def carried(cells: np.ndarray, free: list[int]) -> bytes:
    """What is in those bits of the cells."""
    bits = (cells.astype("u2").ravel()[:, None] >> np.array(free)) & 1
    return np.packbits(bits.astype("u1").ravel(), bitorder="little").tobytes()[: len(WORD)]


def cleaned(path: Path) -> Path:
    (file,) = deidentify(path, path.parent / "out")
    return file


def stored(path: Path) -> np.ndarray:
    dataset = dcmread(path)
    order = ">" if dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian else "<"
    return np.frombuffer(dataset.PixelData, f"{order}u{dataset.BitsAllocated // 8}").reshape(64, 64)


@pytest.mark.parametrize(("high", "free"), [(11, [12, 13, 14, 15]), (15, [0, 1, 2, 3]), (13, [0, 1, 14, 15])])
def test_in_unused_bits(dicom_file, high, free):
    values = FILM << (high - 11)
    path = dicom_file(carrying(values, free), BitsStored=12, HighBit=high)
    assert carried(stored(path), free) == WORD
    np.testing.assert_array_equal(stored(cleaned(path)), values)


def test_above_signed_values(dicom_file):
    values = FILM.astype("i2") - 1000
    path = dicom_file(carrying(values & 0x0FFF, [12, 13, 14, 15]), BitsStored=12, PixelRepresentation=1)
    assert carried(stored(path), [12, 13, 14, 15]) == WORD
    np.testing.assert_array_equal(stored(cleaned(path)).view("i2"), values)


def test_above_six_bits_of_a_byte(dicom_file):
    values = (FILM // 64).astype("u1")
    path = dicom_file(carrying(values, [6, 7]), BitsStored=6)
    assert carried(stored(path), [6, 7]) == WORD
    np.testing.assert_array_equal(stored(cleaned(path)), values)


def test_in_a_big_endian_file(tmp_path):
    dataset = a_dicom(carrying(FILM, [12, 13, 14, 15]).astype(">u2"), BitsStored=12)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    np.testing.assert_array_equal(stored(cleaned(tmp_path / "a.dcm")), FILM)


def test_in_unused_bits_of_run_length_encoding(dicom_file):
    path = dicom_file(carrying(FILM, [12, 13, 14, 15]), BitsStored=12)
    dataset = dcmread(path)
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.save_as(path)
    after = dcmread(cleaned(path))
    assert after.file_meta.TransferSyntaxUID == RLELossless
    after.decompress(generate_instance_uid=False)
    np.testing.assert_array_equal(np.frombuffer(after.PixelData, "u2").reshape(64, 64), FILM)


def test_in_overlay_planes_and_curves(dicom_file):
    path = dicom_file(FILM, BitsStored=12)
    dataset = dcmread(path)
    for group in (0x6000, 0x6002, 0x60FE):
        dataset.add_new((group, 0x0010), "US", 64)
        dataset.add_new((group, 0x0022), "LO", WORD.decode())
        dataset.add_new((group, 0x1500), "LO", WORD.decode())
        dataset.add_new((group, 0x3000), "OW", WORD + b" ")
    dataset.add_new((0x5000, 0x0022), "LO", WORD.decode())
    dataset.add_new((0x5000, 0x3000), "OW", WORD + b" ")
    dataset.save_as(path)
    after = cleaned(path)
    assert WORD not in after.read_bytes()
    assert not [e for e in dcmread(after) if e.tag.group >> 8 in (0x50, 0x60)]


def test_behind_the_pixels(dicom_file):
    path = dicom_file(FILM, PixelData=FILM.tobytes() + WORD + b" ")
    dataset = dcmread(path)
    dataset.add_new(0xFFFCFFFC, "OB", WORD + b" ")
    dataset.save_as(path)
    path.write_bytes(path.read_bytes() + WORD)
    after = cleaned(path)
    assert WORD not in after.read_bytes()
    np.testing.assert_array_equal(stored(after), FILM)


def test_behind_an_odd_number_of_pixels(dicom_file):
    odd = np.full((63, 63), 7, "u1")
    odd[0] = 9
    path = dicom_file(odd, PixelData=odd.tobytes() + WORD)
    assert dcmread(cleaned(path)).PixelData == odd.tobytes() + b"\0"


KINDS = ["JPEGBaselineProcess1", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless", "JPEG2000"]


def compressed(path: Path, syntax: str) -> bytes:
    """Rewrite a DICOM file in a GDCM transfer syntax; its stream."""
    compress(path, syntax)
    return next(generate_frames(dcmread(path).PixelData, number_of_frames=1))


def segment(marker: bytes, content: bytes) -> bytes:
    return marker + (len(content) + 2).to_bytes(2, "big") + content


def with_words(stream: bytes) -> bytes:
    """The stream with a word in a comment, in an application's segment, and behind its end."""
    if stream.startswith(b"\xff\xd8"):
        words = segment(b"\xff\xfe", WORD) + segment(b"\xff\xe1", b"Exif\0\0" + WORD) + segment(b"\xff\xe0", WORD)
        return stream[:2] + words + stream[2:] + WORD
    size = int.from_bytes(stream[4:6], "big")
    comment = segment(b"\xff\x64", b"\0\1" + WORD)
    return stream[: 4 + size] + comment + stream[4 + size :] + WORD


@pytest.mark.parametrize("syntax", KINDS)
def test_in_compressed_pixels(dicom_file, syntax):
    depth = 8 if syntax == "JPEGBaselineProcess1" else 12
    path = dicom_file((FILM >> 12 - depth).astype("u1" if depth == 8 else "u2"), BitsStored=depth)
    stream = compressed(path, syntax)
    expected = read_scan(path).pixels
    dataset = dcmread(path)
    dataset.PixelData = encapsulate([with_words(stream)])
    dataset.save_as(path)
    after = cleaned(path)
    assert WORD in path.read_bytes() and WORD not in after.read_bytes()
    np.testing.assert_array_equal(read_scan(after).pixels, expected)
    assert dcmread(after).file_meta.TransferSyntaxUID == dataset.file_meta.TransferSyntaxUID


@pytest.mark.parametrize("has_bot", [False, True])
def test_in_frames_that_the_header_does_not_count(dicom_file, has_bot):
    path = dicom_file(FILM, BitsStored=12)
    stream = compressed(path, "JPEG2000Lossless")
    expected = read_scan(path).pixels
    dataset = dcmread(path)
    dataset.PixelData = encapsulate([stream, WORD + b" "], has_bot=has_bot)
    dataset.save_as(path)
    after = cleaned(path)
    assert WORD in path.read_bytes() and WORD not in after.read_bytes()
    np.testing.assert_array_equal(read_scan(after).pixels, expected)


@pytest.mark.parametrize("syntax", KINDS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_stream_cut_short_is_no_stream(dicom_file, syntax, share):
    path = dicom_file((FILM >> 4).astype("u1"), BitsStored=8)
    stream = compressed(path, syntax)
    with pytest.raises((ValueError, IndexError)):
        bare(stream[: int(share * len(stream))])


def test_what_shows_is_the_same(dicom_file):
    path = dicom_file(quarters(0, 250, 500, 1000), BitsStored=12)
    np.testing.assert_array_equal(read_scan(cleaned(path)).pixels, read_scan(path).pixels)


def test_a_damaged_stream_among_good_files_is_refused_and_nothing_written(dicom_file, tmp_path):
    good, bad = dicom_file(FILM, "a.dcm", BitsStored=12), dicom_file(FILM, "b.dcm", BitsStored=12)
    stream = compressed(bad, "JPEGLSLossless")
    dataset = dcmread(bad)
    dataset.PixelData = encapsulate([stream[: len(stream) // 2]])
    dataset.save_as(bad)
    with pytest.raises(BadInput, match=r"b\.dcm is damaged"):
        deidentify([good, bad], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("fault", ["compressed", "colour"])
def test_what_is_stored_otherwise_than_it_says_is_refused_and_not_cut_to_pieces(dicom_file, tmp_path, fault):
    path = dicom_file(FILM, BitsStored=12)
    if fault == "compressed":
        compressed(path, "JPEGLSLossless")
    dataset = dcmread(path)
    if fault == "colour":
        dataset.PixelData = dataset.PixelData * 3
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    with path.open("wb") as file:
        dcmwrite(file, dataset, enforce_file_format=False)
    with pytest.raises(BadInput, match=r"scan\.dcm is damaged"):
        deidentify(path, tmp_path / "out")
