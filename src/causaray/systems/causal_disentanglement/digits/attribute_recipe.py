"""The recipe of system 1 on digits: attributes in place of findings."""

from typing import Literal

from pydantic import Field

from causaray.training.recipe import Latent, Run, Section, Stage1, Stage2


class AttributeRecipe(Section):
    """A whole training on MorphoMNIST."""

    method: Literal["attributes"] = Field(description="what tells this recipe from those for radiographs")
    name: str = Field(description="name of the weights that it makes")
    about: str = Field(description="one sentence: what it is for, how long it takes on what")
    seed: int = Field(0, description="seed of weights, batches and noise")
    precision: Literal["bf16", "fp32"] = Field("fp32", description="autocast of the forward pass")
    latent: Latent = Latent()
    guide: Run
    stage1: Stage1
    stage2: Stage2
    stage3: Stage1 = Field(description="stage 1 again, on interventions in place of swaps")
