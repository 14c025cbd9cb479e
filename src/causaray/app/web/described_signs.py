"""What the API says of itself: the shapes of the signs that are measured of films."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """What is answered holds these keys and no other."""

    model_config = ConfigDict(extra="forbid")


class Sided(Answer):
    """A figure of each of the patient's sides."""

    right: float | None
    left: float | None


class Zoned(Answer):
    """A figure of each third of a lung."""

    upper: float | None
    middle: float | None
    lower: float | None


class ZonedSided(Answer):
    """A figure of each third of either lung."""

    right: Zoned
    left: Zoned


class Signs(Answer):
    """What is measured of a film, or how it changed; docs/formats.md says what each figure is."""

    cardiothoracic_ratio: float | None
    lung_area: Sided | None
    dome_height: Sided | None
    angle_blunting: Sided | None
    opacity: ZonedSided | None
    lucency: Sided | None


class Doubt(Answer):
    """How far two readings of an image disagree, from 0 to 1."""

    factual: float
    counterfactual: float


class SignsOfEdit(Answer):
    """The signs of both films; where the counterfactual is not readable, its signs may be wrong."""

    factual: Signs
    counterfactual: Signs
    change: Signs
    doubt: Doubt
    readable: bool
