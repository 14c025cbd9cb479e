"""What the API says of itself in its OpenAPI description: the shapes of its answers, and the form of an edit."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from causaray.app.web.answers import MEDIA_TYPES
from causaray.app.web.described_signs import SignsOfEdit
from causaray.app.web.orders import LARGEST_SEED
from causaray.app.web.service import LONGEST_PROMPT
from causaray.vocabulary import SEVERITIES


class Refusal(BaseModel):
    """Why there is no result, in one sentence."""

    error: str


class Health(BaseModel):
    """Whether edits begin at once or when the weights are loaded; `waiting` edits wait."""

    status: Literal["loading", "ready"]
    version: str
    waiting: int


class Known(BaseModel):
    """What may be asked for."""

    weights: str
    findings: list[str]
    states: list[str]
    severities: list[str]
    sides: list[str]
    locations: list[str]


class Probabilities(BaseModel):
    """The judge's, of one finding, on the factual image and on the counterfactual."""

    before: float
    after: float


class Typicality(BaseModel):
    """How far the image is from those that the weights learned from; beyond the limit it is unlike them."""

    distance: float
    limit: float
    unlike: bool


class Images(BaseModel):
    """PNG files in base64, square, of at most 1,024 pixels a side; dicom and zip have as many pixels as came in.

    The counterfactual is marked SYNTHETIC, the contours of the change are transparent.
    """

    factual: str
    counterfactual: str
    difference: str
    contours: str


class Made(BaseModel):
    """One counterfactual: the record of docs/formats.md, and its images."""

    synthetic: Literal[True]
    notice: str
    request: str
    negative: str | None
    text: str
    where: str
    method: str
    weights: str
    digest: str
    seed: int
    strength: float
    version: str
    size: int
    shape: list[int]
    spacing_mm: list[float] | None
    view: str | None
    turned: str | None
    judge: str | None
    measured: dict[str, Probabilities | float]
    unasked: dict[str, Probabilities]
    change_sd: dict[str, float]
    difference_limit: float
    typicality: Typicality | None
    pulled: dict[str, Any] | None
    signs: SignsOfEdit | None
    signs_note: str | None
    images: Images


class Edited(Made):
    """The first counterfactual of an order, and in `further` the others, one for each further seed and severity."""

    further: list[Made] = Field(default_factory=list)


Responses = dict[int | str, dict[str, Any]]
"""What FastAPI calls the descriptions of answers, by status."""

FORM: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["image", "prompt"],
                "additionalProperties": False,
                "properties": {
                    "image": {"type": "string", "format": "binary", "description": "PNG, JPEG or DICOM radiograph."},
                    "prompt": {
                        "type": "string",
                        "maxLength": LONGEST_PROMPT,
                        "description": 'What to show, such as "moderate left pleural effusion" or "no pneumonia".',
                    },
                    "seed": {
                        "type": "array",
                        "items": {"type": "integer", "minimum": 0, "maximum": LARGEST_SEED},
                        "description": "0 if not given; may be repeated.",
                    },
                    "severity": {
                        "type": "array",
                        "items": {"type": "string", "enum": [*SEVERITIES]},
                        "description": "In place of the prompt's; may be repeated.",
                    },
                    "strength": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.7},
                    "format": {"type": "string", "enum": [*MEDIA_TYPES], "default": "json"},
                },
            },
            "encoding": {"seed": {"explode": True}, "severity": {"explode": True}},
        }
    },
}

REFUSALS: Responses = {
    status: {"model": Refusal, "description": why}
    for status, why in {
        400: "The request cannot be read.",
        401: "The token is missing or wrong.",
        403: "The request comes from another site, or is for another host.",
        413: "The request is too large.",
        415: "The body is of another kind.",
        422: "The image or a field is wrong.",
        429: "As many as may wait are waiting; Retry-After says when to ask again.",
        500: "A fault in Causaray.",
        503: "The editor cannot work.",
    }.items()
}
