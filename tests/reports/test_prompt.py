"""Requests in free words."""

import numpy as np
import pytest

from causaray import BadInput, parse_prompt
from causaray.app.cli import main
from causaray.reports.evaluation.robustness import request, worded
from causaray.reports.prompt import read_request


def test_other_words_ask_for_the_same() -> None:
    rng = np.random.default_rng(7)
    asked = [(one, text) for one in (request(rng) for _ in range(100)) for text in worded(one, rng)]
    same = [read_request(text) == one for one, text in asked]
    assert np.mean(same) >= 0.98


def test_the_language_of_prompts_comes_first() -> None:
    assert read_request("no edema but effusion") == parse_prompt("no edema but effusion")


@pytest.mark.parametrize(
    "text", ["", "mild foo effusion.", "There is a purple effusion.", "There is an efusion.", "Hello."]
)
def test_no_word_is_passed_over(text: str) -> None:
    with pytest.raises(BadInput):
        read_request(text)


@pytest.mark.parametrize(
    "text, means",
    [
        ("R PTX", "right pneumothorax"),
        ("PTX on the R", "right pneumothorax"),
        ("R. pneumothorax", "right pneumothorax"),
        ("no PTX, no PNA", "no pneumothorax, no pneumonia"),
        ("LLL pna", "left lower lobe pneumonia"),
        ("mod L effusion", "moderate left pleural effusion"),
        ("lt lower lobe consolidation", "left lower lobe consolidation"),
        ("rt effusion", "right pleural effusion"),
        ("b/l effusions", "bilateral pleural effusion"),
        ("R/L effusions", "bilateral pleural effusion"),
        ("bilat effusions", "bilateral pleural effusion"),
        ("L PTX and R effusion", "left pneumothorax, right pleural effusion"),
        ("LLL consolidation & R effusion", "left lower lobe consolidation, right pleural effusion"),
        ("RML PNA", "right middle lobe pneumonia"),
        ("GGO", "lung opacity"),
        ("ATX", "atelectasis"),
        ("PPM", "support devices"),
        ("NGT", "support devices"),
        ("NAD", "no finding"),
        ("WNL", "no finding"),
        ("left haemothorax", "left pleural effusion"),
        ("effusion (left, moderate)", "moderate left pleural effusion"),
        ("effusion (small), edema (mild)", "mild edema, mild pleural effusion"),
        ("mild to moderate edema", "moderate edema"),
        ("moderate-to-large effusion", "severe pleural effusion"),
        ("There is mild to moderate edema today in the film", None),
        ("There is no longer an effusion", "no pleural effusion"),
        ("A bilateral hilar mass is demonstrated.", "bilateral perihilar mass"),
        ("Pneumonia cannot be excluded", "possible pneumonia"),
    ],
)
def test_everyday_words(text: str, means: str | None) -> None:
    if means is None:
        with pytest.raises(BadInput, match="today"):
            read_request(text)
    else:
        assert read_request(text) == parse_prompt(means)


@pytest.mark.parametrize(
    "text, says",
    [
        ("pneumonia, no pneumonia", "cannot both be said"),
        ("edema and no edema", "cannot both be said"),
        ("There is edema. There is no edema.", "cannot both be said"),
        ("Edema is demonstrated. No edema is demonstrated.", "cannot both be said"),
        ("no finding and edema", "cannot both be said"),
        ("Normal chest, edema is identified", "cannot both be said"),
        ("mild effusion, severe effusion", "cannot both be said"),
        ("A small effusion is identified. A large effusion is identified.", "cannot both be said"),
        ("no edema, pneumonia", "unclear whether"),
        ("mild severe effusion", "more than one severity"),
        ("small large left effusion", "more than one severity"),
        ("There is a mild severe effusion", "more than one severity"),
        ("Mild severe effusion is identified", "Unknown word"),
        ("edema or pneumonia", "leaves open which"),
        ("There is edema or pneumonia", "leaves open which"),
        ("Either edema or pneumonia is identified", "Unknown word"),
        ("Edema versus pneumonia", "Unknown word"),
        ("effusion mass", "more than one finding"),
        ("left", "without a finding"),
        ("Left middle lobe consolidation is identified", "no middle lobe"),
        ("CHF", "say Cardiomegaly, Edema or Pleural Effusion"),
        ("CHF is demonstrated", "Unknown word"),
        ("PE", "Pleural Effusion"),
        ("COPD", "Emphysema"),
        ("ILD", "Fibrosis"),
        ("TB", "Pneumonia"),
        ("HF", "Edema"),
    ],
)
def test_what_the_small_language_refuses_stays_refused(text: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_request(text)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "effusion with pericardial effusion",
        "There is subcutaneous emphysema and edema",
        "There is a 3 cm mass",
        "3 cm mass",
        "two nodules",
        "There is a worsening effusion",
        "stable left effusion",
        "The previous film showed an effusion",
        "history of pneumonia, edema",
        "rule out pneumonia; there is edema",
        "There is a granuloma and a nodule",
        "There is edema with mass effect",
        "There is a displaced fracture",
        "There is patchy opacity",
        "opacity due to a nipple shadow",
        "pneumothorax with shift to the right",
        "edema 肺",
        "There is an effusion 肺",
        "There is an effusion épanchement",
        "edema 😀",
        "effusion x2",
        "Left. There is edema identified.",
    ],
)
def test_nothing_that_is_said_is_passed_over(text: str) -> None:
    with pytest.raises(BadInput):
        read_request(text)


def test_tension_is_no_lesion() -> None:
    with pytest.raises(BadInput) as refused:
        read_request("tension pneumothorax")
    assert "did you mean" not in str(refused.value)


def test_the_command_line_refuses_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--prompt", "pneumonia, no pneumonia"]) == 2
    assert "cannot both be said" in capsys.readouterr().err
