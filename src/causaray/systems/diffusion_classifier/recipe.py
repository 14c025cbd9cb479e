"""The recipe of a diffusion classifier."""

from typing import Literal, Self

from pydantic import Field, model_validator

from causaray.training.recipe import OnCohorts, Run


class DiffusionClassifierRecipe(OnCohorts):
    """Training of a class-conditional denoiser on split train, and of its read-out on split val."""

    method: Literal["diffusion-classifier"] = Field(description="tells this recipe from those of other trainings")
    graded: Literal[False] = False
    finding: str = Field(description="whose presence is the class")
    levels: int = Field(
        1, ge=0, description="of the Haar transform; each halves the side and has four times the channels"
    )
    patch: int = Field(2, ge=1, description="side of a token, in coefficients")
    dim: int = Field(128, ge=16, multiple_of=4, description="width of the transformer")
    layers: int = Field(4, ge=1, description="of the transformer")
    axes: int = Field(128, ge=1, description="principal axes of the Gaussian of each class, that the net begins with")
    null: float = Field(0.15, ge=0, lt=1, description="probability that the class is dropped")
    run: Run
    decision: Literal["vote", "mean", "paired t", "weighted mean"] = Field("vote", description="how draws are read")
    draws: int = Field(51, ge=1, description="draws of time and noise for an image")
    fitted_on: int = Field(300, ge=16, description="most images of split val that the read-out is fitted on")
    guidance: float = Field(2.0, ge=1, description="guidance scale of an edit, kept with the weights")

    @model_validator(mode="after")
    def _sides_are_whole(self) -> Self:
        if self.size % (2**self.levels * self.patch):
            raise ValueError("size is no multiple of the side of a token in pixels, 2 ** levels * patch")
        return self
