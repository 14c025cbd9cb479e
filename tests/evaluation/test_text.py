"""Texts against requests and images: by hand, and on films whose truth is drawn."""

from pathlib import Path

import numpy as np
import pytest
import torch

from causaray import weightfiles
from causaray.anatomy.editor import DrawnEditor
from causaray.anatomy.requests import lesions
from causaray.classifiers.judge import Judge
from causaray.cohorts.phantom import World, prepare_phantom
from causaray.evaluation.context import Context
from causaray.evaluation.edits.edited_cohort import EditedCohort
from causaray.evaluation.families.text import measure
from causaray.evaluation.measures.text import agreement, judged_changes
from causaray.evaluation.page.figures import ABSENT, at, keys
from causaray.evaluation.page.words import load
from causaray.evaluation.statistics.f1 import f1_of_sets
from causaray.evaluation.verdict.texts import Interpreter
from causaray.findings import parse_prompt
from causaray.reports.told_changes import read_changes, signed

SHIP = {"cxr-128", "anatomy-128"} <= {folder.name for folder in weightfiles.shipped()}
needs_weights = pytest.mark.skipif(not SHIP, reason="weights do not ship")
PEOPLE = np.array(["a", "b", "c"])


def test_measures_by_hand() -> None:
    told = [frozenset({("Edema", 1), ("Hernia", 1)}), frozenset({("Edema", -1), ("Mass", 1)}), frozenset()]
    change = np.array([[0.3, 0.0], [0.2, 0.4], [-0.5, 0.1]])
    assert agreement(told, change, ("Edema", "Mass"), PEOPLE)["value"] == pytest.approx(2 / 3), "no hernias are judged"
    seen = judged_changes(change, ("Edema", "Mass"), 0.15, ("Edema",))
    assert seen == [{("Edema", 1)}, {("Edema", 1)}, {("Edema", -1)}]
    assert f1_of_sets(told, seen, PEOPLE)["value"] == pytest.approx(2 * 1 / (4 + 3))
    assert np.isnan(f1_of_sets([frozenset()], [frozenset()], PEOPLE[:1])["value"])


def test_what_is_denied_is_not_told() -> None:
    assert read_changes("No new edema. No decrease of effusion is seen.") == frozenset()
    assert signed(read_changes("New edema. Left effusion has resolved.")) == {("Edema", 1), ("Pleural Effusion", -1)}


@needs_weights
def test_drawn_findings_are_told_and_others_are_not_claimed() -> None:
    films = World(size=128, common=0.0, devices=0.0).sample(2, seed=11).images
    editor, interpreter = DrawnEditor.load(), Interpreter.shipped()
    assert interpreter is not None
    requests = [parse_prompt("severe left pleural effusion"), parse_prompt("moderate right pneumothorax")]
    drawn = torch.cat([
        editor.draw_on(films[i : i + 1], editor.read(films[i : i + 1]), 0, lesions(one, i), i).film
        for i, one in enumerate(requests)
    ])  # fmt: skip
    before = interpreter.reader.read(films)
    told = [signed(read_changes(text or "")) for text in interpreter.texts(before, drawn, requests)]
    assert told == [{("Pleural Effusion", 1)}, {("Pneumothorax", 1)}]
    assert interpreter.texts(before, films, requests) == ["No change."] * 2
    others = interpreter.texts(before, drawn, requests[::-1])
    assert others[0] is not None and others[0].startswith(
        "No new right pneumothorax is seen. New left pleural effusion"
    )
    assert others[1] is not None and "New right pneumothorax" in others[1] and "New left" not in others[1]


class Light(torch.nn.Module):
    """A judge that takes what is brighter on the film's right for effusions."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (60 * (x[..., 32:].mean((2, 3)) - 0.4)).expand(-1, 1)


@needs_weights
def test_texts_of_an_editor_that_draws_and_of_one_that_copies(tmp_path: Path) -> None:
    rows = prepare_phantom(tmp_path / "phantom", 4, size=64, common=0.0, devices=0.0)
    images = torch.from_numpy(rows.images(range(len(rows))))
    editor = DrawnEditor.load()
    asked = lesions(parse_prompt("severe left pleural effusion"), 0)
    added = torch.cat([editor.draw_on(one[None], editor.read(one[None]), 0, asked, 0).film for one in images])
    judge = Judge(("Pleural Effusion",), "0" * 64, Light())

    def measured(name: str, side: torch.Tensor):
        (tmp_path / name).mkdir()
        edited = EditedCohort("phantom", rows, images, images, True, tmp_path / name)
        edited.pairs |= {"Pleural Effusion": (side, images)}
        return measure(Context(edited, judge, None, rows, 0, lambda *_: None))

    drawn, copied = measured("drawn", added), measured("copied", images)
    assert drawn["texts"] == 8 and drawn["told"]["value"] <= 0.6, "of those that were copied nothing is told"
    assert drawn["agreement"]["value"] > 0.8 and drawn["request_f1"]["value"] > 0.6
    assert drawn["judge_f1"]["value"] > drawn["template"]["judge_f1"]["value"] > 0, "the template claims too much"
    assert drawn["shuffled"]["judge_f1"]["value"] < drawn["judge_f1"]["value"]
    for frame in load().sections["text"].frames:
        places = [keys(place) for place in frame.rows.values()]  # type: ignore[union-attr]
        assert all(at({"text": drawn}, place) is not ABSENT for place in places if "written" not in place)
    assert copied["told"]["value"] == 0 and np.isnan(copied["agreement"]["value"]) and copied["written"] is None
