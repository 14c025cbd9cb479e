from pathlib import Path

import numpy as np

from causaray.finding import Finding
from causaray.findings import Findings, parse_prompt
from causaray.priors.captions import about, caption, told
from causaray.study import Study

STUDY = Study(Path("a.png"), Findings(), "p", "nih", age=58.0, sex="F", view="PA")
FINDINGS = [Finding("Edema", severity="mild"), Finding("Pleural Effusion", "absent")]


def test_a_caption_says_who_and_what() -> None:
    assert caption(FINDINGS, about(STUDY)) == "nih, 60 year old woman, pa, mild edema, no pleural effusion"
    assert caption([]) == ""


def test_its_findings_are_a_prompt() -> None:
    assert parse_prompt(caption(FINDINGS)) == Findings(FINDINGS)


def test_training_captions_leave_things_out_but_make_nothing_up() -> None:
    rng = np.random.default_rng(0)
    seen = [told(FINDINGS, about(STUDY), rng) for _ in range(400)]
    words = {word.strip(",") for text in seen for word in text.split()}
    assert words <= set(caption(FINDINGS, about(STUDY)).replace(",", "").split())
    share = np.mean(["mild edema" in text for text in seen]), np.mean(["edema" in text for text in seen])
    assert 0.6 < share[0] < share[1] < 0.97
    assert 0.08 < np.mean(["no pleural" in text for text in seen]) < 0.25
