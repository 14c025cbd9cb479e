import json
from functools import partial

import numpy as np
import pytest
import torch
from stable_folder import save_stable_folder
from tiny_prior import save_untrained_prior

import causaray
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.priors import finetune
from causaray.priors.finetune import few, with_word
from causaray.priors.text_prior import load_prior
from causaray.priors.text_to_image import draw
from causaray.priors.train import prior_loss
from causaray.priors.tunings import TUNINGS, WORD, Opened

STEPS, RATES = 6, {"full": 1e-2, "lora": 0.1, "textual-inversion": 1.0, "dreambooth": 1e-2}
"""A training warms up for 100 steps: these see a twentieth of their rate."""


@pytest.fixture(autouse=True)
def small(monkeypatch):
    for name, value in {"BATCH": 6, "PRESERVED": 6, "VIEWS": 4}.items():
        monkeypatch.setattr(finetune, name, value)
    monkeypatch.setattr(finetune, "draw", partial(draw, steps=2))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "phantom"
    return folder, prepare_phantom(folder, 60, size=64)


@pytest.fixture(scope="module")
def stable(tmp_path_factory):
    return save_stable_folder(tmp_path_factory.mktemp("stable") / "tiny")


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return save_untrained_prior(tmp_path_factory.mktemp("ours") / "prior")


def changed(before, after):
    """Names of the parameters that differ, and how many rows of each do."""
    old, new = before.state_dict(), after.state_dict()
    rows = {}
    for name, value in new.items():
        known = old[name]
        differs = [i for i in range(len(value)) if i >= len(known) or not torch.equal(value[i], known[i])]
        rows |= {name: differs} if differs else {}
    return rows


@torch.no_grad()
def loss(prior, images, texts):
    torch.manual_seed(0)
    return prior_loss(prior, prior.codec.encode(images), prior.embed(texts)).item()


@pytest.mark.parametrize("method", TUNINGS)
def test_a_fine_tuning_changes_what_it_should_and_learns_its_images(stable, data, tmp_path, method):
    folder, cohort = data
    made = causaray.finetune(
        stable, folder, tmp_path, method=method, steps=STEPS, lr=RATES[method], limit=8, drift="0.1"
    )
    before, after = load_prior(stable, 64), load_prior(made, 64)
    rows = changed(before.text_encoder, after.text_encoder)
    number = len(before.words)
    assert rows == ({"embeddings.token_embedding.weight": [number]} if TUNINGS[method].word else {})
    unet = changed(before.unet, after.unet)
    projections = {name for name in before.unet.state_dict() if name.endswith(("to_q.weight", "to_k.weight",
                   "to_v.weight", "to_out.0.weight"))}  # fmt: skip
    whole = set(before.unet.state_dict())
    assert set(unet) == {"lora": projections, "textual-inversion": set()}.get(method, whole)
    assert not changed(before.codec, after.codec)
    assert json.loads((made / "config.json").read_text())["drift"] == [0.1]

    untrained = load_prior(stable, 64)
    untrained.drift = after.drift
    Opened(untrained, TUNINGS[method], ()).close()
    shown = few(cohort.subset(split="train"), 8, 0)
    images = torch.from_numpy(shown.images(np.arange(8)))
    texts = [with_word(after, "edema") if TUNINGS[method].word else "edema"] * 8
    assert loss(after, images, texts) < loss(untrained, images, texts)


@torch.no_grad()
def test_merged_updates_say_what_unmerged_ones_do(stable):
    prior = load_prior(stable, 64)
    z, t, context = prior.noise(2, 0), torch.full((2,), 0.5), prior.embed(["edema"])
    plain = prior(z, t, context)
    opened = Opened(prior, TUNINGS["lora"], ())
    assert torch.equal(prior(z, t, context), plain)
    for parameter in opened.learning:
        torch.nn.init.normal_(parameter, std=0.2)
    unmerged = prior(z, t, context)
    opened.close()
    assert not hasattr(prior.unet, "peft_config")
    torch.testing.assert_close(prior(z, t, context), unmerged, atol=1e-4, rtol=1e-4)
    assert (unmerged - plain).abs().max() > 1e-2


def test_a_prior_of_ours_learns_new_words_and_a_bias(ours, data, tmp_path):
    made = causaray.finetune(ours, [data[0]], tmp_path, drift="learned", steps=3, lr=1e-2, limit=8)
    before, after = load_prior(ours), load_prior(made)
    assert after.words.vocabulary[:3] == before.words.vocabulary and "pleural" in after.words.vocabulary
    assert after.drift.shape == (before.shape[0], 1, 1) and after.drift.abs().min() > 0
    rows = changed(before.text_encoder, after.text_encoder)
    (name,) = rows
    assert name.endswith("token_embedding.weight") and rows[name] == list(range(5, len(after.words)))
    assert not changed(before.codec, after.codec)


def test_without_a_drift_every_bit_is_that_of_zero(ours, data, tmp_path):
    made = [causaray.finetune(ours, data[0], tmp_path / str(d), drift=d, steps=2, limit=8) for d in (None, 0.0)]
    one, other = (load_prior(folder) for folder in made)
    assert not changed(one.unet, other.unet) and other.drift is None


def test_a_stopped_fine_tuning_is_gone_on_with_and_no_other(ours, data, tmp_path):
    first = causaray.finetune(ours, data[0], tmp_path, steps=2, limit=8)
    assert causaray.finetune(ours, data[0], tmp_path, steps=2, limit=8) == first
    with pytest.raises(BadInput, match="another recipe"):
        causaray.finetune(ours, data[0], tmp_path, steps=2, limit=8, drift=0.1)


def test_what_cannot_be_used_is_refused(ours, data, tmp_path):
    with pytest.raises(BadInput, match="no method adapter"):
        causaray.finetune(ours, data[0], tmp_path / "a", method="adapter")
    with pytest.raises(BadInput, match="A drift is"):
        causaray.finetune(ours, data[0], tmp_path / "b", drift="much")
    once = causaray.finetune(ours, data[0], tmp_path / "c", method="textual-inversion", steps=1, limit=8)
    with pytest.raises(BadInput, match=WORD):
        causaray.finetune(once, data[0], tmp_path / "d", method="dreambooth", steps=1, limit=8)
    assert not (tmp_path / "b").exists()
