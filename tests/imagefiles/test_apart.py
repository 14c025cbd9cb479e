import os
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from made_images import quarters
from PIL import Image

from causaray import childprocess
from causaray.errors import BadInput
from causaray.imagefiles import apart, read_scan, read_scan_bytes
from causaray.imagefiles.apart import ApartReader


@pytest.fixture
def reader():
    reader = ApartReader(seconds=20)
    yield reader
    reader.close()


def command(monkeypatch, code: str) -> None:
    """In place of the child, this."""
    monkeypatch.setattr(childprocess, "command", lambda module: [sys.executable, "-c", code])


def test_bytes_are_read_as_the_file_is(dicom_file):
    path = dicom_file(quarters(1, 2, 3, 4), ViewPosition="PA", PixelSpacing=[0.2, 0.2])
    file, content = read_scan(path), read_scan_bytes(path.read_bytes())
    np.testing.assert_array_equal(content.pixels, file.pixels)
    assert (content.spacing, content.view, content.patient, content.source) == ((0.2, 0.2), "PA", "MRN-77", None)
    assert content.header == file.header and content.header.buffer is None


def test_apart_it_is_read_as_it_is_here_without_its_patient(reader, dicom_file, tmp_path):
    path = dicom_file(quarters(1, 2, 3, 4), ViewPosition="AP", PixelSpacing=[0.2, 0.2], LossyImageCompression="01")
    here, there = read_scan(path).square(96), reader.read(path.read_bytes(), 96)
    np.testing.assert_array_equal(there.pixels, here.pixels)
    assert (there.spacing, there.view, there.patient, there.source) == (here.spacing, "AP", None, None)
    assert {element.keyword for element in there.header} == {"LossyImageCompression", "SOPInstanceUID"}
    Image.fromarray(quarters(0, 50, 100, 255, dtype="u1")).save(tmp_path / "a.png")
    assert reader.read((tmp_path / "a.png").read_bytes(), 64).header is None


def test_more_of_the_header_on_request(reader, dicom_file):
    content = dicom_file(quarters(1, 2, 3, 4)).read_bytes()
    assert reader.read(content, 64, ("PatientName", "StudyDate")).header.PatientName == "Doe^Jane"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", bytes(500), b"\x89PNG\r\n\x1a\n" + bytes(300)])
def test_what_is_no_image_is_refused_and_the_next_is_read(reader, dicom_file, content):
    with pytest.raises(BadInput, match=r"^The image .*(DICOM|PNG), .* was expected\.$"):
        reader.read(content, 64)
    assert reader.read(dicom_file(quarters(1, 2, 3, 4)).read_bytes(), 64).pixels.shape == (64, 64)


def test_a_picture_of_hundreds_of_millions_of_pixels_is_refused(reader, tmp_path):
    Image.new("1", (20000, 20000)).save(tmp_path / "bomb.png")
    content = (tmp_path / "bomb.png").read_bytes()
    assert len(content) < 100_000
    with pytest.raises(BadInput, match="more than 50 million pixels"):
        reader.read(content, 64)


def test_a_dicom_that_says_it_is_huge_is_refused(reader, dicom_file):
    path = dicom_file(quarters(1, 2, 3, 4), Rows=65535, Columns=65535)
    with pytest.raises(BadInput, match="more than 50 million pixels"):
        reader.read(path.read_bytes(), 64)


@pytest.mark.parametrize("end", ["os.abort()", "os._exit(0)", "print('{', flush=True); os._exit(0)"])
def test_a_file_that_kills_its_reader_is_refused_and_the_next_is_read(reader, dicom_file, monkeypatch, end):
    content = dicom_file(quarters(1, 2, 3, 4)).read_bytes()
    with monkeypatch.context() as patch:
        command(patch, f"import os, sys; sys.stdin.buffer.readline(); {end}")
        with pytest.raises(BadInput, match="is damaged or not as its header says, so that it cannot be decoded"):
            reader.read(content, 64)
    assert reader.read(content, 64).pixels.shape == (64, 64)


def test_a_file_that_kills_a_reader_of_earlier_ones_is_tried_once_more(dicom_file, monkeypatch, tmp_path):
    """An earlier file may have spoiled the memory of the child."""
    reader, path = ApartReader(seconds=20), dicom_file(quarters(1, 2, 3, 4))
    reader.read_file(path, 64)
    first = reader._child._process
    monkeypatch.setattr(first, "poll", lambda: None)  # it dies unseen, between the look and the question
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert reader.read_file(path, 64).pixels.shape == (64, 64)
    assert reader._child._process is not first
    reader.close()


def test_a_child_ends_by_itself_when_it_takes_too_long():
    code = """
import time
from causaray.confined import answer_parent
answer_parent(lambda data, asked: time.sleep(60), 2**30)
"""
    asked = b'{"bytes": 0, "seconds": 0.1}\n'
    ended = subprocess.run([sys.executable, "-c", code], input=asked, capture_output=True, timeout=30)
    assert ended.returncode == -signal.SIGALRM


def test_a_forked_process_has_readers_of_its_own(dicom_file):
    path = dicom_file(quarters(1, 2, 3, 4))
    here = read_scan(path)
    if (child := os.fork()) == 0:
        os._exit(0 if apart._idle == [] and (read_scan(path).pixels == here.pixels).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert apart._idle and (read_scan(path).pixels == here.pixels).all()


def test_a_file_that_takes_too_long_is_refused(monkeypatch):
    command(monkeypatch, "import time; time.sleep(60)")
    reader = ApartReader(seconds=0.2)
    with pytest.raises(BadInput, match=r"takes longer than 0\.2 s"):
        reader.read(bytes(10), 64)


def test_a_child_that_was_killed_between_two_files_is_started_anew(reader, dicom_file):
    content = dicom_file(quarters(1, 2, 3, 4)).read_bytes()
    reader.read(content, 64)
    child = reader._child._process
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert reader.read(content, 64).pixels.shape == (64, 64)


def test_a_damaged_element_is_left_out_without_a_word(reader, dicom_file):
    with warnings.catch_warnings(action="ignore"):
        content = dicom_file(quarters(1, 2, 3, 4), SOPInstanceUID="Jane Doe", LossyImageCompression="01").read_bytes()
    with warnings.catch_warnings(action="error"):
        header = reader.read(content, 64).header
    assert {element.keyword for element in header} == {"LossyImageCompression"}


def test_a_header_with_strange_letters_is_read_without_a_word(reader, dicom_file):
    file = dicom_file(quarters(1, 2, 3, 4), ViewPosition="XY")
    content = file.read_bytes()
    assert content.count(b"CS\x02\x00XY") == 1
    file.write_bytes(content.replace(b"CS\x02\x00XY", b"CS\x02\x00P\xac"))
    with warnings.catch_warnings(action="error"):  # pydicom's would quote the header
        assert reader.read_header(file, ["ViewPosition"]).ViewPosition.startswith("P")
