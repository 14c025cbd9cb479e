import re

import numpy as np
import pytest

from causaray.cohorts.phantom.changes import changes
from causaray.cohorts.phantom.phrases import CHANGES
from causaray.findings import Findings, parse_prompt
from causaray.progression import KINDS, changed


def test_the_example():
    before = parse_prompt("mild edema, moderate cardiomegaly, no effusion")
    after = parse_prompt("moderate left effusion, moderate cardiomegaly, no edema")
    text = "New moderate left pleural effusion. Pulmonary edema has resolved. Moderate cardiomegaly is unchanged."
    assert changes(before, after) == text


def test_sides_that_change_alike_are_told_together():
    assert changes(parse_prompt("bilateral effusion"), Findings()) == "Bilateral pleural effusions have resolved."


def test_nothing_to_tell():
    assert changes(Findings(), parse_prompt("no edema")) == "No change."


CUES = {
    "new": "new|developed|development",
    "worse": "wors|progressed",
    "moved": "in place of",
    "better": "improve|regressed",
    "resolved": "resol|no longer",
    "persistent": "persist|again",
    "unchanged": "unchanged|stable|similar",
}


EXAMPLES = {
    "new": ("no edema", "moderate edema"),
    "worse": ("mild bilateral effusion", "severe bilateral effusion"),
    "moved": ("left apical mass", "right basal mass"),
    "better": ("severe left pneumothorax", "mild left pneumothorax"),
    "resolved": ("right consolidation", "no consolidation"),
    "persistent": ("left atelectasis", "mild left atelectasis"),
    "unchanged": ("moderate cardiomegaly", "moderate cardiomegaly"),
}


def test_every_kind_has_its_words():
    assert tuple(CHANGES) == KINDS == tuple(CUES) == tuple(EXAMPLES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_paraphrase_says_the_kind_and_only_that_kind(kind):
    before, after = map(parse_prompt, EXAMPLES[kind])
    assert [change.kind for change in changed(before, after)] == [kind]
    texts = {changes(before, after, np.random.default_rng(seed)).lower() for seed in range(50)}
    assert len(texts) > 1
    assert all([kind for kind, cue in CUES.items() if re.search(cue, text)] == [kind] for text in texts)


def test_paraphrases_differ_and_a_seed_repeats():
    before, after = parse_prompt("mild left effusion"), parse_prompt("large left effusion")
    texts = [changes(before, after, np.random.default_rng(seed)) for seed in (*range(20), 0)]
    assert texts[0] == texts[-1] and len(set(texts)) > 5
