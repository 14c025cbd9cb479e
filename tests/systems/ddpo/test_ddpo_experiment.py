"""`causaray reproduce ddpo`: its world, and its figures by hand."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from causaray.app.verbs.reproduce import reproduce
from causaray.errors import BadInput
from causaray.systems.ddpo import rivals
from causaray.systems.ddpo.curves import points, write_curves
from causaray.systems.ddpo.measured import shared_gain
from causaray.systems.ddpo.page import figures_of, kept_epoch, rare
from causaray.systems.ddpo.prompts import Prompts
from causaray.systems.ddpo.recipe import DdpoRecipe
from causaray.systems.ddpo.world import SIZE, WORDS, FourWords, Size, phantoms, text
from causaray.training.recipe import load_plan

pytest.importorskip("matplotlib")
CHANGED = 0.02
"""A change of grey that is none of rounding."""


def arm(apr: list[float], proxy: list[float], kid: float) -> dict:
    draws = [kid * k for k in (0.9, 1.0, 1.1)]
    return {
        "apr": apr, "proxy": proxy, "second": apr, "kid_x1000": {"value": kid, "low": 0, "high": 1, "n": 4,
        "patients": 4, "draws": draws}, "diversity": [0.2 * kid, 0.4 * kid], "recall": 0.5, "words": [1.0],
        "calls": 10, "spent": 100,
    }  # fmt: skip


def test_each_word_shows_where_it_should_and_nowhere_else() -> None:
    names = np.eye(4, dtype=bool)
    none = phantoms(np.zeros((4, 4), bool), 5)
    change = (phantoms(names, 5) - none).abs()
    assert all(float(one.max()) > 0.1 for one in change)
    devices, mark = change[0, 0] > CHANGED, change[1, 0] > CHANGED
    assert not mark[:, SIZE // 2 :].any() and mark.sum() < 0.05 * SIZE**2  # on the right chest alone, and small
    assert devices[:, SIZE // 2 :].any() and not (devices & mark).any()


def test_a_prompt_says_every_word(tmp_path: Path) -> None:
    assert text([True, False, True, False]) == "support devices, no skin mark, pleural effusion, no cardiomegaly"
    world = FourWords(tmp_path, Size(images=400), print)
    assert len(set(world.prompts.texts)) == 16 and world.prompts.seen.sum() == 400
    assert world.prompts.seen[15] < world.prompts.seen[0] / 20  # all four are rare
    assert (np.bincount(world.balanced.sum(1)) == [32, 128, 192, 128, 32]).all()
    assert len(WORDS) == 4


def test_figures_of_an_arm_by_hand() -> None:
    prior, policy = arm([0, 1, 0, 0], [0, 1, 0, 1], 2.0), arm([1, 1, 0, 1], [1, 1, 1, 1], 3.0)
    found = figures_of(policy, prior)
    assert found["apr"]["value"] == 75 and found["apr gained"]["value"] == 50
    assert found["proxy less apr"]["value"] == 25
    assert found["kid ratio"]["value"] == 1.5 and found["kid ratio"]["low"] == pytest.approx(1.5)  # drawn alike
    assert found["diversity ratio"]["value"] == pytest.approx(1.5)
    fewer = {"apr": [1, 1]}
    assert shared_gain(fewer, prior, "apr")["value"] == 0.5 and shared_gain(fewer, prior, "apr")["n"] == 2


def test_rare_prompts_are_counted_apart() -> None:
    prompts = Prompts(("A",), ("no a", "a"), np.array([[False], [True]]), np.array([100, 24]))
    found = rare({"prior": arm([1, 0, 1, 1], [1, 0, 1, 1], 1.0)}, prompts)
    assert found["rare"] == ["a"]
    assert found["prior"]["rare"]["value"] == 50 and found["prior"]["others"]["value"] == 100


def test_the_page_says_whose_weights_were_given() -> None:
    looks = [(0.4, 0.4), (0.5, 0.45), (0.6, 0.42), (0.6, 0.43)]
    history: list[dict] = [{"epoch": i} for i in range(7)]
    for i, (proxy, apr) in enumerate(looks):
        history[2 * i]["look"] = {"proxy": proxy, "apr": apr}
    assert kept_epoch(history, 0.1) == 2 and kept_epoch(history, 0.5) == 6


def test_curves_are_drawn(tmp_path: Path) -> None:
    look = {"proxy": 0.4, "apr": 0.3, "kid_x1000": float("nan"), "diversity": 0.2}
    history = [{"epoch": 0, "reward": 0.5, "look": look}, {"epoch": 1, "look": look}]
    assert points(history, "reward") == ([0], [0.5]) and points(history, "apr") == ([0, 1], [0.3, 0.3])
    write_curves(history, tmp_path)
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_best_of_n_is_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples of seed k are all of grey k / 4, and the reward sees "bright" above a half."""
    prompts = Prompts(("Bright",), ("no bright", "bright"), np.array([[False], [True]]), np.array([1, 1]))
    sampling = SimpleNamespace(latents=lambda prior, texts, seed: torch.full((len(texts), 1, 2, 2), seed / 4))
    prior = SimpleNamespace(codec=SimpleNamespace(decode=lambda z: z))

    def read(images: Tensor) -> np.ndarray:
        return (images.mean((1, 2, 3)) > 0.5)[:, None].numpy()

    best = rivals.best_of(prior, sampling, prompts, np.array([0, 1]), read, 4, seed=0)  # type: ignore[arg-type]
    assert best[:, 0, 0, 0].tolist() == [0.0, 0.75]


def test_calls_are_counted() -> None:
    ours, published = (load_plan(name, DdpoRecipe) for name in ("ddpo", "ddpo-published"))
    assert ours.calls == 256 * (10 + 3 * 3)
    assert published.calls == 2 * 256 * (50 + 3 * 49)  # guidance asks twice
    assert rivals.longer(ours.calls, 64) == ours.calls // 192


def test_a_rival_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no rival best-of-3"):
        reproduce("ddpo", None, [], tmp_path / "out", methods=["best-of-3"], work=tmp_path)
    assert not (tmp_path / "out").exists()
