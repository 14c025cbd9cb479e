"""The recipe of a classifier of one's own, which is a judge, or a reward."""

from typing import Literal, Self

from pydantic import Field, model_validator

from causaray.classifiers.backbones import PHOTOGRAPHED, Backbone
from causaray.training.recipe import Named, Run


class ClassifierRecipe(Named, Run):
    """Training of one net to read findings; `classifiers.own_judge` says on which rows."""

    method: Literal["classifier"] = Field(description="tells this recipe from those of other trainings")
    backbone: Backbone = Field(description="the net that looks")
    photographs: bool = Field(False, description="start from ImageNet's weights, where the backbone has such")
    size: int = Field(ge=32, description="side of what it looks at, in pixels; cohorts may have any other")
    fold: Literal["judge", "guide"] = Field(
        "judge", description="whose patients it sees: those of judges, or of what guides a training, such as a reward"
    )
    labels: tuple[str, ...] = Field((), description="findings that it learns; all that rows teach where none is named")
    fewest: int = Field(20, ge=1, description="a finding is learned when so many rows show it, and as many lack it")
    objective: Literal["erm", "reweighting", "group-dro"] = Field(
        "erm", description="what is least in the end: the mean risk, that of all groups alike, or the worst group's"
    )
    group: tuple[str, ...] = Field(
        (), description="columns of the cohort whose values together are the groups, such as sex, or sex and a finding"
    )
    group_rate: float = Field(0.01, gt=0, description="eta_q: step size of the weights of the groups of group-dro")
    weight_decay: float = Field(0.05, ge=0, description="of AdamW; group-dro needs much of it, or few steps")
    order: Literal["drawn", "epochs"] = Field(
        "drawn",
        description="rows are drawn one by one, or all once an epoch in a new order, whatever ranks and resumes",
    )
    augment: float = Field(1.0, ge=0, description="strength of shift, scale, rotation and gamma")
    open_only: bool = Field(True, description="train only on rows whose licence allows the weights to be shipped")

    @model_validator(mode="after")
    def _groups_go_with_their_objectives(self) -> Self:
        if bool(self.group) != (self.objective != "erm"):
            raise ValueError("objectives reweighting and group-dro need group, and erm has none")
        if self.order == "epochs" and self.objective == "group-dro":
            raise ValueError("group-dro draws all groups alike, so its order is drawn")
        if self.photographs and self.backbone not in PHOTOGRAPHED:
            raise ValueError(f"photographs goes with backbone {', '.join(PHOTOGRAPHED)} alone")
        return self
