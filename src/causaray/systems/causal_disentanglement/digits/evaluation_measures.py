"""Soundness of an editor of digits, on digits it has never seen: effectiveness, composition, reversibility."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.morphomnist import Digits, crop
from causaray.evaluation.measures.soundness import EditImages, composition, reversibility
from causaray.evaluation.statistics.bootstrap import mean_interval
from causaray.systems.causal_disentanglement.digits.digit_judge import DigitJudge
from causaray.systems.causal_disentanglement.digits.interventions import (
    BATCH,
    DigitEditor,
    Observation,
    counterfactual,
    draw_interventions,
)
from causaray.systems.causal_disentanglement.digits.morphometry import intensity, thickness

GREY = 255
Figures = dict[str, Any]


def measure(editor: DigitEditor, judge: DigitJudge, held_out: Digits, marginal: Digits, seed: int = 0) -> Figures:
    """Everything that is measured; intervals by drawing digits.

    "effectiveness": intervention -> "edited" and its controls "copied" (the input) and "reconstructed" -> thickness
    (mean absolute error in px), intensity (in grey levels) and digit (share right), all against what the causal graph
    says should be there. "real": the same figures of the real digits against their table, which is what the measures
    themselves are off. "composition" and its control "composition_reconstructed"; "reversibility" of do(thickness).
    """
    seen, rows = held_out.observation(), np.arange(len(held_out))
    asked = draw_interventions(held_out, marginal, seed)
    made = {name: counterfactual(editor, seen, do) for name, do in asked.items()}
    still = {
        "copied": _observe(seen["image"], judge),
        "reconstructed": _observe(_rebuild(editor, seen, seen["image"]), judge),
    }
    return {
        "real": _errors(still["copied"], seen, rows),
        "effectiveness": {
            name: {
                side: _errors(observed, one, rows)
                for side, observed in {"edited": _observe(one["image"], judge), **still}.items()
            }
            for name, one in made.items()
        },
        "composition": composition(_editing(editor), seen["image"], (seen, {}), rows),
        "composition_reconstructed": composition(lambda x, _: _rebuild(editor, seen, x), seen["image"], None, rows),
        "reversibility": reversibility(
            _editing(editor), seen["image"], (seen, asked["thickness"]),
            (made["thickness"], {"thickness": seen["thickness"]}), rows,
        ),
    }  # fmt: skip


def _editing(editor: DigitEditor) -> EditImages:
    """What `soundness` asks for: (images, (their causes, interventions)) -> images."""

    def edit(images: Tensor, request: tuple[Observation, Observation]) -> Tensor:
        causes, do = request
        return counterfactual(editor, {**causes, "image": images}, do)["image"]

    return edit


def _rebuild(editor: DigitEditor, causes: Observation, images: Tensor) -> Tensor:
    whole = {**causes, "image": images}
    parts = ({k: v[i : i + BATCH] for k, v in whole.items()} for i in range(0, len(images), BATCH))
    return torch.cat([editor.reconstruct(**part) for part in parts])


def _observe(images: Tensor, judge: DigitJudge) -> dict[str, np.ndarray]:
    """Measured thickness, intensity and digit (N,) each; an image without a stroke is 0 px thick."""
    pixels = crop(images)[:, 0].numpy() * GREY
    return {
        "thickness": np.nan_to_num(thickness(pixels)),
        "intensity": intensity(pixels),
        "digit": judge.predict(images),
    }


def _errors(observed: dict[str, np.ndarray], causes: Observation, rows: np.ndarray) -> Figures:
    off = {name: np.abs(observed[name] - causes[name][:, 0].numpy()) for name in ("thickness", "intensity")}
    right = observed["digit"] == causes["digit"].argmax(1).numpy()
    return {name: mean_interval(values, rows) for name, values in {**off, "digit": right}.items()}
