"""Reading reports by rules: what each turn of phrase means."""

import pytest

from causaray import BadInput, parse_prompt, read_report
from causaray.cohorts.phantom.phrases import NORMALS
from causaray.findings import Findings
from causaray.reports.rules.words import corrected, sentences

MEANS = {  # a sentence -> the canonical text of what it says
    # negation, and how far it reaches
    "No effusion, pneumothorax or consolidation.": "no consolidation, no pneumothorax, no pleural effusion",
    "No evidence of edema. Small left effusion.": "mild left pleural effusion, no edema",
    "No effusion, small right pneumothorax.": "mild right pneumothorax, no pleural effusion",
    "No pneumothorax is seen, right basal opacity is present.": "right basal lung opacity, no pneumothorax",
    "No pneumothorax but there is a large effusion.": "severe pleural effusion, no pneumothorax",
    "Cardiomegaly without overt edema.": "cardiomegaly, no edema",
    "Pneumothorax is not seen.": "no pneumothorax",
    "The left effusion has resolved.": "no left pleural effusion",
    "The lungs are clear of consolidation and effusion.": "no consolidation, no pleural effusion",
    "Negative for fracture.": "no fracture",
    "Atelectasis rather than pneumonia.": "atelectasis, no pneumonia",
    # double negation
    "An effusion cannot be excluded.": "possible pleural effusion",
    "Cannot exclude a small effusion.": "possible mild pleural effusion",
    "The lungs are not free of edema.": "edema",
    # hedging
    "Opacity that may represent pneumonia.": "lung opacity, possible pneumonia",
    "Atelectasis versus pneumonia.": "possible pneumonia, possible atelectasis",
    "Probable left effusion.": "left pleural effusion",
    "Edema is suspected.": "possible edema",
    "Atelectasis or infiltrate.": "possible atelectasis, possible infiltration",
    # what is large, what lies in the pleura, and what broke
    "Heart is large.": "cardiomegaly",
    "Heart size remains slightly large.": "mild cardiomegaly",
    "Increase in heart size since the prior film.": "cardiomegaly",
    "Small left apical pleural air collection.": "mild left apical pneumothorax",
    "Stable bilateral apical pleural capping.": "bilateral pleural thickening",
    "Fractured lead of the pacemaker.": "support devices",
    "Dense nodule in the right base.": "right basal lung opacity, right basal nodule",
    "Support lines: none.": "no support devices",
    # severity, side, place
    "Small bilateral effusions with bibasilar atelectasis.": "bilateral basal atelectasis, "
    "mild bilateral pleural effusion",
    "Mild to moderate cardiomegaly.": "moderate cardiomegaly",
    "RLL consolidation.": "right lower lobe consolidation",
    "Opacities in the right upper lobe and left lower lobe.": "left lower lobe lung opacity, "
    "right upper lobe lung opacity",
    "Effusions, left greater than right, and cardiomegaly.": "cardiomegaly, bilateral pleural effusion",
    "Streaky opacities at the lung bases.": "bilateral basal lung opacity",
    "Consolidation and atelectasis in the right lower lobe.": "right lower lobe consolidation, "
    "right lower lobe atelectasis",
    "In the left base there is an infiltrate.": "left basal infiltration",
    "Left ventricular enlargement with effusion.": "pleural effusion",
    # heart, mediastinum, lungs by what is said of them
    "The heart is mildly enlarged.": "mild cardiomegaly",
    "Normal heart size and mediastinal contours.": "no enlarged cardiomediastinum, no cardiomegaly",
    "Heart size is normal, the mediastinum is widened.": "enlarged cardiomediastinum, no cardiomegaly",
    "The heart is not enlarged.": "no cardiomegaly",
    "Heart size at the upper limits of normal.": "no cardiomegaly",
    "Borderline heart size.": "mild cardiomegaly",
    # what is no finding of this image
    "Rule out pneumonia.": "",
    "History of pneumothorax.": "",
    "Status post resection of a mass, with sternal wires.": "support devices",
    "Subcutaneous emphysema. Pericardial effusion.": "",
    "Please correlate for symptoms of pneumonia.": "",
    # marks of de-identification, typing errors, several spellings
    "There is XXXX left pleural XXXX effusion.": "left pleural effusion",
    "Small ___ effusion in the ___ right base.": "mild right basal pleural effusion",
    "Small right efusion and cardiomegally.": "cardiomegaly, mild right pleural effusion",
    "Pneumothroax on the left.": "left pneumothorax",
    "Ground-glass opacities, hydropneumothorax.": "lung opacity, pneumothorax, pleural effusion",
    # all clear
    "No acute cardiopulmonary abnormality.": "no finding",
    "No acute disease. Small effusion.": "mild pleural effusion",
}


