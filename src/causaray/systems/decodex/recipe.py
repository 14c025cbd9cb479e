"""The recipe of DeCoDEx."""

from typing import Literal, Self

from pydantic import Field, model_validator

from causaray.systems.decodex.chain import Estimate
from causaray.training.recipe import OnCohorts, Run


class DecodexRecipe(OnCohorts):
    """Training of the classifier and the detector on split train, the diffusion model fitted beside them."""

    method: Literal["decodex"] = Field(description="tells this recipe from those of other trainings")
    graded: Literal[False] = False
    finding: str = Field(description="whose presence the classifier says")
    artifact: str = Field(
        "artifact", description="column of the cohort, or of its source, whose two values say whether it is there"
    )
    look: int = Field(32, ge=32, description="side of what both nets look at, in pixels")
    axes: int = Field(256, ge=1, description="principal axes of the Gaussian of the images")
    classifier: Run = Field(description="of the classifier")
    detector: Run = Field(description="of the detector")
    noise: float = Field(0.0, ge=0, description="most noise that images have when the nets learn, in grey range of 1")
    weight_decay: float = Field(0.05, ge=0, description="of AdamW, of both nets")
    estimate: Estimate = Field("through", description="how the clean image is found that the nets are shown")
    start: float = Field(0.75, gt=0, lt=1, description="time tau that an edit of strength 1 begins at")
    steps: int = Field(20, ge=1, description="of a chain")
    class_scales: tuple[float, ...] = Field(min_length=1, description="s of L_class, tried in turn")
    detector_scales: tuple[float, ...] = Field(min_length=1, description="s_d of L_det, tried within each")
    l1: float = Field(0.0, ge=0, description="lambda_1 of ||z_t - x||_1")
    perceptual: float = Field(0.0, ge=0, description="scale of L_perc")

    @model_validator(mode="after")
    def _scales_rise(self) -> Self:
        for scales in (self.class_scales, self.detector_scales):
            if list(scales) != sorted(set(scales)) or scales[0] < 0:
                raise ValueError("class_scales and detector_scales rise from 0 or more")
        return self
