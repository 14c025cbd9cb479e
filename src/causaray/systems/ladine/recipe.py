"""The recipe of a LaDiNE."""

from typing import Literal, Self

from pydantic import Field, model_validator

from causaray.nets.vision_transformer import DEPTH
from causaray.systems.ladine.label_diffusion import STEPS
from causaray.systems.ladine.label_space import LabelSpaceName
from causaray.training.recipe import Named, Run


class LadineRecipe(Named):
    """Training of the transformer, of the guides on its blocks, and of a label diffusion for each guide."""

    method: Literal["ladine"] = Field(description="tells this recipe from those of other trainings")
    label: str = Field(description="the finding that it learns; its classes are absent and present")
    size: int = Field(64, ge=32, multiple_of=16, description="side of what it looks at, in pixels")
    depth: int = Field(DEPTH, ge=1, description="blocks of the transformer")
    blocks: tuple[int, ...] = Field(
        (1, 2, 3, 4, 5), min_length=1, description="those that have a member, from 1; the last has the head as guide"
    )
    label_space: LabelSpaceName = Field("simplex", description="of the diffusions: the paper's, or corrected: logits")
    samples: int = Field(20, ge=1, description="chains of each member")
    sampling_steps: int = Field(20, ge=1, le=STEPS, description=f"of DDIM; {STEPS} are those of ancestral sampling")
    vit: Run = Field(description="stage 1: the transformer")
    guides: Run = Field(description="stage 1: the guides, on the transformer as it then is")
    members: Run = Field(description="stage 2: the label diffusions, on what transformer and guides see")
    views: int = Field(4, ge=1, description="augmented copies of each training image that stage 2 learns from")
    weight_decay: float = Field(0.1, ge=0, description="of AdamW")
    augment: float = Field(1.0, ge=0, description="strength of shift, scale, rotation and gamma")
    blur: float = Field(0.0, ge=0, description="largest blur of training images in pixels, at random by image")
    fewest: int = Field(20, ge=1, description="training images that must show the finding, and that must lack it")
    open_only: bool = Field(True, description="train only on rows whose licence allows the weights to be shipped")

    @model_validator(mode="after")
    def _blocks_are_there(self) -> Self:
        if len(set(self.blocks)) < len(self.blocks) or not set(self.blocks) <= set(range(1, self.depth + 1)):
            raise ValueError(f"blocks are different numbers from 1 to {self.depth}")
        return self
