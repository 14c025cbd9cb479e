import base64
import gc
import io
import json
import logging
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from made_radiograph import radiograph
from PIL import Image
from pydicom import dcmread
from web_server import PROMPT, client, edit, refusal, until

from causaray import __version__
from causaray import edit as edit_files
from causaray.app.web.routes import LOGIN, METRICS, OPENAPI, OWN
from causaray.app.web.service import Service


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
    assert [picture(images[name]).size for name in ("factual", "counterfactual", "difference")] == [(96, 96)] * 3
    shown = np.asarray(picture(images["factual"]))[..., 0] / 255
    np.testing.assert_allclose(shown, there.factual.pixels, atol=0.51 / 255)
    marked = np.asarray(picture(images["counterfactual"]))[..., 0]
    assert marked[-12:, :30].max() > 250 and marked[-12:, :30].min() == 0  # SYNTHETIC


def test_the_other_formats_are_the_files_of_the_command_line(web, dicom, tmp_path, editor_folder):
    (there,) = edit_files(dicom, PROMPT, tmp_path / "out", weights=editor_folder)
    files = {path.name.removeprefix("patient-"): path.read_bytes() for path in there.files}
    for name, file, kind in [
        ("png", "counterfactual.png", "image/png"), ("dicom", "counterfactual.dcm", "application/dicom")
    ]:  # fmt: skip
        answer = edit(web, dicom, format=name)
        assert (answer.content, answer.headers["content-type"]) == (files[file], kind)
        assert answer.headers["content-disposition"] == f'attachment; filename="{file}"'
    answer = edit(web, dicom, format="zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        unpacked = {name: archive.read(name) for name in archive.namelist()}
    assert unpacked == files and len(files) == 5


def test_a_film_of_any_shape_comes_back_whole_and_is_shown_as_a_square(web, tmp_path):
    film = tmp_path / "tall.png"
    Image.fromarray(radiograph(1500)[:, 200:1200]).save(film)
    told = edit(web, film).json()
    assert (told["size"], told["shape"]) == (1500, [1500, 1000])
    assert told["images"].pop("lesions") is None, "these weights do not tell where findings are"
    assert {name: picture(image).size for name, image in told["images"].items()} == {
        "factual": (1024, 1024), "counterfactual": (1024, 1024), "difference": (1024, 1024), "change": (1024, 1024),
        "contours": (2048, 2048),
    }  # fmt: skip
    lines = np.asarray(picture(told["images"]["contours"]))[..., 3] > 0
    left = (1024 - round(1000 * 1024 / 1500)) // 2  # of the letterboxed film in its square
    assert lines.any() and not lines[:, : 2 * left - 4].any() and not lines[:, -2 * left + 4 :].any()
    with zipfile.ZipFile(io.BytesIO(edit(web, film, format="zip").content)) as archive:
        sizes = {
            name: Image.open(io.BytesIO(archive.read(f"counterfactual-{name}.png"))).size
            for name in ("film", "difference")
        }
        written = dcmread(io.BytesIO(archive.read("counterfactual.dcm")))
    assert sizes == {"film": (1000, 1500), "difference": (1000, 1500)}
    assert (written.Rows, written.Columns) == (1500, 1000)


def test_seeds_and_severities_side_by_side(web, png):
    several = {"seed": ["1", "2"], "severity": ["mild", "severe"]}
    told = edit(web, png, **several).json()
    assert [(one["request"].split()[0], one["seed"]) for one in (told, *told["further"])] == [
        ("mild", 1), ("mild", 2), ("severe", 1), ("severe", 2),
    ]  # fmt: skip
    assert Image.open(io.BytesIO(edit(web, png, format="png", **several).content)).size[1] == 4 * (384 + 24)
    with zipfile.ZipFile(io.BytesIO(edit(web, png, format="zip", **several).content)) as archive:
        assert len(archive.namelist()) == 20 and "counterfactual-4.dcm" in archive.namelist()
        assert "counterfactual-4-film.png" in archive.namelist()
    assert refusal(edit(web, png, format="dicom", **several)) == (
        422, "The format dicom holds one image, where 4 were ordered; take zip.",
    )  # fmt: skip


def test_other_paths_and_methods(web):
    for answer, status in [(web.get("/nothing"), 404), (web.get("/v1/edit"), 405), (web.get("/docs"), 404)]:
        assert refusal(answer)[0] == status
    assert web.get("/v1/edit").headers["allow"] == "POST"


def test_health_and_findings(web, editor_folder):
    assert web.get("/v1/health").json() == {"status": "ready", "version": __version__, "waiting": 0}
    known = web.get("/v1/findings").json()
    assert known["findings"] == ["No Finding", "Pneumonia", "Pleural Effusion"] and known["weights"] == "tiny"
    assert known["severities"] == ["mild", "moderate", "severe"] and "left" in known["sides"] and known["locations"]


def test_the_description_names_every_status_and_loads_nothing(web):
    paths = web.get("/openapi.json").json()["paths"]
    assert sorted(paths) == sorted(OWN - {METRICS, OPENAPI, LOGIN})
    answers = paths["/v1/edit"]["post"]["responses"]
    assert set(answers) == {"200", "400", "401", "403", "413", "415", "422", "429", "500", "503"}
    assert set(answers["200"]["content"]) == {"application/json", "image/png", "application/dicom", "application/zip"}


def test_every_key_of_an_answer_is_described_and_the_other_way_round(web, png):
    answer = edit(web, png, seed=["1", "2"]).json()
    schemas = web.get("/openapi.json").json()["components"]["schemas"]
    described, made = (schemas[name] for name in ("Edited", "Made"))
    assert set(described["properties"]) == set(described["required"]) == set(answer)
    assert set(made["properties"]) == set(made["required"]) == set(answer["further"][0]) == set(answer) - {"further"}
    assert not described["additionalProperties"] and not made["additionalProperties"]
    assert {"words", "mask", "filtered"} < set(answer)
    assert answer["shape"] == [answer["size"]] * 2 and (answer["signs"] is None) == bool(answer["signs_note"])


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
        hasty.timeout = 1.5
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


def test_what_is_counted(web, png):
    edit(web, png)
    edit(web, b"")
    lines = web.get("/metrics").text.splitlines()
    assert 'causaray_requests_total{route="/v1/edit",status="200"} 1.0' in lines
    assert 'causaray_requests_total{route="/v1/edit",status="422"} 1.0' in lines
    assert 'causaray_request_seconds_count{route="/v1/edit"} 2.0' in lines
    assert "causaray_queue_length 0.0" in lines and "causaray_ready 1.0" in lines


def test_an_editor_that_cannot_be_loaded(web, png, monkeypatch):
    monkeypatch.setattr(Service, "state", "failed")
    for answer in (edit(web, png), web.get("/v1/health")):
        assert refusal(answer) == (503, "The editor cannot be loaded; the server's log says why.")
        assert answer.headers["retry-after"] == "60"
