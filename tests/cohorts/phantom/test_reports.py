"""Reports are read back by a labeler written for this test alone, by the words a radiologist would go by."""

import re
from itertools import pairwise

import numpy as np
import pytest

from causaray.cohorts.phantom.phrases import SIDES
from causaray.cohorts.phantom.reports import report
from causaray.cohorts.phantom.wording import chooser, phrase
from causaray.cohorts.phantom.world import World
from causaray.errors import BadInput
from causaray.findings import NAMES, Finding, Findings, parse_prompt
from causaray.vocabulary import LOCATIONS, SEVERITIES

HEADINGS = ["EXAMINATION", "INDICATION", "COMPARISON", "FINDINGS", "IMPRESSION"]
SIDED = ("Pleural Effusion", "Pneumothorax", "Consolidation", "Atelectasis", "Lung Lesion", "Fracture", "Nodule")
WHOLE = ("Cardiomegaly", "Enlarged Cardiomediastinum", "Edema", "Emphysema", "Hernia", "Support Devices")

CALLED = {
    "Cardiomegaly": r"cardiomegaly|cardiac enlargement|(heart|cardiac silhouette) is .*enlarged|enlarged heart",
    "Enlarged Cardiomediastinum": r"\bmediastinal|mediastinum is .*widened",
    "Pleural Effusion": "effusion",
    "Pneumothorax": "pneumothora",
    "Consolidation": "consolidation",
    "Atelectasis": "atelectasis|volume loss",
    "Lung Lesion": "lesion",
    "Fracture": "fracture",
    "Nodule": "nodules?(?! or mass)",
    "Edema": "edema",
    "Emphysema": "emphysema",
    "Hernia": "hernia",
    "Support Devices": "devices",
}
NORMAL = {  # what a sentence rules out without its name
    "Cardiomegaly": r"heart (size )?is normal|heart and medi.* normal|silhouette is (not|within)",
    "Enlarged Cardiomediastinum": r"mediastinum (is|are) (unremarkable|normal)|cardiomediastinal silhouette",
    "Pleural Effusion": "costophrenic angles are sharp",
    "Consolidation": "lungs are clear|no focal airspace disease",
    "Atelectasis": "lungs are clear",
    "Edema": "lungs are clear|vascularity is within normal",
    "Lung Lesion": "lungs are clear|no suspicious nodule or mass",
    "Nodule": "lungs are clear|no suspicious nodule or mass",
    "Fracture": "ribs are intact|no acute bony",
}
DEGREES = {
    "mild": "mild(ly)?|minimal(ly)?|slight|small|tiny",
    "moderate": "moderate(ly|-sized)?",
    "severe": "severe(ly)?|marked(ly)?|large",
}
ON = {"left": "left(-sided)?", "right": "right(-sided)?", "bilateral": "bilateral|both"}
AT = {
    "basal": "basal|basilar|lung bases?",
    "apical": "apical|lung (apex|apices)",
    **{f"{part} zone": f"{part} (lung )?zones?" for part in ("upper", "middle", "lower")},
    **{f"{part} lobe": f"{part} lobes?" for part in ("upper", "middle", "lower")},
    **{place: place for place in ("perihilar", "retrocardiac", "diffuse")},
}


def said(cues, text):
    return [value for value, cue in cues.items() if re.search(rf"\b({cue})\b", text)]


def only(values):
    assert len(values) <= 1, values
    return values[0] if values else None


def state(text):
    if re.search(r"possible|may |cannot be excluded|questionable|suspected", text):
        return "uncertain"
    return "absent" if re.search(r"\b(no|not|negative for|resolved|resolution)\b", text) else "present"


