"""The text of an edit on hand-made evidence: what is said, that it is read back, and what is never claimed."""

from dataclasses import replace

import pytest

from causaray.finding import Finding
from causaray.findings import Findings, parse_prompt
from causaray.interpretation import NOTHING, UNLIKE, UNREAD, interpretation
from causaray.reports.told_changes import read_changes
from causaray.verdict import LEAST, UNSIDED, USUAL, Evidence, verdict

BOTH = ("right", "left")


def evidence(on_left: float = 1.0, heart: float = 0.0, brighter: float = 0.1, **areas: tuple[float, float]) -> Evidence:
    """A film of whose left lung each finding takes so much before and after, and of the right nothing."""
    named = {name.replace("_", " "): both for name, both in areas.items()}
    maps = {name: {"right": (0.0, 0.0), "left": named.get(name, (0.0, 0.0))} for name in (*USUAL, "Pneumonia")}
    light = {"right": brighter * (1 - on_left), "left": brighter * on_left}
    return Evidence(maps, heart, dict.fromkeys(BOTH, 0.0), light, on_left, 0.1)


def hearts(before: float, after: float) -> dict:
    return {"factual": {"cardiothoracic_ratio": before}, "counterfactual": {"cardiothoracic_ratio": after}}


def said(prompt: str, seen: Evidence | None, signs=None, judged=None, changed: bool = True) -> str:
    request = parse_prompt(prompt) if prompt else Findings()
    word = verdict(request, seen, judged or {}, {}, changed) if prompt else None
    return interpretation(request, word, seen, signs, judged or {}, changed)


NEW = evidence(Pleural_Effusion=(0.01, 0.17))
LARGER = evidence(Pleural_Effusion=(0.12, 0.2))
HAD = {"Pleural Effusion": (0.9, 0.9)}
LEAD = replace(evidence(), line=0.5)


@pytest.mark.parametrize(
    ("prompt", "seen", "judged", "text"),
    [
        ("moderate left effusion", NEW, {}, "New left pleural effusion, taking up 17% of the left lung."),
        ("effusion", NEW, {}, "New left pleural effusion, taking up 17% of the left lung."),
        (
            "severe effusion", LARGER, HAD,
            "Left pleural effusion has increased, from 12% to 20% of the left lung.",
        ),
        ("severe effusion", LARGER, {"Pleural Effusion": (0.1, 0.9)},
         "New left pleural effusion, taking up 20% of the left lung."),
        ("no effusion", NEW.backward(), {}, "Left pleural effusion has resolved."),
        ("no effusion", NEW.backward(), HAD, "Left pleural effusion has decreased, from 17% to 1% of the left lung."),
        ("fracture", evidence(), {}, "Fracture cannot be assessed."),
        ("support devices", evidence(), {}, "No new support devices are seen."),
        ("support devices", LEAD, {}, "New support devices."),
        ("no support devices", LEAD.backward(), {}, "Support devices have been removed."),
        ("no support devices", evidence(), {}, "Support devices are unchanged."),
        ("pneumonia", NEW, {},
         "No new pneumonia is seen. New left pleural effusion, taking up 17% of the left lung."),
        ("right effusion", NEW, {}, "No new right pleural effusion is seen."),
        ("no pneumonia", NEW.backward(), {}, "Pneumonia has not decreased. Left pleural effusion has resolved."),
        ("left nodule", evidence(brighter=0.0), {}, "Left nodule cannot be assessed."),
        ("no finding", NEW.backward(), {}, "Left pleural effusion has resolved."),
        ("", NEW, {}, "New left pleural effusion, taking up 17% of the left lung."),
        ("", evidence(), {}, UNLIKE),
    ],
)  # fmt: skip
def test_each_rule(prompt: str, seen: Evidence, judged: dict, text: str) -> None:
    assert said(prompt, seen, judged=judged) == text


def test_nothing_is_made_of_nothing() -> None:
    assert said("effusion", NEW, changed=False) == NOTHING
    assert said("effusion", None) == UNREAD
    assert read_changes(NOTHING + UNREAD + UNLIKE) == frozenset()


def test_of_the_heart_the_ratio_is_told_and_a_normal_one_is_not_called_large() -> None:
    grown = evidence(0.6, heart=0.08)
    assert (
        said("cardiomegaly", grown, hearts(0.47, 0.55))
        == "New cardiomegaly, cardiothoracic ratio 0.55, previously 0.47."
    )
    assert said("cardiomegaly", grown, hearts(0.52, 0.6)).startswith("Cardiomegaly has increased")
    within = said("cardiomegaly", grown, hearts(0.4, 0.48))
    assert within == "The heart is larger, within the normal range: cardiothoracic ratio 0.48, previously 0.40."
    assert read_changes(within) == frozenset()
    assert said("no cardiomegaly", grown.backward(), hearts(0.55, 0.47)).startswith("Cardiomegaly has resolved")
    assert said("cardiomegaly", grown) == "The heart is larger."


def test_the_third_of_the_lung_is_told_where_it_is_plain() -> None:
    seen = evidence(Consolidation=(0.0, 0.3))
    change = {"upper": 0.02, "middle": 0.05, "lower": 0.4}
    signs = hearts(0.4, 0.4) | {"change": {"opacity": {"right": dict.fromkeys(change, 0.0), "left": change}}}
    assert said("pneumonia", seen, signs).startswith("New left lower zone pneumonia, taking up 30%")
    even = {"upper": 0.39, "middle": 0.4, "lower": 0.4}
    signs["change"]["opacity"]["left"] = even
    assert said("pneumonia", seen, signs).startswith("New left pneumonia")


def test_both_sides_are_told_where_both_changed() -> None:
    both = replace(NEW, areas=NEW.areas | {"Pleural Effusion": {"right": (0.0, 0.1), "left": (0.0, 0.17)}}, on_left=0.5,
                   brighter=dict.fromkeys(BOTH, 0.1))  # fmt: skip
    assert said("bilateral effusion", both) == "New bilateral pleural effusion, taking up 14% of both lungs."


@pytest.mark.parametrize("name", sorted(LEAST))
@pytest.mark.parametrize("state", ["present", "absent"])
def test_the_reader_of_reports_reads_what_is_written(name: str, state: str) -> None:
    """What is shown as asked, and of what is not shown nothing."""
    area = {name: (0.0, 0.5)}
    both = dict.fromkeys(BOTH, (0.0, 0.5)) if name in UNSIDED else {"right": (0.0, 0.0), "left": (0.0, 0.5)}
    way = -0.1 if name in ("Pneumothorax", "Emphysema") else 0.1
    seen = replace(evidence(0.5 if name in UNSIDED else 1.0, brighter=way), areas={name: both}, heart=0.1)
    request = Findings([Finding(name, state)])
    signs = hearts(0.45, 0.55)
    if state == "absent":
        seen, signs = seen.backward(), hearts(0.55, 0.45)
    word = verdict(request, seen, {}, {}, True)
    assert word.shown == "shown", area
    kind = "new" if state == "present" else "resolved"
    assert read_changes(interpretation(request, word, seen, signs, {}, True)) == {(name, kind)}
    other = verdict(request, seen.backward(), {}, {}, True)
    told = read_changes(interpretation(request, other, seen.backward(), signs, {}, True))
    assert other.shown != "shown" and name not in {one for one, _ in told}
