import math
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from itertools import product

import pytest

from causaray.errors import BadInput
from causaray.findings import NAMES, Finding, Findings, parse_prompt
from causaray.vocabulary import LOCATIONS, SEVERITIES, SIDES, SPELLINGS, STATES, canonical_name

REAL_NAMES = NAMES[1:]
EFFUSION = "Pleural Effusion"


def absent(name: str) -> Finding:
    return Finding(name, "absent")


def refusal(text: str) -> str:
    with pytest.raises(BadInput) as caught:
        parse_prompt(text)
    return str(caught.value)


# the vocabulary


def test_names_are_chexpert_then_nih_then_covid():
    assert len(NAMES) == len(set(NAMES)) == 22
    assert (NAMES[0], NAMES[13], NAMES[14], NAMES[-1]) == ("No Finding", "Support Devices", "Infiltration", "COVID-19")


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Effusion", EFFUSION),
        ("Pleural_Thickening", "Pleural Thickening"),
        ("PULMONARY OEDEMA", "Edema"),
        ("enlarged heart", "Cardiomegaly"),
        ("pneumothoraces", "Pneumothorax"),
        ("ptx", "Pneumothorax"),
        ("opacities", "Lung Opacity"),
        ("masses", "Mass"),
        ("healthy", "No Finding"),
        ("covid", "COVID-19"),
        ("  atelectases ", "Atelectasis"),
    ],
)
def test_known_spellings(spelling, name):
    assert canonical_name(spelling) == Finding(spelling).name == name


def test_every_spelling_is_a_prompt_of_its_name():
    for spelling, name in SPELLINGS.items():
        assert parse_prompt(spelling) == Findings([Finding(name)]), spelling


def test_unknown_name_is_met_with_the_nearest():
    with pytest.raises(BadInput, match=r'^Unknown finding "effusoin"; did you mean Pleural Effusion\?$'):
        Finding("effusoin")
    with pytest.raises(BadInput, match=r"the known findings are No Finding, .*COVID-19"):
        Finding("zzzz")
    with pytest.raises(BadInput, match="Atelectasis or Pneumothorax"):
        Finding("Collapsed lung")


# one finding


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"state": "maybe"}, "state"),
        ({"severity": "small"}, "mild, moderate, severe"),
        ({"side": "both"}, "left, right, bilateral"),
        ({"location": "liver"}, "upper lobe"),
        ({"location": "middle lobe", "side": "left"}, "no middle lobe"),
    ],
)
def test_finding_refuses_other_values(fields, message):
    with pytest.raises(BadInput, match=message):
        Finding("Consolidation", **fields)


@pytest.mark.parametrize("field", ["severity", "side", "location"])
def test_no_finding_has_no_qualities(field):
    value = {"severity": "mild", "side": "left", "location": "basal"}[field]
    with pytest.raises(BadInput, match=f"No Finding takes no {field}"):
        Finding("No Finding", **{field: value})


def test_finding_is_immutable():
    with pytest.raises(FrozenInstanceError):
        Finding("Edema").state = "absent"


# prompts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("moderate left pleural effusion", [Finding(EFFUSION, severity="moderate", side="left")]),
        (
            "Pleural effusion on the left, is moderate".replace(",", ""),
            [Finding(EFFUSION, "present", "moderate", "left")],
        ),
        ("no pneumonia", [absent("Pneumonia")]),
        ("pneumonia is not present", [absent("Pneumonia")]),
        ("negative for pneumonia", [absent("Pneumonia")]),
        ("cardiomegaly and mild edema", [Finding("Cardiomegaly"), Finding("Edema", severity="mild")]),
        ("The heart is enlarged.", [Finding("Cardiomegaly")]),
        ("without the pacemaker", [absent("Support Devices")]),
        ("tubes and lines", [Finding("Support Devices")]),
        ("chest tube", [Finding("Support Devices")]),
        (
            "possible right lower lobe consolidation",
            [Finding("Consolidation", "uncertain", side="right", location="lower lobe")],
        ),
        ("RLL consolidation?", [Finding("Consolidation", "uncertain", side="right", location="lower lobe")]),
        ("lower right lobe consolidation", [Finding("Consolidation", side="right", location="lower lobe")]),
        (
            "small bilateral effusions, no pneumothorax",
            [Finding(EFFUSION, severity="mild", side="bilateral"), absent("Pneumothorax")],
        ),
        ("left and right effusions", [Finding(EFFUSION, side="bilateral")]),
        ("bibasilar atelectasis", [Finding("Atelectasis", side="bilateral", location="basal")]),
        ("large mass at the right base", [Finding("Mass", severity="severe", side="right", location="basal")]),
        ("left upper lobe mass", [Finding("Mass", side="left", location="upper lobe")]),
        ("left lower lobe collapse", [Finding("Atelectasis", side="left", location="lower lobe")]),
        ("Normal chest x-ray", [Finding("No Finding")]),
        ("no finding", [Finding("No Finding")]),
        ("No findings.", [Finding("No Finding")]),
        ("abnormal", [absent("No Finding")]),
        ("not normal", [absent("No Finding")]),
        ("normal, with a pacemaker", [Finding("No Finding"), Finding("Support Devices")]),
        ("patient has COVID-19 pneumonia", [Finding("COVID-19")]),
    ],
)
def test_prompts(text, expected):
    assert parse_prompt(text) == Findings(expected)


