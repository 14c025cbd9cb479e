import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from causaray.cohorts.morphomnist import Digits, crop, pad
from causaray.cohorts.morphomnist.graph import intensity_noise, intensity_of
from causaray.systems.causal_disentanglement.digits.evaluation_measures import measure
from causaray.systems.causal_disentanglement.digits.evaluation_results import GRID, write_results
from causaray.systems.causal_disentanglement.digits.interventions import counterfactual, draw_interventions


def bars(thickness: np.ndarray, intensity: np.ndarray, digit: np.ndarray) -> np.ndarray:
    """uint8 (N, 28, 28): an upright bar of the thickness and grey level asked for, placed by the digit."""
    left, columns = 6 + digit[:, None] / 2, np.arange(28)
    cover = np.clip(np.minimum(columns + 1, left + thickness[:, None]) - np.maximum(columns, left), 0, 1)
    images = np.zeros((len(digit), 28, 28))
    images[:, 4:24] = (cover * intensity[:, None])[:, None]
    return images.round().astype(np.uint8)


def make_digits(n: int = 40) -> Digits:
    rng = np.random.default_rng(0)
    thickness = rng.uniform(2, 5, n).astype(np.float32)
    noise = torch.from_numpy(rng.standard_normal(n).astype(np.float32))
    intensity = intensity_of(torch.from_numpy(thickness), noise).numpy()
    digit = np.arange(n) % 10
    return Digits(bars(thickness, intensity, digit), thickness, intensity, digit)


class Truth:
    """An editor that draws the true counterfactual, or with `copying` none at all."""

    def __init__(self, copying: bool = False) -> None:
        self.copying = copying

    def encode(self, **observation: Tensor) -> dict[str, Tensor]:
        return {**observation, "intensity": intensity_noise(observation["thickness"], observation["intensity"])}

    def decode(self, interventions: Mapping[str, Tensor] | None = None, **noise: Tensor) -> dict[str, Tensor]:
        made = {**noise, **(interventions or {})}
        if "intensity" not in (interventions or {}):
            made["intensity"] = intensity_of(made["thickness"], noise["intensity"])
        if interventions and not self.copying:
            causes = (made["thickness"][:, 0].numpy(), made["intensity"][:, 0].numpy(), made["digit"].argmax(1).numpy())
            made["image"] = pad(torch.from_numpy(bars(*causes)[:, None] / 255).float())
        return made

    def reconstruct(self, **observation: Tensor) -> Tensor:
        return observation["image"]


class Ruler:
    """A judge that reads the digit off the place of the bar."""

    def predict(self, images: Tensor) -> np.ndarray:
        rows = crop(images)[:, 0, 14].numpy() > 0
        first = rows.argmax(1)
        share = crop(images)[:, 0, 14].numpy()[np.arange(len(first)), first] / crop(images).amax((1, 2, 3)).numpy()
        return np.round(2 * (first + 1 - share - 6)).astype(int)


@pytest.fixture(scope="module")
def figures() -> dict[str, dict]:
    digits = make_digits()
    return {
        name: measure(editor, Ruler(), digits, digits)  # type: ignore[arg-type]
        for name, editor in (("truth", Truth()), ("copy", Truth(copying=True)))
    }


def test_the_true_counterfactual_is_as_right_as_real_digits_and_a_copy_is_wrong(figures: dict[str, dict]) -> None:
    truth, copied = (figures[name]["effectiveness"] for name in ("truth", "copy"))
    real = figures["truth"]["real"]
    for do in ("thickness", "intensity"):
        assert truth[do]["edited"][do]["value"] < 1.5 * real[do]["value"] + 0.05
        assert copied[do]["edited"][do]["value"] > 4 * truth[do]["edited"][do]["value"]
        assert copied[do]["edited"] == truth[do]["copied"] == truth[do]["reconstructed"]
    assert truth["digit"]["edited"]["digit"]["value"] > 0.9 > 0.1 > copied["digit"]["edited"]["digit"]["value"]
    assert copied["thickness"]["edited"]["intensity"]["value"] > 10, "the mechanism moves intensity under do(thickness)"


def test_null_edits_and_edits_undone_leave_the_image(figures: dict[str, dict]) -> None:
    for found in figures.values():
        assert found["composition"]["10"]["l1"]["value"] == found["composition_reconstructed"]["10"]["l1"]["value"] == 0
    assert figures["truth"]["reversibility"]["5"]["l1"]["value"] < 0.1
    assert figures["truth"]["reversibility"]["edited"]["l1"]["value"] > 1


def test_interventions_are_drawn_from_the_marginals_and_the_digit_always_changes() -> None:
    digits = make_digits()
    asked = draw_interventions(digits, digits)
    assert np.isin(asked["thickness"]["thickness"].numpy(), digits.thickness).all()
    assert np.isin(asked["intensity"]["intensity"].numpy(), digits.intensity).all()
    assert (asked["digit"]["digit"].argmax(1).numpy() != digits.digit).all()
    again, other = draw_interventions(digits, digits), draw_interventions(digits, digits, seed=1)
    assert torch.equal(asked["digit"]["digit"], again["digit"]["digit"])
    assert not torch.equal(asked["thickness"]["thickness"], other["thickness"]["thickness"])


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    digits = make_digits()
    seen, do = digits.observation(), draw_interventions(digits, digits)["thickness"]
    whole = counterfactual(Truth(), seen, do)
    monkeypatch.setattr("causaray.systems.causal_disentanglement.digits.interventions.BATCH", 7)
    for name, value in counterfactual(Truth(), seen, do).items():
        torch.testing.assert_close(value, whole[name])


def test_the_report_names_its_command_and_holds_every_figure(figures: dict[str, dict], tmp_path: Path) -> None:
    about = {"command": "causaray evaluate --weights w", "version": "0", "weights": "w", "digest": "a", "judge": "b",
             "digits": 40, "seed": 0}  # fmt: skip
    write_results({"about": about, **figures["truth"]}, Truth(), make_digits(), tmp_path)
    text = (tmp_path / "results.md").read_text()
    assert "Made by `causaray evaluate --weights w`." in text
    for row in (
        "| real |",
        "| do(thickness) | edited |",
        "| do(digit) | copied |",
        "| 10 null edits |",
        "| 5 cycles |",
    ):
        assert row in text
    found = json.loads((tmp_path / "metrics.json").read_text())
    assert found["effectiveness"]["intensity"]["edited"]["intensity"]["n"] == 40
    assert Image.open(tmp_path / GRID).size == (9 * 32 * 3, 10 * 32 * 3)
