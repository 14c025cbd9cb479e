"""Forecasts over HTTP: what the command line would say, with films and a page of its own, and what is refused."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image
from web_server import refusal

import causaray
from causaray.app.web.forecast import ServedForecaster
from causaray.app.web.forecast_form import ForecastForm
from causaray.errors import BadInput

ARMS, DAYS = ["A", "none"], "5,30"


def ask(web, image: bytes, **fields):
    return web.post("/v1/forecast", files={"image": ("i.png", image)}, data={"treatment": ARMS, "days": DAYS, **fields})


def last(answer) -> dict:
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/x-ndjson")
    *steps, told = [json.loads(line) for line in answer.text.splitlines()]
    assert all("done" in step or "before" in step for step in steps)
    return told


def test_it_is_what_the_command_line_says(web, png):
    told = last(ask(web, png.read_bytes(), paths="20"))
    there = causaray.forecast(png, treatments=ARMS, days=DAYS, editor="none", paths=20)
    forecast = told["forecast"]
    assert forecast["days"] == [0, 5, 30] and list(forecast["arms"]) == ARMS and forecast["synthetic"] is True
    value = forecast["arms"]["A"]["Pleural Effusion"]["value"]
    np.testing.assert_allclose(value, there.forecast.summary("A")["value"][:, 0], atol=1e-4)
    assert told["curves"]["days"][-1] == 30 and len(told["curves"]["days"]) == 40
    first, *later = (Image.open(io.BytesIO(base64.b64decode(one))) for one in told["films"]["A"])
    assert [one.size for one in (first, *later)] == [(64, 64)] * 3
    assert all("Synthetic" not in one.info.get("XML:com.adobe.xmp", "") for one in [first])
    assert all(re.search("[Aa]lgorithmicMedia", str(one.info)) for one in later)
    assert told["findings"]["A"][0] == there.findings("A", 0)
    assert "nothing here claims to know a real patient's future" in forecast["statement"][0]
    assert told["html"].count("data:image/png") >= 4 and not re.search(r'src="(?!data:)', told["html"])


def test_what_is_known_of_the_patient_counts(web, png):
    told = web.get("/openapi.json").json()["paths"]["/v1/forecast"]["post"]["requestBody"]["content"]
    assert set(told["multipart/form-data"]["schema"]["properties"]) == set(ForecastForm.model_fields)
    facts = web.get("/v1/forecast").json()
    assert facts["phantoms"] and facts["treatments"] == ["none", "A", "B"] and facts["horizon"] == 365
    assert {"name": "sex", "values": ["F", "M"]} in facts["columns"]
    nothing, something = (
        last(ask(web, png.read_bytes(), paths="20", known=known))["forecast"]
        for known in ("", json.dumps({"score of Edema": 0.9, "sex": "F"}))
    )
    assert any("No table" in said for said in nothing["statement"])
    assert not any("No table" in said for said in something["statement"])
    edema = [one["arms"]["none"]["Edema"]["value"][1] for one in (nothing, something)]
    assert edema[1] > edema[0]


REFUSED = [
    ({"treatment": "C"}, 'Treatment "C" was never seen in training; known are none, A, B'),
    ({"treatment": ["A", "A"]}, "each of them once"),
    ({"treatment": []}, "takes 1 to 6 treatments, here are 0"),
    ({"days": "soon"}, '"soon" are no days'),
    ({"days": "30,5"}, "each later than the one before"),
    ({"days": "0"}, "Name one or more days"),
    ({"days": "5,900"}, "Day 900 lies beyond the 365 days"),
    ({"days": ",".join(map(str, range(1, 14)))}, "takes up to 12 days, here are 13"),
    ({"paths": "5"}, '"5" paths are not 20 to 1000'),
    ({"seed": "-1"}, "is no whole number"),
    ({"known": "[]"}, "is no JSON object"),
    ({"known": '{"age": Infinity}'}, "is no JSON object"),
    ({"known": '{"shoe size": 3}'}, 'no column "shoe size"'),
    ({"known": '{"age": "old"}'}, 'holds "old" where a number is needed'),
    ({"path": "/etc/passwd"}, 'There is no field "path"'),
]


def test_what_is_refused(web, png):
    for change, said in REFUSED:
        status, sentence = refusal(ask(web, png.read_bytes(), **change))
        assert status == 422 and said in sentence
    assert refusal(ask(web, b"no image"))[0] == 422
    assert refusal(web.post("/v1/forecast", files={"treatment": (None, "A")}))[0] == 422


def test_weights_that_forecast_nothing_are_refused():
    with pytest.raises(BadInput, match="judge-phantom-64 holds no forecaster"):
        ServedForecaster.read("judge-phantom-64")
