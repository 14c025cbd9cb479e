"""Audits over HTTP: the answer in lines, what is refused, and that a job can be cancelled."""

import json
import re

import made_onnx
import pytest
from web_server import client, refusal, serving, until

from causaray.app.web.audit_form import AuditForm
from causaray.app.web.service import Service
from causaray.evaluation.audit.interface import OUTPUTS, RANGES

FINDING = "Pleural Effusion"


@pytest.fixture(scope="module")
def model():
    return made_onnx.base_reader()


def ask(web, model, images, finding=FINDING, **fields):
    files = [("model", ("m.onnx", model)), *(("image", ("i.png", one)) for one in images)]
    return web.post("/v1/audit", files=files, data={"finding": finding, **fields})


def lines(answer):
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_it_tells_how_far_it_is_and_then_what_was_found(web, model, png, dicom):
    told = lines(ask(web, model, [png.read_bytes(), dicom.read_bytes()], seed="2"))
    *steps, last = told
    assert [step["done"] for step in steps] == [2, 4, 6] and {step["total"] for step in steps} == {6}
    assert set(last) == {"report", "verdict", "names", "worst", "html"}
    assert last["verdict"][FINDING].endswith(".") and last["verdict"][FINDING] in last["html"]
    assert last["report"]["about"]["model"] == "uploaded model" and last["report"]["about"]["seed"] == 2
    figures = last["report"]["findings"][FINDING]["perturbations"]
    assert figures["null"]["size"]["value"] == 0 and set(figures) == set(last["names"])
    assert len(last["worst"][FINDING][0]["images"]) == 3
    assert not re.search(r"\bDoe\b", json.dumps(last)) and "MRN" not in json.dumps(last)


def test_the_user_may_say_what_the_model_does_not(web, png):
    blind = made_onnx.content(made_onnx.np.full((8, 8), 1 / 64), 0.5, said={})
    images = [png.read_bytes()] * 2
    assert refusal(ask(web, blind, images)) == (
        422,
        "It is not known which findings the outputs of the model are; name them in its metadata (findings), or by "
        "--model-findings.",
    )
    last = lines(ask(web, blind, images, model_findings=FINDING, model_output="probability", threshold="0.3"))[-1]
    assert last["report"]["about"]["threshold"] == 0.3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": b"\x80\x04."}, "no ONNX model"),
        ({"count": 1}, "takes 2 to 24 images, here are 1"),
        ({"count": 25}, "takes 2 to 24 images, here are 25"),
        ({"finding": "Scoliosis"}, "Scoliosis cannot be audited"),
        ({"seed": "-1"}, "is no whole number"),
        ({"seed": str(2**64 - 1)}, "is not between 0"),
        ({"path": "/etc/passwd"}, 'There is no field "path"'),
        ({"model_range": "raw"}, "is none of"),
        ({"threshold": "high"}, "not between 0 and 1"),
        ({"image_data": b"no image"}, "was expected"),
    ],
)
def test_what_is_refused(web, model, png, change, said):
    image = change.pop("image_data", png.read_bytes())
    data, count = change.pop("model", model), change.pop("count", 2)
    status, sentence = refusal(ask(web, data, [image] * count, **change))
    assert status == 422 and said in sentence


def test_parts_that_are_missing_or_of_another_kind(web, png):
    image = ("image", ("i.png", png.read_bytes()))
    assert refusal(web.post("/v1/audit", files=[image, image], data={"finding": FINDING}))[0] == 422
    assert refusal(web.post("/v1/audit", files=[image, image], data={"finding": FINDING, "model": "x"}))[0] == 422
    assert refusal(web.post("/v1/audit", json={}))[0] == 415


def test_it_needs_the_token_and_the_limits_of_every_request(editor_folder, judge, model, png):
    with serving(Service(editor_folder, places=2), token="t" * 20, most=1000) as web:
        assert refusal(ask(web, model, [png.read_bytes()] * 2))[0] == 401
        known = client(str(web.base_url), headers={"Authorization": f"Bearer {'t' * 20}"})
        assert refusal(ask(known, model, [png.read_bytes()] * 2))[0] == 413


def test_it_waits_in_the_same_queue(web, model, png, blocked):
    free = blocked(web.service)
    try:
        for _ in range(web.service.places):
            web.service.run(lambda pipeline, job: None)
        assert refusal(ask(web, model, [png.read_bytes()] * 2))[0] == 429
    finally:
        free()


def test_a_client_that_goes_away_cancels_it(web, model, png, blocked):
    free = blocked(web.service)
    files = [("model", ("m", model)), ("image", ("i", png.read_bytes())), ("image", ("i", png.read_bytes()))]
    with (
        client(str(web.base_url)) as other,
        other.stream("POST", "/v1/audit", files=files, data={"finding": FINDING}) as answer,
    ):
        told = answer.iter_lines()
        assert json.loads(next(told))["before"] == 1 and web.service.waiting == 1
    until(lambda: web.service.waiting == 0)
    free()


def test_the_description_names_every_field(web):
    told = web.get("/openapi.json").json()["paths"]["/v1/audit"]["post"]["requestBody"]["content"]
    fields = told["multipart/form-data"]["schema"]["properties"]
    assert set(fields) == set(AuditForm.model_fields)
    assert (fields["model_range"]["enum"], fields["model_output"]["enum"]) == ([*RANGES], [*OUTPUTS])
