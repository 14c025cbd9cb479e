import json
from functools import partial

import pytest
import torch
from tiny_prior import save_untrained_prior

from causaray.app.verbs.reproduce import reproduce
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.methods.latent_drifting import search
from causaray.reproduction import asked, latent_drifting
from causaray.reproduction.latent_drifting import Setting, arms
from causaray.training import finetune


@pytest.fixture
def quick(monkeypatch):
    """Small batches, two deltas, two steps, and pooled pixels in the place of Inception."""
    monkeypatch.setattr(finetune, "BATCH", 6)
    monkeypatch.setattr(finetune, "VIEWS", 2)
    monkeypatch.setattr(asked, "STEPS", 2)
    monkeypatch.setattr(
        latent_drifting, "inception", lambda: lambda x: torch.nn.functional.avg_pool2d(x, 16).flatten(1)
    )
    monkeypatch.setattr(latent_drifting, "search", partial(search, grid=(0.0, 0.1)))


def test_every_arm_is_measured_and_shown(quick, tmp_path):
    prior = save_untrained_prior(tmp_path / "prior")
    prepare_phantom(tmp_path / "phantom", 160, size=64)
    setting = Setting(str(prior), (tmp_path / "phantom",), tmp_path / "work", "judge-phantom-64", 1, 12, 40, steps=1)
    found = latent_drifting.latent_drifting(setting, tmp_path / "out", "a test", lambda said: None, ("full",))["full"]
    assert set(found["search"]) == {"0.0", "0.1"} and found["delta"] == 0.1
    assert list(found["rows"]) == [arm.name for arm in arms("full")]
    assert all(
        seed["kid_x1000"]["chest"]["n"] > 40 and 0 <= seed["auc"] <= 1 for row in found["rows"].values() for seed in row
    )
    told = json.loads((tmp_path / "out" / "results.json").read_text())
    assert told["methods"]["full"]["rows"] == found["rows"] and told["about"]["limit"] == 12
    assert str(tmp_path) not in (tmp_path / "out" / "results.json").read_text()
    assert "| full, learned bias |" in (tmp_path / "out" / "table.md").read_text()
    assert (tmp_path / "out" / "samples.png").stat().st_size > 10_000


def test_it_needs_a_prior_and_the_others_a_recipe(tmp_path):
    with pytest.raises(BadInput, match="--prior"):
        reproduce("latent-drifting", None, [tmp_path], tmp_path / "out")
    with pytest.raises(BadInput, match="--recipe"):
        reproduce("table4", None, [tmp_path], tmp_path / "out")
