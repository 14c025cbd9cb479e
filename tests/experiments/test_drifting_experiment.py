import json
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import ttest_1samp
from tiny_prior import save_untrained_prior
from torch.nn.functional import avg_pool2d

from causaray.app.verbs.reproduce import reproduce
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.priors import finetune
from causaray.priors.text_prior import load_prior
from causaray.priors.text_to_image import draw, images_of
from causaray.priors.tunings import TUNINGS, WORD, Opened
from causaray.systems.latent_drifting import conditional_samples as asked
from causaray.systems.latent_drifting import experiment as latent_drifting
from causaray.systems.latent_drifting import page as drifting_page
from causaray.systems.latent_drifting.drift import search
from causaray.systems.latent_drifting.experiment import Setting, arms

LOSSLESS = SimpleNamespace(encode=lambda x: x, decode=lambda z: z)


@pytest.fixture
def quick(monkeypatch):
    """Small batches, two deltas, two steps, and pooled pixels in the place of Inception."""
    monkeypatch.setattr(finetune, "BATCH", 6)
    monkeypatch.setattr(finetune, "VIEWS", 2)
    monkeypatch.setattr(asked, "STEPS", 2)
    monkeypatch.setattr(latent_drifting, "inception", lambda: lambda x: avg_pool2d(x, 16).flatten(1))
    monkeypatch.setattr(latent_drifting, "search", partial(search, grid=(0.0, 0.1)))


def test_every_arm_is_measured_and_shown(quick, tmp_path):
    prior = save_untrained_prior(tmp_path / "prior")
    prepare_phantom(tmp_path / "phantom", 160, size=64)
    setting = Setting(str(prior), (tmp_path / "phantom",), tmp_path / "work", "judge-phantom-64", 1, 12, 40, steps=1)
    found = latent_drifting.latent_drifting(setting, tmp_path / "out", "a test", lambda said: None, ("full",))["full"]
    assert set(found["search"]) == {"0.0", "0.1"} and found["delta"] == 0.1
    on_val = [tried["kid_x1000"]["reconstructed"]["inception"]["value"] for tried in found["search"].values()]
    assert on_val == sorted(on_val)
    assert list(found["rows"]) == [arm.name for arm in arms("full")]
    assert all(
        seed["kid_x1000"]["real"]["chest"]["n"] > 40 and 0 <= seed["auc"] <= 1
        for row in found["rows"].values()
        for seed in row
    )
    told = json.loads((tmp_path / "out" / "results.json").read_text())
    assert told["methods"]["full"]["rows"] == found["rows"] and told["about"]["limit"] == 12
    assert str(tmp_path) not in (tmp_path / "out" / "results.json").read_text()
    assert "| full, learned bias |" in (tmp_path / "out" / "table.md").read_text()
    assert (tmp_path / "out" / "samples.png").stat().st_size > 10_000


def test_fine_tunings_of_another_rate_are_others(quick, tmp_path):
    prior = save_untrained_prior(tmp_path / "prior")
    prepare_phantom(tmp_path / "phantom", 160, size=64)
    usual = Setting(str(prior), (tmp_path / "phantom",), tmp_path / "work", "judge-phantom-64", 1, 12, 40, steps=1)
    gentle = replace(usual, lr=2e-4)
    recipes = []
    for setting in (usual, gentle):
        setting.tuned("lora", 0.0, 0)
        recipes.append(json.loads((setting.folder("lora", 0.0, 0) / "recipe.json").read_text()))
    assert [one["run"]["lr"] for one in recipes] == [1e-3, 2e-4]


