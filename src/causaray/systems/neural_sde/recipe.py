"""The recipe of a forecaster."""

from typing import Literal, Self

from pydantic import Field, model_validator

from causaray.errors import BadInput
from causaray.systems.neural_sde.visits import VisitColumns
from causaray.training.recipe import Named, Run, Section


class VisitsSection(Section):
    """A CSV file with a row a visit, and which columns hold what."""

    file: str = Field(description="the file; also looked for in the folders named as cohorts")
    patient: str = Field(description="column of the patient")
    time: str = Field(description="column of the day, or of any other number that grows with time")
    outcomes: tuple[str, ...] = Field(min_length=1, description="columns of what is forecast, numbers")
    covariates: tuple[str, ...] = Field(min_length=1, description="columns that are known on day 0: the table")
    treatment: str = Field("", description="column of the treatment; all are treated alike when empty")
    image: str = Field("", description="column of the image of day 0, as the prepared cohort calls it; none when empty")

    @property
    def columns(self) -> VisitColumns:
        return VisitColumns(
            self.patient, self.time, self.outcomes, self.covariates, treatment=self.treatment, image=self.image
        )


class EncoderRun(Run):
    """Training of the image encoder, to read the outcomes of day 0 off the image."""

    width: int = Field(16, ge=8, description="channels of the encoder's first block")
    features: int = Field(32, ge=4, description="width of the layer that the outcomes are read from")


class SDERun(Run):
    """Training of the equation, of a table and features of images."""

    loss: Literal["energy", "gaussian", "mse"] = Field(
        "energy", description="what sampled outcomes are held against; mse is what reviews tell of the paper"
    )
    paths: int = Field(8, ge=2, description="K: paths sampled a patient")
    kl: float = Field(0.0, ge=0, description="weight of the KL of paths to those that are pulled to 0")
    noisy: bool = Field(True, description="false: no noise, a neural ODE")
    latent: int = Field(8, ge=1, description="coordinates of Z")
    patient: int = Field(32, ge=2, multiple_of=2, description="coordinates of what image and table say of a patient")
    hidden: int = Field(64, ge=8, description="width of the nets")
    step: float = Field(1.0, gt=0, description="days of one step of the equation")

    @property
    def spread(self) -> bool:
        """Whether paths are to be spread as outcomes are: squared error leaves no noise."""
        return self.noisy and self.loss != "mse"


class ForecasterRecipe(Named):
    """A whole training of system 8."""

    method: Literal["neural-sde"] = Field(description="tells this recipe from those of other trainings")
    visits: VisitsSection | None = Field(
        None, description="the patients' visits; of phantoms their own trial when null"
    )
    horizon: int = Field(365, ge=7, description="longest follow-up of the phantoms' trial, in days")
    encoder: EncoderRun | None = Field(None, description="of images; the table alone is learned from when null")
    sde: SDERun

    def table_alone(self) -> VisitsSection:
        """The visits. Raises BadInput for a recipe that has none, or that learns from images, too."""
        if self.visits is None or self.visits.image:
            raise BadInput(
                f"The recipe {self.name} is not of a table of visits alone; give one with visits and no image."
            )
        return self.visits

    @model_validator(mode="after")
    def _images_are_encoded(self) -> Self:
        if self.visits is not None and bool(self.visits.image) != (self.encoder is not None):
            raise ValueError("visits.image goes with encoder, and none without it")
        return self
