"""The form of an audit."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field

from causaray.app.web.form import File, FormFields
from causaray.app.web.orders import MOST_IMAGES, Seed
from causaray.errors import BadInput

STATED = {
    "model_findings": "findings", "model_range": "range", "model_output": "output", "threshold": "threshold",
}  # fmt: skip
"""Fields that say what the model's file does not, and what its metadata would call them."""
LACKING = 'The form has no file "model", or no "finding"; send an ONNX file and what to audit.'


def _enough(images: list[bytes]) -> list[bytes]:
    if not 2 <= len(images) <= MOST_IMAGES:
        raise BadInput(f"An audit takes 2 to {MOST_IMAGES} images, here are {len(images)}.")
    return images


def _named(finding: str) -> str:
    if not finding:
        raise BadInput(LACKING)
    return finding


class ModelForm(FormFields):
    """A model's file, and what is said of the model."""

    lacking: ClassVar[str] = LACKING
    most_texts: ClassVar[int] = 6
    model: Annotated[File, Field(description="An ONNX file.")]
    model_findings: Annotated[str, Field(default_factory=str, description="Where the file does not say; with commas.")]
    model_range: Annotated[
        str, Field(default_factory=str, json_schema_extra={"enum": ["unit", "imagenet", "torchxrayvision"]})
    ]
    model_output: Annotated[str, Field(default_factory=str, json_schema_extra={"enum": ["probability", "logit"]})]
    threshold: Annotated[
        str,
        Field(
            default_factory=str,
            json_schema_extra={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        ),
    ]

    @property
    def stated(self) -> dict[str, str]:
        """What is said of the model, as its metadata would."""
        return {key: said for field, key in STATED.items() if (said := getattr(self, field))}


class AuditForm(ModelForm):
    """The same with images, the finding to be audited, and a seed."""

    most_texts: ClassVar[int] = 8
    most_files: ClassVar[int] = MOST_IMAGES + 2
    image: Annotated[
        list[File],
        Field(
            min_length=2,
            max_length=MOST_IMAGES,
            description="PNG, JPEG or DICOM radiographs, each taken as another patient's.",
        ),
        BeforeValidator(_enough),
    ]
    finding: Annotated[str, AfterValidator(_named)]
    seed: Annotated[Seed, BeforeValidator(lambda text: text or "0")] = 0
