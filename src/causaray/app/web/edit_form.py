"""The form of an edit."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from causaray.app.drawing_options import meant_device
from causaray.app.web.answers import MEDIA_TYPES
from causaray.app.web.form import ImageForm, read_form
from causaray.app.web.orders import MOST_VARIANTS, QUOTED, Order, Seed
from causaray.app.web.service import LONGEST_PROMPT, Service
from causaray.errors import BadInput
from causaray.vocabulary import SEVERITIES


def _as_strength(text: str | float) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(f'The strength "{str(text)[:QUOTED]}" is no number from 0 to 1.') from None


def _known(name: str) -> str:
    if name not in MEDIA_TYPES:
        raise BadInput(f'The format "{name[:QUOTED]}" is none of {", ".join(MEDIA_TYPES)}.')
    return name


# Limits that Order checks, or the service, stand in the description alone: the sentence of a refusal is theirs.
Strength = Annotated[float, BeforeValidator(_as_strength), Field(json_schema_extra={"minimum": 0, "maximum": 1})]
Severity = Annotated[str, Field(json_schema_extra={"enum": [*SEVERITIES]})]
Format = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": [*MEDIA_TYPES]})]


class EditForm(ImageForm):
    """One image, and what to show in it."""

    most_texts: ClassVar[int] = 7 + 2 * MOST_VARIANTS
    prompt: Annotated[
        str,
        Field(
            description='What to show, such as "moderate left pleural effusion" or "no pneumonia".',
            json_schema_extra={"maxLength": LONGEST_PROMPT},
        ),
    ]
    seed: Annotated[list[Seed], Field(default_factory=list, description="0 if not given; may be repeated.")]
    severity: Annotated[
        list[Severity], Field(default_factory=list, description="In place of the prompt's; may be repeated.")
    ]
    strength: Strength = 0.7
    format: Format = "json"
    editor: Annotated[str, Field(description="One of GET /v1/editors; the first if not given.")] = ""


async def read_order(request: Request, service: Service) -> tuple[Order, str]:
    """What the form of a request orders, and the format of the answer that it wants. Raises as `read_form` does."""
    form = await read_form(request, EditForm)
    # Reading a prompt that is no prompt takes a while, which others should not have to wait.
    return await run_in_threadpool(_ordered, form, service), form.format


def _ordered(form: EditForm, service: Service) -> Order:
    request = service.understood(form.prompt, form.editor)
    order = Order(
        image=form.image,
        request=request,
        seeds=tuple(form.seed) or (0,),
        severities=tuple(form.severity),
        strength=form.strength,
        support_device=meant_device(form.prompt, request, None),
        editor=form.editor,
    )
    if form.format == "dicom" and len(order.variants()) > 1:
        raise BadInput(f"The format dicom holds one image, where {len(order.variants())} were ordered; take zip.")
    return order
