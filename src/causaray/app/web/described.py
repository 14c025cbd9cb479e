"""What the API says of itself in its OpenAPI description: the shapes of its answers."""

from typing import Any, Literal

from causaray.app.web.described_signs import Answer, SignsOfEdit


class Refusal(Answer):
    """Why there is no result, in one sentence."""

    error: str


class Health(Answer):
    """Whether edits begin at once or when the weights are loaded; `waiting` edits wait."""

    status: Literal["loading", "ready"]
    version: str
    waiting: int


class Known(Answer):
    """What may be asked for."""

    weights: str
    findings: list[str]
    states: list[str]
    severities: list[str]
    sides: list[str]
    locations: list[str]


class Offered(Answer):
    """An editor that may be chosen, and the findings that it knows; one that adds only takes none away."""

    name: str
    findings: list[str]
    adds_only: bool


class Editors(Answer):
    """The editors that may be chosen; the first is taken where none is."""

    editors: list[Offered]


class Probabilities(Answer):
    """The judge's, of one finding, on the factual image and on the counterfactual."""

    before: float
    after: float


class Typicality(Answer):
    """How far the image is from those that the weights learned from; beyond the limit it is unlike them."""

    distance: float
    limit: float
    unlike: bool


class Images(Answer):
    """PNG files in base64, square, of at most 1,024 pixels a side; dicom and zip have as many pixels as came in.

    The counterfactual is marked SYNTHETIC. The contours of the change, and those of the findings asked for (lesions,
    null where the weights do not tell where these are), are transparent. `change` is grey: 128 where nothing changed,
    and 127 steps more where the counterfactual is brighter by `difference_limit`.
    """

    factual: str
    counterfactual: str
    difference: str
    change: str
    contours: str
    lesions: str | None


class BeforeAfter(Answer):
    """An area before and after the edit, a share of the lung of that side."""

    before: float
    after: float


class Said(Answer):
    """Whether what was asked for is shown; docs/formats.md says what each key is."""

    shown: Literal["shown", "partly", "not shown", "not known"]
    on_side: bool | None
    findings: dict[str, str]
    text: str
    outside: float | None


class Made(Answer):
    """One counterfactual: the record of docs/formats.md, and its images."""

    synthetic: Literal[True]
    notice: str
    request: str
    negative: str | None
    text: str
    verdict: Said | None
    interpretation: str | None
    written: str | None
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
    edited_at: int | None
    watermark: bool
    view: str | None
    turned: str | None
    judge: str | None
    measured: dict[str, Probabilities | float]
    unasked: dict[str, Probabilities]
    change_sd: dict[str, float]
    difference_limit: float
    typicality: Typicality | None
    pulled: dict[str, Any] | None
    words: list[str] | None
    mask: float | None
    filtered: dict[str, Any] | None
    lesions: dict[str, dict[str, BeforeAfter]] | None
    signs: SignsOfEdit | None
    signs_note: str | None
    images: Images


class Edited(Made):
    """The first counterfactual of an order, and in `further` the others, one for each further seed and severity."""

    further: list[Made]


Responses = dict[int | str, dict[str, Any]]
"""What FastAPI calls the descriptions of answers, by status."""

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
