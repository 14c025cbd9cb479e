"""Train the judge of digits, on those training digits that no guide has seen."""

from pathlib import Path
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from causaray.cohorts.morphomnist import read_digits, split
from causaray.editors.saved import save_weights
from causaray.systems.causal_disentanglement.digits.attribute_supervision import jitter
from causaray.systems.causal_disentanglement.digits.digit_classifier import DigitClassifier
from causaray.systems.causal_disentanglement.digits.train import fold
from causaray.systems.causal_disentanglement.training.stages import adamw, update
from causaray.training.loop import Task, run
from causaray.training.recipe import Run, Section


class DigitJudgeRecipe(Section):
    """How the judge of digits is trained."""

    method: Literal["digit-judge"] = Field(description="what tells this recipe from those of editors")
    name: str = Field(description="name of the weights that it makes")
    about: str = Field(description="one sentence: what it is for, how long it takes on what")
    seed: int = Field(0, description="seed of weights and batches")
    net: Run


def train(plan: DigitJudgeRecipe, data: Path, out: Path) -> Path:
    """Train on fold `judge` of the digits that are not held out; return the weights folder out/<name>."""
    digits = fold(split(read_digits(data))[0], "judge")
    images, labels = digits.observation()["image"], torch.from_numpy(digits.digit).long()
    torch.manual_seed(plan.seed)
    net = DigitClassifier()
    optimiser = adamw(net, plan.net.lr, decay=0.05)

    def step(i: int) -> dict[str, float]:
        net.train()
        rows = torch.randint(len(labels), (plan.net.batch,))
        loss = nn.functional.cross_entropy(net(jitter(images[rows])), labels[rows], label_smoothing=0.05)
        update(loss, optimiser, clip=5.0)
        return {"loss": loss.item()}

    net.load_state_dict(run(Task({"net": net}, {"net": optimiser}, step, "net"), plan.net.steps, out, "judge"))
    save_weights(net, {"method": plan.method, "name": plan.name, "recipe": plan.model_dump()}, out / plan.name)
    return out / plan.name
