"""Train the judge of digits, on those training digits that no guide has seen."""

from pathlib import Path
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from causaray.classifiers.labelled_rows import LabelledRows, even
from causaray.classifiers.train import train_classifier
from causaray.cohorts.morphomnist import read_digits, split
from causaray.editors.saved import save_weights
from causaray.systems.causal_disentanglement.digits.attribute_supervision import jitter
from causaray.systems.causal_disentanglement.digits.digit_classifier import DigitClassifier
from causaray.systems.causal_disentanglement.digits.train import fold
from causaray.training.recipe import Named, Run
from causaray.training.updates import adamw


class DigitJudgeRecipe(Named):
    """How the judge of digits is trained."""

    method: Literal["digit-judge"] = Field(description="what tells this recipe from those of editors")
    net: Run


def train(plan: DigitJudgeRecipe, data: Path, out: Path) -> Path:
    """Train on fold `judge` of the digits that are not held out; return the weights folder out/<name>."""
    digits = fold(split(read_digits(data))[0], "judge")
    images, labels = digits.observation()["image"], torch.from_numpy(digits.digit).long()
    torch.manual_seed(plan.seed)
    net = DigitClassifier()
    net = train_classifier(
        net, LabelledRows(lambda rows: images[rows], labels, even(len(labels))),
        lambda logits, digit, rows: nn.functional.cross_entropy(logits, digit, label_smoothing=0.05),
        adamw(net, plan.net.lr, decay=0.05), jitter,
        batch=plan.net.batch, steps=plan.net.steps, seed=plan.seed, out=out, name="judge", clip=5.0,
    )  # fmt: skip
    save_weights(net, {"method": plan.method, "name": plan.name, "recipe": plan.model_dump()}, out / plan.name)
    return out / plan.name
