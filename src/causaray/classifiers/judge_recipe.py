"""The recipe of a judge."""

from typing import Literal

from pydantic import Field

from causaray.training.recipe import Named, Section


class View(Section):
    """Training of one of the judge's nets."""

    size: int = Field(ge=32, description="side of what it looks at, in pixels; cohorts may have any other")
    steps: int = Field(ge=1, description="optimiser updates")
    seed: int = Field(0, ge=0, description="beyond the recipe's")


class JudgeRecipe(Named):
    """Training of a judge; what it learns from is in judge_rows, and how in train_judge."""

    method: Literal["judge"] = Field(description="tells this recipe from those of other trainings")
    views: tuple[View, ...] = Field(min_length=1, description="the nets, whose answers are averaged")
    coarse: int | None = Field(
        None, ge=16, description="side that films are brought to first, low-passed and stretched; as they are when null"
    )
    batch: int = Field(32, ge=2, description="images per update")
    net_rate: float = Field(3e-4, gt=0, description="peak learning rate of the nets")
    head_rate: float = Field(1e-3, gt=0, description="peak learning rate of what reads the nets")
    weight_decay: float = Field(0.2, ge=0, description="of AdamW")
    dropout: float = Field(0.5, ge=0, lt=1, description="share of the features that a step does not see")
    frozen_blocks: int = Field(5, ge=0, description="first blocks, beside the stem, that keep ImageNet's weights")
    fewest: int = Field(20, ge=1, description="a finding is learned when so many rows show it, and as many lack it")
    shares: dict[str, float] = Field(
        {}, description="how much of the batches each cohort has; by the findings that it teaches where not named"
    )
