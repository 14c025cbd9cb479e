"""A prior that is told reports instead of labels."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from pydantic import ValidationError
from tiny_recipe import RECIPE, TINY

from causaray.cohorts import Cohort
from causaray.cohorts.batches import Batch
from causaray.cohorts.phantom import prepare_phantom
from causaray.cohorts.reports import has_reports, reports_of
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.nets.denoiser import TextEncoder
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor
from causaray.systems.causal_disentanglement.texts import LENGTH, asked_text, parts, tokens, vocabulary_of
from causaray.systems.causal_disentanglement.training.report_texts import Texts, some_withheld
from causaray.systems.causal_disentanglement.training.train import train
from causaray.training.recipe import Recipe


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort") / "phantom"
    prepare_phantom(folder, 240, size=64)
    return folder


def test_phantoms_have_the_same_report_every_time_whatever_rows_are_asked_for(cohort: Path) -> None:
    whole = Cohort.open(cohort)
    train_rows = whole.subset(split="train")
    every = dict(zip(whole.table["image"], reports_of(whole), strict=True))
    assert has_reports(whole)
    assert reports_of(train_rows) == [every[image] for image in train_rows.table["image"]]


def test_a_cohort_without_reports_is_refused(cohort: Path) -> None:
    whole = Cohort.open(cohort)
    whole.table["cohort"] = "elsewhere"
    assert not has_reports(whole)
    with pytest.raises(BadInput, match="without a report"):
        reports_of(whole)


def test_words_become_numbers_by_how_often_they_are_used() -> None:
    vocabulary = vocabulary_of(["no effusion", "no edema", "no effusion."])
    assert vocabulary[:2] == ("no", "effusion")
    row = tokens(["No effusion seen"], vocabulary)[0]
    assert row[:4].tolist() == [2, 3, 1, 0] and len(row) == LENGTH


def test_a_text_falls_into_sentences_and_clauses() -> None:
    assert parts("No edema, effusion. Clear.\nEnd") == ["No edema,", "effusion.", "Clear.", "End"]


def test_no_words_are_the_null_condition_and_their_order_counts() -> None:
    torch.manual_seed(0)
    encoder = TextEncoder(9, 4, 8)
    nothing, one, other = encoder(torch.tensor([[0, 0, 0, 0], [2, 3, 0, 0], [3, 2, 0, 0]]))
    assert nothing.abs().max() == 0
    assert not torch.allclose(one, other, atol=1e-4)


def test_texts_tell_of_the_rows_of_a_batch(cohort: Path) -> None:
    rows = Cohort.open(cohort).subset(split="train")
    texts = Texts(rows, refined=True, seed=0)
    words = texts.of(Batch(torch.empty(2), torch.empty(2), torch.empty(2), torch.tensor([0, 5])))
    assert words.shape == (2, LENGTH) and words.max() < len(texts.vocabulary) + 2
    said = set(texts.texts[5].replace(",", " ").split())
    assert {texts.vocabulary[int(i) - 2] for i in words[1] if i > 1} <= said | {",", "."}
    torch.manual_seed(0)
    assert 0.4 < (some_withheld(torch.ones(1000, 3), 0.5).sum(1) == 0).float().mean() < 0.6


def test_a_request_is_said_as_the_model_has_read_it() -> None:
    request = list(parse_prompt("mild left effusion, no edema"))
    assert asked_text(request, refined=True) == "mild left pleural effusion, no edema"
    assert asked_text(request, refined=False) == "There is a small left pleural effusion. No pulmonary edema."


@pytest.mark.parametrize("reads", ["raw", "refined"])
def test_an_editor_told_reports_edits_and_listens(reads: str, cohort: Path, tmp_path: Path) -> None:
    recipe = {**RECIPE, "stage2": {**RECIPE["stage2"], "reads": reads, "steps": 30}}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(recipe))
    editor = CausalDisentanglementEditor.load(train(tmp_path / "tiny.yaml", [cohort], tmp_path / "out", device="cpu"))
    (identity, z), noise = editor.encode(torch.rand(1, 1, 64, 64)), editor.noise(0, 1)
    moves = [
        editor.move(identity, z, parse_prompt(p), noise)
        for p in ("severe left effusion", "mild right effusion", "no edema")
    ]
    assert all(not torch.allclose(a, b, atol=1e-6) for i, a in enumerate(moves) for b in moves[:i])
    assert editor.edit(torch.rand(1, 1, 64, 64), EditRequest(parse_prompt("edema"))).counterfactual.isfinite().all()


def test_stages_that_ask_in_labels_do_not_go_with_reports() -> None:
    with pytest.raises(ValidationError, match="other than labels"):
        Recipe.model_validate({**RECIPE, "stage2": {**RECIPE["stage2"], "reads": "raw"}, "stage3": TINY})


def test_an_editor_is_loaded_without_the_tables_of_cohorts() -> None:
    said = subprocess.run(
        [sys.executable, "-c", f"import sys, {CausalDisentanglementEditor.__module__}; print('pandas' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout == "False\n"