@pytest.mark.parametrize("sentence", MEANS)
def test_a_sentence_means(sentence: str) -> None:
    assert read_report(sentence).findings.to_text() == MEANS[sentence]


@pytest.mark.parametrize(
    "sentence, change, state",
    [
        ("New left effusion.", "new", "present"),
        ("Unchanged small left effusion.", "unchanged", "present"),
        ("The effusion has increased.", "worse", "present"),
        ("Improved edema.", "better", "present"),
        ("The pneumothorax has resolved.", "resolved", "absent"),
        ("No significant change in the effusion.", "unchanged", "present"),
        ("Interval removal of the chest tube.", "resolved", "absent"),
    ],
)
def test_changes(sentence: str, change: str, state: str) -> None:
    (mention,) = read_report(sentence).mentions
    assert (mention.change, mention.finding.state) == (change, state)


def test_severity_that_changed_is_that_of_now() -> None:
    assert read_report("Edema has improved from moderate to mild.").findings.to_text() == "mild edema"


def test_sizes() -> None:
    assert [m.size_mm for m in read_report("A 2 x 3.5 cm mass. A 7 mm nodule.").mentions] == [35, 7]
    assert read_report("Catheter with its tip 3 cm above the carina.").mentions[0].size_mm is None


def test_mentions_point_at_their_words() -> None:
    text = "FINDINGS: Small left pleural effusion.\nIMPRESSION: Left effusion, probable atelectasis."
    mentions = read_report(text).mentions
    assert [text[m.start : m.end] for m in mentions] == ["pleural effusion", "effusion", "atelectasis"]
    assert [m.section for m in mentions] == ["findings", "impression", "impression"]
    assert [m.certainty for m in mentions] == ["stated", "stated", "probable"]


def test_devices_are_named() -> None:
    assert [m.device for m in read_report("Right PICC line and pacemaker leads.").mentions] == [
        "picc line",
        "pacemaker lead",
    ]


def test_only_findings_and_impression_speak_of_the_image() -> None:
    text = "HISTORY: Pneumonia.\nCOMPARISON: Effusion was seen.\nFINDINGS: Edema.\nIMPRESSION: No effusion."
    assert read_report(text).findings.to_text() == "edema, no pleural effusion"


def test_mentions_of_one_finding_become_one() -> None:
    text = "FINDINGS: Left effusion. No right effusion.\nIMPRESSION: Small effusion."
    assert read_report(text).findings.to_text() == "mild left pleural effusion, no right pleural effusion"


def test_present_wins_over_absent() -> None:
    assert read_report("No focal opacity. Opacity in the left base.").findings == parse_prompt(
        "left basal lung opacity"
    )


@pytest.mark.parametrize("text", ["", "   \n", "Lorem ipsum dolor sit amet.", "1234", "....", "XXXX", "é" * 500])
def test_what_is_no_report_has_no_mentions(text: str) -> None:
    assert read_report(text).mentions == ()
    assert read_report(text).findings == Findings()


def test_bytes_are_refused() -> None:
    with pytest.raises(BadInput, match="no text"):
        read_report("a\x00b")


@pytest.mark.parametrize("normal", NORMALS, ids=lambda one: one.text)
def test_normal_sentences_of_phantoms_deny_nothing_more_and_assert_nothing(normal) -> None:
    found = read_report(normal.text).findings
    assert not found.present and not found.uncertain


def test_spelling_is_corrected_toward_findings_alone() -> None:
    assert corrected("effussion") == "effusion"
    assert corrected("atypical") == "atypical"
    assert corrected("infusion") == "infusion"
    assert corrected("mas") == "mas"


def test_sentences_do_not_end_in_numbers_or_titles() -> None:
    text = "A 2.5 cm mass seen by Dr. Who. No effusion.There is edema. 1. One\n2. Two"
    assert [text[a:b].strip() for a, b in sentences(text, 0, len(text))] == [
        "A 2.5 cm mass seen by Dr. Who.", "No effusion.", "There is edema.", "1.", "One", "2.", "Two",
    ]  # fmt: skip