@pytest.mark.parametrize(
    ("text", "denied", "present"),
    [
        ("no pneumonia or effusion", ("Pneumonia", EFFUSION), ()),
        ("no edema, pneumonia, or effusion", ("Edema", "Pneumonia", EFFUSION), ()),
        ("neither pneumonia nor effusion", ("Pneumonia", EFFUSION), ()),
        ("no pneumonia, mild edema", ("Pneumonia",), ("Edema",)),
        ("no pneumonia and mild edema", ("Pneumonia",), ("Edema",)),
        ("no pneumonia; edema", ("Pneumonia",), ("Edema",)),
        ("no pneumonia but edema", ("Pneumonia",), ("Edema",)),
        ("no pneumonia, but edema", ("Pneumonia",), ("Edema",)),
        ("cardiomegaly without effusion or edema", (EFFUSION, "Edema"), ("Cardiomegaly",)),
    ],
)
def test_how_far_no_reaches(text, denied, present):
    findings = parse_prompt(text)
    assert (findings.absent, findings.present) == (denied, present)


def test_doubt_carries_over_or():
    assert parse_prompt("possible pneumonia or atelectasis").uncertain == ("Pneumonia", "Atelectasis")


@pytest.mark.parametrize("text", ["", "  ", ",", "a patient", "lungs"])
def test_empty_prompt(text):
    assert "names no finding" in refusal(text)


@pytest.mark.parametrize(
    ("text", "word", "advice"),
    [
        ("small effusoin", '"effusoin"', EFFUSION),
        ("a pleural efusion", '"pleural efusion"', EFFUSION),
        ("moderat effusion", '"moderat"', "moderate"),
        ("collapsed lung", '"collapsed lung"', "Atelectasis or Pneumothorax"),
        ("heart failure", '"heart failure"', "Cardiomegaly, Edema"),
        ("pericardial effusion", '"pericardial"', "known findings"),
        ("subcutaneous emphysema", '"subcutaneous"', "known findings"),
        ("normal heart", '"heart"', "known findings"),
        ("viral pneumonia", '"viral"', "known findings"),
        ("edema/effusion", '"/"', "known findings"),
    ],
)
def test_no_content_word_is_passed_over(text, word, advice):
    message = refusal(text)
    assert word in message and advice in message and "\n" not in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pneumonia and no pneumonia", "cannot both be said"),
        ("no finding and edema", "cannot both be said"),
        ("normal, possible edema", "cannot both be said"),
        ("effusion, no left effusion", "cannot both be said"),
        ("mild edema and severe edema", "cannot both be said"),
        ("edema, no perihilar edema", "cannot both be said"),
        ("no edema, pneumonia", "unclear"),
        ("no edema and pneumonia", "unclear"),
        ("edema or pneumonia", "leaves open which"),
        ("mild severe edema", "more than one severity"),
        ("cardiomegaly mild edema", "more than one finding"),
        ("without no edema", "more than one state"),
        ("effusion, moderate", "without a finding"),
        ("no", "without a finding"),
        ("mild normal", "No Finding takes no severity"),
    ],
)
def test_contradictory_or_doubtful_prompts(text, message):
    assert message in refusal(text)


def test_text_of_every_single_finding_reads_back():
    for name, state, severity, side in product(REAL_NAMES, STATES, (None, *SEVERITIES), (None, *SIDES)):
        findings = Findings([Finding(name, state, severity, side)])
        assert parse_prompt(findings.to_text()) == findings
    for state, location, side in product(STATES, LOCATIONS, (None, "right")):
        findings = Findings([Finding("Mass", state, "mild", side, location)])
        assert parse_prompt(findings.to_text()) == findings
    for state in STATES:
        assert parse_prompt(Findings([Finding("No Finding", state)]).to_text()).items == (Finding("No Finding", state),)


