"""The recipe of system 1 on digits: attributes in place of findings."""

from typing import Literal

from pydantic import Field

from causaray.training.recipe import Latent, Named, Run, Stage1, Stage2


class AttributeRecipe(Named):
    """A whole training on MorphoMNIST."""

    method: Literal["attributes"] = Field(description="what tells this recipe from those for radiographs")
    precision: Literal["bf16", "fp32"] = Field("fp32", description="autocast of the forward pass")
    latent: Latent = Latent()
    guide: Run
    stage1: Stage1
    stage2: Stage2
    stage3: Stage1 = Field(description="stage 1 again, on interventions in place of swaps")
