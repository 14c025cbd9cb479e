from pathlib import Path

import pytest
import torch

from causaray.classifiers.judge import Judge
from causaray.cohorts.phantom import prepare_phantom, truth
from causaray.evaluation.asked import prompts
from causaray.evaluation.context import Context
from causaray.evaluation.edits.edited_cohort import EditedCohort
from causaray.evaluation.families.truth import measure
from causaray.findings import parse_prompt


class Whiteness(torch.nn.Module):
    """A judge that takes white images for effusions."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3)).expand(-1, 2)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Phantoms whose effusion an editor has added rightly, and not removed at all."""
    rows = prepare_phantom(tmp_path / "phantom", 12, size=64)
    images = torch.from_numpy(rows.images(range(len(rows))))
    added = truth(rows, parse_prompt(prompts("phantom", "Pleural Effusion")[0]))
    edited = EditedCohort("phantom", rows, images, images, True, tmp_path)
    edited.pairs |= {"Pleural Effusion": (added, images), "Hernia": (images, images)}
    return Context(edited, Judge(("Pleural Effusion", "Hernia"), "0" * 64, Whiteness()), None, rows, 0, lambda *_: None)


def test_the_truth_is_known_of_phantoms(context: Context) -> None:
    found = measure(context)
    assert found is not None and set(found) == {"Pleural Effusion", "l1_to_copied"}, "the world has no hernias"
    added, removed = (found["Pleural Effusion"][side]["changed"] for side in ("added", "removed"))
    assert added["edited"]["l1"]["value"] == 0 and added["l1_to_copied"]["value"] == 0
    assert removed is None or removed["l1_to_copied"]["value"] == 1, "copied is what was given back"
    assert 0 <= found["l1_to_copied"]["value"] < 1
    assert found["Pleural Effusion"]["judge_on_truth"]["value"] > 0.5, "fluid is white"


def test_the_truth_of_patients_is_not_known(context: Context) -> None:
    context.edited.name = "nih"
    assert measure(context) is None
