import numpy as np
import pytest
from made_images import quarters
from PIL import Image

from causaray.errors import BadInput
from causaray.imagefiles import read_scan


def test_a_missing_file_is_refused(tmp_path, refusal):
    assert "does not exist" in refusal(tmp_path / "gone.png")


def test_a_folder_is_refused(tmp_path, refusal):
    assert "is a folder" in refusal(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"image,finding\nDoe,Edema\n" * 40,
        b"%PDF-1.7\n" + bytes(500),
        bytes(1000),
        np.random.default_rng(0).bytes(5000),
        bytes(128) + b"DICM",
        bytes(128) + b"DICM" + b"\xff" * 300,
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 300,
        b"\xff\xd8\xff" + b"\xff" * 300,
        b"II*\x00" + b"\xff" * 300,
    ],
)
@pytest.mark.parametrize("name", ["file", "scan.dcm", "scan.png"])
def test_what_is_not_an_image_is_refused(tmp_path, refusal, content, name):
    (tmp_path / name).write_bytes(content)
    assert "DICOM, PNG, JPEG or TIFF" in (message := refusal(tmp_path / name)) or "PNG, JPEG or TIFF" in message


def test_the_content_decides_and_not_the_name(tmp_path, dicom_file):
    pixels = quarters(0, 100, 200, 255, dtype="u1")
    Image.fromarray(pixels).save(tmp_path / "scan.dcm", format="PNG")
    np.testing.assert_array_equal(read_scan(tmp_path / "scan.dcm").pixels, (pixels / 255).astype("f4"))
    assert read_scan(dicom_file(pixels, name="scan.png")).header is not None


def test_a_file_that_may_not_be_opened_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "scan.png"
    path.write_bytes(b"x")

    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(BadInput, match=r"cannot be opened \(Permission denied\)"):
        read_scan(path)
