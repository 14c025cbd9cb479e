"""The recipe of a net that reads a film with a table."""

from typing import Literal, Self

from pydantic import Field, model_validator

from causaray.systems.hyperfusion.fusion_nets import Method
from causaray.systems.hyperfusion.radiographs import AGE, FEWEST
from causaray.training.recipe import Named, Run


class HyperFusionRecipe(Named, Run):
    """Training of one net on split train of the cohorts."""

    method: Literal["hyperfusion"] = Field(description="tells this recipe from those of other trainings")
    reads: Literal["findings", "age"] = Field("findings", description="what is read of a film")
    findings: tuple[str, ...] = Field((), description="findings that it learns; all shown often where none is named")
    fewest: int = Field(FEWEST, ge=1, description="of those, films that show and that lack a finding")
    columns: tuple[str, ...] = Field(
        ("age", "sex", "view"), min_length=1, description="columns of the table: age, sex, view, or any of the source's"
    )
    fusion: Method = Field("hyper", description="where the table comes in; the others are what it is compared with")
    size: int = Field(64, ge=32, multiple_of=16, description="side of what it looks at, in pixels")
    column_dropout: bool = Field(True, description="hide columns in training, so that a table may have gaps in use")
    weight_decay: float = Field(0.01, ge=0, description="of AdamW")
    augment: float = Field(1.0, ge=0, description="strength of shift, scale, rotation and gamma")
    open_only: bool = Field(True, description="train only on rows whose licence allows the weights to be shipped")

    @model_validator(mode="after")
    def _age_is_not_told(self) -> Self:
        if self.reads == "age" and AGE in self.columns:
            raise ValueError("columns hold age, which is what is read")
        return self
