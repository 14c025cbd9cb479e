import base64
import gc
import io
import json
import logging
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from web_server import MOST, PROMPT, client, edit, refusal, until

from causaray import edit as edit_files
from causaray.app.web.service import Service

SECRETS = ("Doe", "Jane", "MRN-77", "mrn77")


def picture(encoded: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(encoded)))


@pytest.mark.parametrize("image", ["png", "dicom", "jpeg"])
def test_json_is_the_record_with_pictures(web, png, dicom, tmp_path, image, editor_folder):
    Image.open(png).save(tmp_path / "a.jpg")
    file = {"png": png, "dicom": dicom, "jpeg": tmp_path / "a.jpg"}[image]
    answer = edit(web, file, seed="3", strength="0.4")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    told = answer.json()
    images, further = told.pop("images"), told.pop("further")
    (there,) = edit_files(file, PROMPT, seed=3, strength=0.4, weights=editor_folder)
    assert told == json.loads(there.encoded("json")) and further == []
    assert [picture(images[name]).size for name in ("factual", "counterfactual", "difference")] == [(64, 64)] * 3
    shown = np.asarray(picture(images["factual"]))[..., 0] / 255
    np.testing.assert_allclose(shown, there.factual.pixels, atol=0.51 / 255)
    marked = np.asarray(picture(images["counterfactual"]))[..., 0]
    assert marked[-12:, :30].max() > 250 and marked[-12:, :30].min() == 0  # SYNTHETIC