def read(sentence):
    """The findings a sentence tells of; of two severities, the later one in time."""
    text = sentence.lower().split(", in place of")[0].split(" in place of")[0].split(", previously")[0]
    text = re.sub(r"from .* to ", "", text)
    names = [name for name, cue in CALLED.items() if re.search(cue, text)]
    if state(text) != "absent":
        severity, side, place = only(said(DEGREES, text)), only(said(ON, text)), only(said(AT, text))
        return [Finding(name, state(text), severity, side, place) for name in names]
    if len(names) == 1:  # a list denies plainly
        return [Finding(names[0], "absent", only(said(DEGREES, text)), only(said(ON, text)), only(said(AT, text)))]
    return [Finding(name, "absent") for name in names]


def section(text, heading):
    return dict(line.split(": ", 1) for line in text.splitlines())[heading]


def sentences(text):
    return re.findall(r"[^.]+\.", text)


def told(text, heading="FINDINGS"):
    return [finding for sentence in sentences(section(text, heading)) for finding in read(sentence)]


def ruled_out(text):
    return said(NORMAL, section(text, "FINDINGS").lower())


def by_side(findings):
    sides = {"bilateral": ("left", "right")}
    return {
        (f.name, f.state, f.severity, side, f.location) for f in findings for side in sides.get(f.side or "", (f.side,))
    }


def drawn(rng):
    """Findings of every state, severity and place, one in three sided ones in two places."""
    found = []
    for name in (*SIDED, *WHOLE):
        state = ("present", "absent", "absent", "uncertain", None)[rng.integers(5)]
        severity = (None, *SEVERITIES)[rng.integers(4)] if name != "Support Devices" else None
        location = (None, *(place for place in LOCATIONS if place != "middle lobe"))[rng.integers(11)]
        if state == "absent" and rng.random() < 0.7:
            found.append(Finding(name, "absent"))
        elif state and name in WHOLE:
            found.append(Finding(name, state, severity))
        elif state and rng.random() < 0.3:
            found += [Finding(name, state, severity, "left", location), Finding(name, "present", "mild", "right")]
        elif state:
            found.append(Finding(name, state, severity, ("left", "right", "bilateral")[rng.integers(3)], location))
    return Findings(found)


def cases(n=120):
    return [np.random.default_rng(seed) for seed in range(n)]


@pytest.mark.parametrize("compared", [False, True])
def test_a_report_says_what_is_there_and_nothing_else(compared):
    for rng in cases():
        findings = drawn(rng)
        text = report(findings, rng, prior=drawn(rng) if compared else None)
        there = [f for f in told(text) if f.state != "absent"]
        assert by_side(there) == by_side(f for f in findings if f.state != "absent"), text


def test_reports_of_the_world_are_true():
    found = World(size=32).sample(100, seed=1).findings
    for i, (findings, prior) in enumerate(pairwise(found)):
        text = report(findings, np.random.default_rng(i), prior=prior if i % 2 else None)
        there = [f for f in findings if f.state == "present" and f.name != "No Finding"]
        assert by_side(f for f in told(text) if f.state == "present") == by_side(there), text
        assert set(ruled_out(text)) - {"Nodule"} <= set(findings.absent), text


def test_a_report_denies_only_what_is_absent():
    for rng in cases():
        findings = drawn(rng)
        text = report(findings, rng)
        assert {f for f in told(text) if f.state == "absent"} <= set(findings), text
        for name in set(ruled_out(text)) - {"Nodule"}:
            assert Finding(name, "absent") in findings, (name, text)
        assert "Nodule" not in ruled_out(text) or "Nodule" in findings.absent or "Nodule" not in findings, text


def test_every_absent_finding_is_denied_now_and_then():
    findings = Findings(Finding(name, "absent") for name in CALLED)
    texts = [report(findings, np.random.default_rng(seed)) for seed in range(60)]
    denials = [{f.name for f in told(text)} | set(ruled_out(text)) for text in texts]
    for name in CALLED:
        assert any(name in denial for denial in denials), name
    assert any(set(CALLED) - denial for denial in denials)


