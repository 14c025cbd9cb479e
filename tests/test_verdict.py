"""The verdict on hand-made evidence: each rule, one case."""

from dataclasses import replace

import pytest

from causaray.finding import Finding
from causaray.findings import Findings, parse_prompt
from causaray.verdict import Evidence, verdict

NAMES = ("Pleural Effusion", "Cardiomegaly", "Edema", "Pneumonia", "Pneumothorax", "Mass", "Nodule")


def evidence(on_left: float = 1.0, heart: float = 0.0, brighter: float = 0.1, **grown: tuple[float, float]) -> Evidence:
    """A film on whose left something became brighter; finding -> growth on the right and on the left."""
    named = {name.replace("_", " "): both for name, both in grown.items()}
    areas = {
        name: dict(zip(("right", "left"), ((0.0, size) for size in named.get(name, (0.0, 0.0))), strict=True))
        for name in NAMES
    }
    light = {"right": brighter * (1 - on_left), "left": brighter * on_left}
    return Evidence(areas, heart, {"right": 0.0, "left": 0.0}, light, on_left, 0.1)


def said(prompt: str, seen: Evidence | None, changed: bool = True, judged=None, sd=None):
    return verdict(parse_prompt(prompt), seen, judged or {}, sd or {}, changed)


EFFUSION = evidence(Pleural_Effusion=(0.0, 0.2))


@pytest.mark.parametrize(
    ("prompt", "seen", "word"),
    [
        ("left pleural effusion", EFFUSION, "shown"),
        ("pleural effusion", EFFUSION, "shown"),
        ("right pleural effusion", EFFUSION, "not shown"),
        ("bilateral pleural effusion", EFFUSION, "not shown"),
        ("left pneumonia", EFFUSION, "not shown"),
        ("left pleural effusion, cardiomegaly", EFFUSION, "partly"),
        ("cardiomegaly", evidence(0.6, heart=0.05), "shown"),
        ("cardiomegaly", evidence(0.6, heart=0.01), "not shown"),
        ("left pneumothorax", evidence(brighter=-0.1, Pneumothorax=(0.0, 0.3)), "shown"),
        ("left pneumothorax", evidence(brighter=0.1, Pneumothorax=(0.0, 0.3)), "not shown"),
        ("left nodule", evidence(brighter=0.001, Nodule=(0.0, 0.002)), "not known"),
        ("support devices", EFFUSION, "not shown"),
        ("support devices", replace(evidence(0.5), line=0.4), "shown"),
        ("left support devices", replace(evidence(0.9), line=0.4), "shown"),
        ("no support devices", replace(evidence(0.5), line=0.4), "not shown"),
        ("no support devices", replace(evidence(0.5), line=0.4).backward(), "shown"),
        ("support devices", None, "not known"),
        ("left fracture", EFFUSION, "not known"),
        ("left pleural effusion", None, "not known"),
        ("no pleural effusion", EFFUSION.backward(), "shown"),
        ("no pneumonia", EFFUSION.backward(), "not shown"),
        ("edema", evidence(0.5, Edema=(0.4, 0.4), Pneumonia=(0.3, 0.3)), "shown"),
        ("edema", evidence(1.0, Edema=(0.0, 0.3), Pneumonia=(0.0, 0.3)), "not shown"),
    ],
)
def test_each_rule(prompt, seen, word):
    told = said(prompt, seen)
    assert told.shown == word
    assert told.text.split(":")[0] == {"partly": "Partly shown"}.get(word, word.capitalize())
    assert told.text.endswith(".")


def test_what_is_half_there_still_is_partly_gone():
    half = replace(EFFUSION, areas=EFFUSION.areas | {"Pleural Effusion": {"right": (0.0, 0.0), "left": (0.4, 0.28)}})
    assert said("no pleural effusion", replace(half, brighter={"right": 0.0, "left": -0.1})).shown == "partly"


def test_a_picture_that_did_not_change_shows_nothing():
    told = said("left pleural effusion", EFFUSION, changed=False)
    assert told.shown == "not shown" and "nothing in the picture changed" in told.text


def test_it_says_what_the_change_looks_like_instead_and_on_which_side():
    assert "looks more like pleural effusion" in said("left pneumonia", EFFUSION).text
    told = said("left pleural effusion", EFFUSION)
    assert told.on_side is True and "100% of the change lies on the left" in told.text
    assert said("right pleural effusion", EFFUSION).on_side is False


def test_the_judge_is_quoted_and_decides_nothing():
    judged = {"Pleural Effusion": (0.95, 0.99)}
    told = said("left pleural effusion", EFFUSION, judged=judged)
    assert told.shown == "shown" and "before the edit already (0.95)" in told.text
    wavering = said(
        "left pleural effusion", EFFUSION, judged={"Pleural Effusion": (0.1, 0.12)}, sd={"Pleural Effusion": 0.05}
    )
    assert "does not clearly change" in wavering.text


def test_no_finding_is_shown_where_all_that_was_seen_is_gone():
    request = Findings([Finding("No Finding")])
    assert verdict(request, EFFUSION.backward(), {}, {}, True).shown == "shown"
    assert verdict(request, EFFUSION, {}, {}, True).shown == "not known", "nothing was seen before"