def test_samples_are_asked_for_by_all_kinds_of_rows_in_a_cohort_that_is_sorted(tmp_path):
    prepare_phantom(tmp_path / "phantom", 120, size=64)
    cohort = Cohort.open(tmp_path / "phantom")
    ill = cohort.labels(["Pleural Effusion"])[:, 0] == 1
    healthy = cohort.subset(mask=~ill)
    rows = replace(cohort, table=pd.concat([healthy.table, cohort.subset(mask=ill).table]))
    made = asked.Asked(rows, ["Pleural Effusion"], 40, {}, LOSSLESS)
    shown = made.labels[:, 0].sum()
    assert len(made.texts) == 40 and len(set(made.turns)) == 40
    assert 0.5 * ill.mean() * 40 < shown < 2 * ill.mean() * 40
    assert all(
        ("pleural effusion" in text) == (label == 1) for text, label in zip(made.texts, made.labels[:, 0], strict=True)
    )


def test_a_prior_that_learned_a_word_for_its_domain_is_asked_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(asked, "STEPS", 2)
    prepare_phantom(tmp_path / "phantom", 120, size=64)
    made = asked.Asked(Cohort.open(tmp_path / "phantom"), ["Edema"], 12, {}, LOSSLESS)
    prior = load_prior(save_untrained_prior(tmp_path / "prior"), 64)
    plain = made.drawn(prior, 0)
    Opened(prior, TUNINGS["textual-inversion"], ()).close()
    said = [f"{WORD}, edema" if label == 1 else WORD for label in made.labels[:, 0]]
    expected = images_of(prior, draw(prior, said, seed=0, steps=2, guidance=asked.GUIDANCE))
    assert torch.equal(made.drawn(prior, 0), expected) and not torch.equal(plain, expected)


def test_the_area_between_real_images_is_the_judges_own(tmp_path):
    """A judge that reads the label itself has an AUROC of 1 between real images, one that errs of 0 between samples."""
    prepare_phantom(tmp_path / "phantom", 120, size=64)
    made = asked.Asked(Cohort.open(tmp_path / "phantom"), ["Pleural Effusion"], 60, {}, LOSSLESS)

    def judge(labels):
        return SimpleNamespace(names=["Pleural Effusion"], predict=lambda images: torch.from_numpy(labels).float())

    assert made.auc_of(made.images, judge(made.shown)) == 1.0
    assert made.auc(made.images[made.turns], judge(1 - made.labels)) == 0.0


def test_samples_are_compared_with_what_the_autoencoder_can_give_back(tmp_path):
    """An autoencoder that blurs: what it gives back is far from the real images, and not from itself."""
    prepare_phantom(tmp_path / "phantom", 120, size=64)
    blurring = SimpleNamespace(encode=lambda x: x, decode=lambda z: avg_pool2d(z, 9, 1, 4))
    pixels = {"pixels": lambda x: avg_pool2d(x, 4).flatten(1)}
    made = asked.Asked(Cohort.open(tmp_path / "phantom"), ["Edema"], 60, pixels, blurring)
    assert torch.equal(made.reconstructed, avg_pool2d(made.images, 9, 1, 4))
    kid = {to: found["pixels"]["value"] for to, found in made.kid(made.reconstructed[made.turns]).items()}
    assert kid["reconstructed"] < 0.1 * kid["real"]


def test_differences_have_the_interval_of_a_paired_t_test():
    fewer = np.array([-1.2, -0.5, -3.4])
    low, high = ttest_1samp(fewer, 0).confidence_interval()
    assert drifting_page._interval(fewer, 3) == f"-1.700 ({low:.3f} to {high:.3f})"
    assert drifting_page._interval(fewer[:1], 1) == "-1.2"


def test_it_needs_a_prior_and_the_others_a_recipe(tmp_path):
    with pytest.raises(BadInput, match="--prior"):
        reproduce("latent-drifting", None, [tmp_path], tmp_path / "out")
    with pytest.raises(BadInput, match="no method magic"):
        reproduce("latent-drifting", None, [tmp_path], tmp_path / "out", prior="prior-128", methods=["magic"])
    with pytest.raises(BadInput, match="--recipe"):
        reproduce("table4", None, [tmp_path], tmp_path / "out")