def test_the_impression_sums_up():
    for rng in cases(60):
        findings = drawn(rng)
        text = report(findings, rng)
        there = [f for f in findings if f.state != "absent" and f.name != "Support Devices"]
        assert by_side(told(text, "IMPRESSION")) == by_side(there), text


def test_a_normal_impression_needs_the_acute_findings_absent():
    acute = "no consolidation or edema or pneumothorax"
    for prompt, normal in ((f"{acute} or effusion", True), ("no finding", True), (acute, False), ("abnormal", False)):
        text = section(report(parse_prompt(prompt), np.random.default_rng(0)), "IMPRESSION")
        assert text.startswith("No") == normal, (prompt, text)
    assert section(report(Findings(), np.random.default_rng(0)), "IMPRESSION") == "As above."


def test_no_finding_denies_the_customary_ones():
    findings = parse_prompt("no finding")
    denials = [ruled_out(report(findings, np.random.default_rng(seed))) for seed in range(20)]
    assert {"Cardiomegaly", "Edema", "Fracture"} <= {name for names in denials for name in names}


def test_a_resolved_finding_is_named_as_such():
    before, after = parse_prompt("small right effusion, moderate edema"), parse_prompt("moderate edema, no effusion")
    text = section(report(after, np.random.default_rng(3), prior=before), "FINDINGS").lower()
    (sentence,) = (s for s in sentences(text) if re.search("resol|no longer", s))
    assert "right" in sentence and "effusion" in sentence
    assert re.search("unchanged|stable|similar", text)


@pytest.mark.parametrize("name", sorted({*NAMES} - {"No Finding", "Fracture", "Support Devices"}))
def test_the_prompt_parser_reads_every_phrase(name):
    rng = np.random.default_rng(0)
    places = set(LOCATIONS) - {"middle lobe", "perihilar", "retrocardiac"}  # "perihilar region" is no prompt
    for severity in (None, *SEVERITIES):
        for side in (None, *SIDES):
            for location in (None, *sorted(places)):
                finding = Finding(name, "present", severity, side, location)
                assert parse_prompt(phrase(finding, chooser(rng)).text) == Findings([finding])


def test_articles_and_numbers():
    def text(prompt):
        (finding,) = parse_prompt(prompt)
        return phrase(finding, chooser(None)).with_article

    assert text("left effusion") == "a left pleural effusion"
    assert text("bilateral small effusions") == "small bilateral pleural effusions"
    assert text("mild edema") == "mild pulmonary edema"
    assert text("devices") == "support devices"
    assert text("severe right basal pneumothorax") == "a large right basilar pneumothorax"
    assert text("mild left rib fracture") == "a mildly displaced left rib fracture"


def test_the_same_seed_writes_the_same_report_and_others_differ():
    findings = drawn(np.random.default_rng(5))
    texts = [report(findings, np.random.default_rng(seed)) for seed in (1, 1, 2, 3)]
    assert texts[0] == texts[1] and len(set(texts)) == 3
    assert [line.split(":")[0] for line in texts[0].splitlines()] == HEADINGS


def test_who_was_examined_and_how():
    texts = [
        report(Findings(), np.random.default_rng(seed), age=63.4, sex="F", view="AP", devices=["Pacemaker", "ET tube"])
        for seed in range(40)
    ]
    assert all("AP" in section(text, "EXAMINATION") for text in texts)
    assert all(re.search("a pacemaker", section(text, "FINDINGS").lower()) for text in texts)
    assert all(re.search("an et tube", section(text, "FINDINGS").lower()) for text in texts)
    indications = " ".join(section(text, "INDICATION") for text in texts)
    assert re.search(r"63-year-old (female|woman)", indications) and "XXXX-year-old" in indications
    assert not re.search(r"\b(male|man)\b", indications)


def test_devices_of_a_patient_without_devices_are_refused():
    with pytest.raises(BadInput, match="pacemaker"):
        report(parse_prompt("no devices"), np.random.default_rng(0), devices=["pacemaker"])
