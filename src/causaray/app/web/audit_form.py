"""The form of an audit, read into memory and never onto a disk."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from causaray.app.web.form import as_seed, read_form
from causaray.app.web.orders import LARGEST_SEED, MOST_IMAGES, QUOTED
from causaray.errors import BadInput

STATED = {
    "model_findings": "findings", "model_range": "range", "model_output": "output", "threshold": "threshold",
}  # fmt: skip
"""Fields that say what the model's file does not, and what its metadata would call them."""
FIELDS = ("model", "image", "finding", "seed", *STATED)


FORM: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["model", "image", "finding"],
                "additionalProperties": False,
                "properties": {
                    "model": {"type": "string", "format": "binary", "description": "An ONNX file."},
                    "image": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "minItems": 2,
                        "maxItems": MOST_IMAGES,
                        "description": "PNG, JPEG or DICOM radiographs, each taken as another patient's.",
                    },
                    "finding": {"type": "string"},
                    "seed": {"type": "integer", "minimum": 0, "maximum": LARGEST_SEED, "default": 0},
                    "model_findings": {"type": "string", "description": "Where the file does not say; with commas."},
                    "model_range": {"type": "string", "enum": ["unit", "imagenet", "torchxrayvision"]},
                    "model_output": {"type": "string", "enum": ["probability", "logit"]},
                    "threshold": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
                },
            }
        }
    },
}


@dataclass(frozen=True)
class AuditOrder:
    """A model's file, image files, the finding to be audited, what is said of the model, and a seed."""

    model: bytes
    images: tuple[bytes, ...]
    finding: str
    stated: Mapping[str, str]
    seed: int = 0


async def read_audit(request: Request) -> AuditOrder:
    """What the form of a request orders. Raises HTTPException (400, 415), and BadInput for a field that is wrong."""
    form = await read_form(request, len(FIELDS) + 1, MOST_IMAGES + 2)
    _check(form)
    model, *_ = form.getlist("model")
    images = [one for one in form.getlist("image") if isinstance(one, UploadFile)]
    texts = {name: value for name, value in form.multi_items() if isinstance(value, str) and value}
    seed = as_seed(texts.get("seed", "0"))
    if seed > LARGEST_SEED:
        raise BadInput(f"The seed {seed} is not between 0 and {LARGEST_SEED}.")
    assert isinstance(model, UploadFile)
    return AuditOrder(
        await model.read(),
        tuple([await one.read() for one in images]),
        texts["finding"],
        {key: texts[field] for field, key in STATED.items() if field in texts},
        seed,
    )


def _check(form: FormData) -> None:
    for name, value in form.multi_items():
        if name not in FIELDS:
            raise BadInput(f'There is no field "{name[:QUOTED]}"; the fields are {", ".join(FIELDS)}.')
        if isinstance(value, UploadFile) != (name in ("model", "image")):
            raise BadInput(f'The field "{name}" is {"a file" if name not in ("model", "image") else "no file"}.')
        if name != "image" and len(form.getlist(name)) > 1:
            raise BadInput(f'The field "{name}" is there {len(form.getlist(name))} times, where one was expected.')
    if not form.get("model") or not form.get("finding"):
        raise BadInput('The form has no file "model", or no "finding"; send an ONNX file and what to audit.')
    if not 2 <= len(form.getlist("image")) <= MOST_IMAGES:
        raise BadInput(f"An audit takes 2 to {MOST_IMAGES} images, here are {len(form.getlist('image'))}.")
