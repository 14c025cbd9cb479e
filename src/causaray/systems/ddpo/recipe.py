"""The settings of a reinforcement."""

from typing import Literal, Self

from pydantic import Field, model_validator

from causaray.training.recipe import Named


class DdpoRecipe(Named):
    """How a prior is taught by reinforcement; prior, reward and prompts are named by whoever runs it."""

    method: Literal["ddpo"] = Field(description="tells this recipe from those of other trainings")
    steps: int = Field(10, ge=2, description="denoising steps of a sample; all but the last are decisions")
    trained: int = Field(3, ge=1, description="decisions of a sample that are learned from, drawn anew each epoch")
    window: float = Field(0.7, gt=0, le=1, description="share of the decisions, the noisiest, that they are drawn from")
    guidance: float = Field(1.0, ge=1, description="classifier-free guidance of the samples; 1 is none")
    epochs: int = Field(24, ge=1, description="rounds of drawing and learning")
    samples: int = Field(256, ge=2, description="samples of an epoch")
    batch: int = Field(64, ge=1, description="samples at once")
    updates: int = Field(4, ge=1, description="optimiser updates of an epoch")
    lr: float = Field(2e-3, gt=0, description="learning rate of AdamW, constant")
    weight_decay: float = Field(1e-4, ge=0, description="of AdamW")
    gradient: float = Field(1.0, gt=0, description="largest gradient norm")
    ratio: Literal["normalised", "plain"] = Field("normalised", description="how rho of different steps is scaled")
    clip: float = Field(1e-3, gt=0, description="how far rho may leave 1")
    kl: float = Field(0.0, ge=0, description="weight of the distance to the prior")
    buffer: int = Field(32, ge=2, description="last rewards of a prompt that its advantages are taken from")
    least: int = Field(16, ge=2, description="rewards of a prompt below which the batch's are taken")
    most: float = Field(5.0, gt=0, description="largest advantage")
    check: int = Field(6, ge=1, description="every how many epochs the judge is asked")
    watched: int = Field(192, ge=2, description="samples that the judge is asked about")
    part: float = Field(
        0.1, gt=0, description="stop when the reward's APR has gained so much more than the judge's, `patience` times"
    )
    patience: int = Field(2, ge=1, description="checks in a row that say so")
    precision: Literal["bf16", "fp32"] = Field("fp32", description="of drawing and learning alike")

    @model_validator(mode="after")
    def _there_is_enough_to_draw_from(self) -> Self:
        if self.trained > self.decisions:
            raise ValueError(f"trained is more than the {self.decisions} decisions of steps and window")
        if self.samples % (self.batch * self.updates):
            raise ValueError("samples is a multiple of batch times updates")
        return self

    @property
    def decisions(self) -> int:
        """How many decisions, from the noisiest on, may be learned from."""
        return max(1, round(self.window * (self.steps - 1)))

    @property
    def calls(self) -> int:
        """Calls of the denoiser of an epoch; one forward and backward counts as three."""
        branches = 1 if self.guidance == 1 else 2
        return self.samples * branches * (self.steps + 3 * self.trained)