def test_text_of_every_pair_of_findings_reads_back():
    for (one, two), first, second in product(zip(NAMES, REAL_NAMES, strict=False), STATES, STATES):
        if (one, first) == ("No Finding", "present") and second != "absent":
            continue
        findings = Findings([Finding(one, first), Finding(two, second)])
        assert parse_prompt(findings.to_text()) == findings


# the collection


def test_collection():
    findings = parse_prompt("no pneumothorax, mild edema, possible pneumonia")
    assert [finding.name for finding in findings] == ["Pneumothorax", "Edema", "Pneumonia"]
    assert len(findings) == 3 and findings[1] == Finding("Edema", severity="mild")
    assert (findings.present, findings.absent, findings.uncertain) == (("Edema",), ("Pneumothorax",), ("Pneumonia",))
    assert "ptx" in findings and absent("Pneumothorax") in findings and "Mass" not in findings
    assert findings.get("oedema") == Finding("Edema", severity="mild") and findings.get("Mass") is None
    with pytest.raises(BadInput, match="did you mean Edema"):
        findings.get("Edma")
    with pytest.raises(FrozenInstanceError):
        findings.items = ()


def test_equality_hash_and_text_forget_the_order():
    one, two = parse_prompt("no edema; large mass"), parse_prompt("large mass, no edema")
    assert one == two and hash(one) == hash(two) and one.to_text() == two.to_text() == "severe mass, no edema"
    assert one != parse_prompt("mass, no edema") and one != "severe mass, no edema"
    assert pickle.loads(pickle.dumps(one)) == one


def test_repetition_is_dropped_and_places_are_kept_apart():
    assert len(parse_prompt("edema and edema")) == 1
    sides = parse_prompt("no left effusion, mild right effusion")
    assert len(sides) == 2 and sides.present == (EFFUSION,) and sides.absent == ()
    assert sides.get(EFFUSION).side == "right"
    assert len(parse_prompt("right upper lobe mass and right lower lobe mass")) == 2


def test_empty_findings_are_the_null_text():
    assert len(Findings()) == 0 and Findings().to_text() == "" and Findings() == Findings.from_labels("")


# labels and rows


@pytest.mark.parametrize("labels", ["Effusion|Cardiomegaly", "Effusion, Cardiomegaly", "effusion;;Cardiomegaly;"])
def test_labels_with_each_separator(labels):
    assert Findings.from_labels(labels).present == (EFFUSION, "Cardiomegaly")
    assert Findings.from_labels(["Effusion", "Cardiomegaly"]) == Findings.from_labels(labels)


def test_labels_refuse_the_unknown_and_the_contradictory():
    with pytest.raises(BadInput, match="ARDS"):
        Findings.from_labels("COVID-19, ARDS")
    with pytest.raises(BadInput, match="cannot both be said"):
        Findings.from_labels("No Finding|Edema")


def test_to_labels_keeps_unmentioned_apart_from_absent():
    labels = parse_prompt("mild edema, no pneumonia, possible mass").to_labels()
    assert tuple(labels) == NAMES
    assert (labels["Edema"], labels["Pneumonia"], labels["Mass"]) == (1.0, 0.0, -1.0)
    assert sum(math.isnan(label) for label in labels.values()) == len(NAMES) - 3


def test_row_and_labels_are_inverse():
    for state in STATES:
        for name in NAMES:
            findings = Findings([Finding(name, state)])
            assert Findings.from_row(findings.to_labels()) == findings


def test_row_in_the_forms_that_tables_hold():
    row = {"Path": "a.jpg", "Age": 61, "Effusion": "1.0", "Edema": 0, "Pneumonia": -1.0, "Fracture": "", "Mass": None}
    findings = Findings.from_row(row | {"Hernia": float("nan")})
    assert findings == Findings([Finding(EFFUSION), absent("Edema"), Finding("Pneumonia", "uncertain")])


def test_row_refuses_other_values_and_foreign_tables():
    with pytest.raises(BadInput, match='Column "Edema" holds "3"'):
        Findings.from_row({"Edema": 3})
    with pytest.raises(BadInput, match='Column "Edema" holds "yes"'):
        Findings.from_row({"Edema": "yes"})
    with pytest.raises(BadInput, match="No column"):
        Findings.from_row({"Path": "a.jpg"})


def test_importing_loads_nothing_heavy():
    code = (
        "import sys, causaray.findings; print([m for m in ('numpy', 'torch', 'pandas', 'difflib') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