def test_the_other_formats_are_the_files_of_the_command_line(web, dicom, tmp_path, editor_folder):
    (there,) = edit_files(dicom, PROMPT, tmp_path / "out", weights=editor_folder)
    files = {path.suffix[1:]: path.read_bytes() for path in there.files}
    for name, ending, kind in [("png", "png", "image/png"), ("dicom", "dcm", "application/dicom")]:
        answer = edit(web, dicom, format=name)
        assert (answer.content, answer.headers["content-type"]) == (files[ending], kind)
        assert answer.headers["content-disposition"] == f'attachment; filename="counterfactual.{ending}"'
    answer = edit(web, dicom, format="zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        unpacked = {name: archive.read(name) for name in archive.namelist()}
    assert unpacked == {f"counterfactual.{ending}": content for ending, content in files.items()}


def test_seeds_and_severities_side_by_side(web, png):
    several = {"seed": ["1", "2"], "severity": ["mild", "severe"]}
    told = edit(web, png, **several).json()
    assert [(one["request"].split()[0], one["seed"]) for one in (told, *told["further"])] == [
        ("mild", 1), ("mild", 2), ("severe", 1), ("severe", 2),
    ]  # fmt: skip
    assert Image.open(io.BytesIO(edit(web, png, format="png", **several).content)).size[1] == 4 * (384 + 24)
    with zipfile.ZipFile(io.BytesIO(edit(web, png, format="zip", **several).content)) as archive:
        assert len(archive.namelist()) == 12 and "counterfactual-4.dcm" in archive.namelist()
    assert refusal(edit(web, png, format="dicom", **several)) == (
        422, "The format dicom holds one image, where 4 were ordered; take zip.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"prompt": ""}, "names no finding"),
        ({"prompt": "neumonia"}, "did you mean Pneumonia"),
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


def spoiled(dicom: Path, **elements) -> bytes:
    dataset, file = dcmread(dicom), io.BytesIO()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.save_as(file)
    return file.getvalue()


def as_png(pixels: np.ndarray | Image.Image) -> bytes:
    file = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(file, "PNG")
    return file.getvalue()


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


def test_other_paths_and_methods(web):
    for answer, status in [(web.get("/nothing"), 404), (web.get("/v1/edit"), 405), (web.get("/docs"), 404)]:
        assert refusal(answer)[0] == status
    assert web.get("/v1/edit").headers["allow"] == "POST"


def test_health_and_findings(web, editor_folder):
    assert web.get("/v1/health").json() == {"status": "ready", "version": "0.1.0", "waiting": 0}
    known = web.get("/v1/findings").json()
    assert known["findings"] == ["No Finding", "Pneumonia", "Pleural Effusion"] and known["weights"] == "tiny"
    assert known["severities"] == ["mild", "moderate", "severe"] and "left" in known["sides"] and known["locations"]


def test_the_description_names_every_status_and_loads_nothing(web):
    paths = web.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/v1/edit", "/v1/health", "/v1/findings"}
    answers = paths["/v1/edit"]["post"]["responses"]
    assert set(answers) == {"200", "400", "401", "403", "413", "415", "422", "429", "500", "503"}
    assert set(answers["200"]["content"]) == {"application/json", "image/png", "application/dicom", "application/zip"}


def test_a_full_queue(web, png, blocked):
    release = blocked(web.service)
    with ThreadPoolExecutor(2) as users:
        waiting = [users.submit(edit, web, png) for _ in range(2)]
        until(lambda: web.service.full)
        answer = edit(web, png)
        release()
        assert [one.result().status_code for one in waiting] == [200, 200]
    status, said = refusal(answer)
    assert status == 429 and 1 <= int(answer.headers["retry-after"]) <= 60 and "Too many" in said


def test_a_client_that_goes_away_leaves_its_place(web, png, blocked, caplog):
    caplog.set_level(logging.INFO, "causaray.web")
    release = blocked(web.service)
    with pytest.raises(httpx.ReadTimeout), client(str(web.base_url)) as hasty:
        hasty.timeout = 0.5
        edit(hasty, png)
    until(lambda: web.service.waiting == 0)
    until(lambda: " 499 " in caplog.text)
    release()
    assert edit(web, png).status_code == 200


def test_a_client_that_goes_away_ends_the_edit_at_work(web, png, monkeypatch, caplog):
    begun, release, read = threading.Event(), threading.Event(), Service.read

    def slow(*arguments):
        begun.set()
        assert release.wait(30)
        return read(*arguments)

    monkeypatch.setattr(Service, "read", slow)
    with pytest.raises(httpx.ReadTimeout), client(str(web.base_url)) as hasty:
        hasty.timeout = 0.5
        edit(hasty, png)
    assert begun.is_set()
    until(lambda: 'status="499"' in web.get("/metrics").text)
    release.set()
    assert edit(web, png).status_code == 200
    gc.collect()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_two_at_once_do_not_mix(web, png, dicom):
    alone = [edit(web, png, seed=str(seed)).content for seed in range(2)]
    barrier = threading.Barrier(2)

    def one(seed: int) -> list[bytes]:
        with client(str(web.base_url)) as own:
            barrier.wait()
            return [edit(own, png, seed=str(seed)).content for _ in range(4)]

    with ThreadPoolExecutor(2) as users:
        for seed, answers in enumerate(users.map(one, range(2))):
            assert answers == [alone[seed]] * 4


def test_nothing_of_the_patient_is_in_answers_log_or_metrics(web, dicom, caplog):
    caplog.set_level(logging.DEBUG)
    content, name = dicom.read_bytes(), "Doe_Jane_MRN-77.dcm"
    answers = [edit(web, content, name, format=kind).content for kind in ("json", "png", "dicom")]
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


def test_what_is_counted(web, png):
    edit(web, png)
    edit(web, b"")
    lines = web.get("/metrics").text.splitlines()
    assert 'causaray_requests_total{route="/v1/edit",status="200"} 1.0' in lines
    assert 'causaray_requests_total{route="/v1/edit",status="422"} 1.0' in lines
    assert 'causaray_request_seconds_count{route="/v1/edit"} 2.0' in lines
    assert "causaray_queue_length 0.0" in lines and "causaray_ready 1.0" in lines


def test_a_fault_is_told_as_one_and_no_more(web, png, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("MRN-77")

    monkeypatch.setattr(Service, "read", broken)
    assert refusal(edit(web, png)) == (500, "This is a fault in Causaray, not in what was sent; its log says where.")
    assert "fault: ZeroDivisionError at " in caplog.text and "MRN-77" not in caplog.text


def test_an_editor_that_cannot_be_loaded(web, png, monkeypatch):
    monkeypatch.setattr(Service, "state", "failed")
    for answer in (edit(web, png), web.get("/v1/health")):
        assert refusal(answer) == (503, "The editor cannot be loaded; the server's log says why.")
        assert answer.headers["retry-after"] == "60"
