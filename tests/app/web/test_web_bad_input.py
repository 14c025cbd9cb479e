"""What is wrong with what was sent: a status below 500 and one sentence."""

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from web_server import MOST, PROMPT, SECRETS, as_png, edit, refusal, spoiled


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"prompt": ""}, "names no finding"),
        ({"prompt": "pneunonia"}, "did you mean Pneumonia"),
        ({"prompt": "hernia"}, "not trained on Hernia"),
        ({"prompt": "pneumonia, " * 100}, "at most 500"),
        ({"strength": "2"}, "strength 2"),
        ({"strength": "nan"}, "strength nan"),
        ({"strength": "strong"}, 'strength "strong"'),
        ({"seed": "-1"}, 'seed "-1"'),
        ({"seed": "1.5"}, 'seed "1.5"'),
        ({"seed": "9" * 20}, "seed 99999999999999999999"),
        ({"seed": [str(i) for i in range(13)]}, "13 edits"),
        ({"severity": "awful"}, '"awful"'),
        ({"format": "gif"}, '"gif"'),
        ({"promt": "pneumonia"}, 'no field "promt"'),
        ({"strength": ["0.1", "0.2"]}, "2 times"),
    ],
)
def test_fields_that_are_wrong(web, png, wrong, said):
    status, sentence = refusal(edit(web, png, **wrong))
    assert status == 422 and said in sentence


BAD = {
    "empty": (lambda dicom: b"", "expected"),
    "a text": (lambda dicom: b"image,finding\n" * 40, "expected"),
    "a truncated dicom": (lambda dicom: dicom.read_bytes()[:-5000], "cut short"),
    "a slice of a ct": (lambda dicom: spoiled(dicom, Modality="CT"), "modality CT"),
    "a lateral film": (lambda dicom: spoiled(dicom, ViewPosition="LL"), "lateral"),
    "several frames": (lambda d: spoiled(d, NumberOfFrames=2, PixelData=dcmread(d).PixelData * 2), "2 frames"),
    "a huge dicom": (lambda dicom: spoiled(dicom, Rows=60000, Columns=60000), "50 million"),
    "a photograph": (lambda d: as_png(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype="u1")), "colour"),
    "a blank": (lambda dicom: as_png(np.zeros((64, 64), "u1")), "blank"),
    "a stamp": (lambda dicom: as_png(np.arange(400, dtype="u1").reshape(20, 20)), "20 x 20"),
    "a bomb": (lambda dicom: as_png(Image.new("1", (20000, 20000))), "50 million"),
    "half a png": (lambda dicom: as_png(np.eye(64, dtype="u1"))[:60], "cut short"),
}


@pytest.mark.parametrize("kind", BAD)
def test_images_that_are_none(web, dicom, kind):
    make, said = BAD[kind]
    status, sentence = refusal(edit(web, make(dicom)))
    assert status == 422 and sentence.startswith("The image ") and said in sentence
    assert not any(secret in sentence for secret in SECRETS)


def test_no_image(web):
    assert refusal(web.post("/v1/edit", files={"prompt": (None, PROMPT)}))[1].startswith('The form has no file "image"')
    text = web.post("/v1/edit", files={"prompt": (None, PROMPT), "image": (None, "abc")})
    assert 'no file "image"' in refusal(text)[1]
    other = web.post("/v1/edit", files={"prompt": ("a.txt", b"pneumonia")})
    assert 'field "prompt" is a file' in refusal(other)[1]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("application/x-www-form-urlencoded", b"prompt=pneumonia", 415),
        ("multipart/form-data", b"abc", 400),
        ("multipart/form-data; boundary=x", b"", 422),
        ("multipart/form-data; boundary=x", b"abc", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", 400),
        ("multipart/form-data; boundary=x; charset=no-such", b"--x\r\nContent-Disposition: form-data; name=\xff", 422),
        ("multipart/form-data; boundary=", b"abc", 400),
    ],
)
def test_bodies_that_are_no_form(web, kind, body, status):
    assert refusal(web.post("/v1/edit", content=body, headers={"content-type": kind}))[0] == status


def test_too_many_parts_and_too_long_ones(web, png):
    assert "Too many fields" in refusal(edit(web, png, seed=[str(i) for i in range(99)]))[1]
    assert "exceeded maximum size" in refusal(edit(web, png, prompt="x" * 5000))[1]
    twice = [("image", ("a", png.read_bytes())), ("image", ("b", png.read_bytes()))]
    assert "Too many files" in refusal(web.post("/v1/edit", files=twice))[1]


@pytest.mark.parametrize("told", [True, False])
def test_a_request_that_is_too_large(web, told):
    start = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    chunks = iter([start, *[bytes(2**20)] * (MOST // 2**20 + 1)])
    body = b"".join(chunks) if told else chunks
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert refusal(web.post("/v1/edit", content=body, headers=kind)) == (
        413, "The request is larger than 3 MiB, which is the most that is read.",
    )  # fmt: skip
    assert web.get("/v1/health").status_code == 200
