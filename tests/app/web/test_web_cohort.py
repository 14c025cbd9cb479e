"""The cohorts that the operator has named: counts, examples without identifiers, and nothing by a path of a request."""

import base64
import io
from collections import Counter

import pytest
from PIL import Image
from web_server import client, refusal, serving, until

from causaray.app.verbs.serve import serve
from causaray.app.web.cohorts import MOST, ServedCohort
from causaray.app.web.service import Service
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.experiments.augment import _plan

FINDING = "Pleural Effusion"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("cohort") / "phantom"
    prepare_phantom(made, 200, size=64)
    return made


@pytest.fixture
def shown(editor_folder, judge, folder):
    service = Service(editor_folder, places=2)
    with serving(service, page=True, cohorts=[ServedCohort.open(folder)]) as web:
        until(lambda: service.state == "ready")
        yield web


def counted(web):
    (one,) = web.get("/v1/cohort").json()["cohorts"]
    return one, {finding["name"]: finding for finding in one["findings"]}


def test_the_counts_are_those_of_the_cohort(shown, folder):
    cohort = Cohort.open(folder)
    one, findings = counted(shown)
    assert (one["images"], one["patients"], one["size"]) == (200, cohort.table["patient"].nunique(), 64)
    for group in ("splits", "views", "sexes", "ages"):
        assert sum(one[group].values()) == 200
    labels = cohort.labels([FINDING])[:, 0]
    training = (cohort.table["split"] == "train").to_numpy()
    assert findings[FINDING]["present"] == (labels == 1).sum()
    assert findings[FINDING]["training"] == (labels[training] == 1).sum()
    ranked = [finding["training"] for finding in findings.values() if finding["part"] == "tail"]
    assert ranked and max(ranked) <= min(f["training"] for f in findings.values() if f["part"] == "head")


def test_augmentation_adds_what_the_verb_would(folder):
    known = ("No Finding", FINDING, "Edema")
    facts = {one["name"]: one for one in ServedCohort.open(folder).facts(known)["findings"]}
    planned = Counter(one.finding for one in _plan(Cohort.open(folder).subset(split="train"), known, (), None, 0))
    assert sum(planned.values()) > 0
    for name, one in facts.items():
        assert one["augmented"] - one["training"] == planned[name]


def test_examples_are_pictures_and_nothing_else(shown, folder):
    answer = shown.get("/v1/cohort/examples", params={"number": 0, "finding": FINDING})
    images = answer.json()["images"]
    expected = int((Cohort.open(folder).labels([FINDING])[:, 0] == 1).sum())
    assert len(images) == min(MOST, expected) and list(answer.json()) == ["images"]
    picture = Image.open(io.BytesIO(base64.b64decode(images[0])))
    assert picture.size == (64, 64) and not picture.info
    whole = shown.get("/v1/cohort").text
    table = Cohort.open(folder).table
    assert not any(f'"{value}"' in whole for value in {*table["patient"], *table["image"]})
    assert str(folder.parent) not in whole


@pytest.mark.parametrize(
    "query", [{"number": 1, "finding": FINDING}, {"number": 0, "finding": "../x"}, {"number": -1, "finding": FINDING},
              {"number": "x", "finding": FINDING}, {"number": 0}]
)  # fmt: skip
def test_what_is_not_there(shown, query):
    assert refusal(shown.get("/v1/cohort/examples", params=query))[0] == 422


def test_without_a_cohort_there_is_none_and_with_a_token_it_is_asked_for(editor_folder, judge, folder):
    with serving(Service(editor_folder, places=2)) as web:
        assert web.get("/v1/cohort").json()["cohorts"] == []
        assert refusal(web.get("/v1/cohort/examples", params={"number": 0, "finding": FINDING}))[0] == 422
    with serving(Service(editor_folder, places=2), token="t" * 20, cohorts=[ServedCohort.open(folder)]) as web:
        assert web.get("/v1/cohort").status_code == 401
        assert web.get("/v1/cohort/examples", params={"number": 0, "finding": FINDING}).status_code == 401
        known = client(str(web.base_url), headers={"Authorization": f"Bearer {'t' * 20}"})
        assert known.get("/v1/cohort").status_code == 200


def test_a_folder_that_is_none_is_refused_at_the_start(editor_folder, tmp_path):
    with pytest.raises(BadInput, match="There is no prepared cohort"):
        serve(weights=editor_folder, page=False, cohorts=[tmp_path])
