"""Forms, multipart/form-data, read into memory and never onto a disk, as the models of their fields say.

FastAPI reads such models itself, but puts files above 1 MiB onto the disk, takes an empty field for none, and the last
of a field that is there twice.
"""

import sys
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from causaray.app.web.orders import QUOTED
from causaray.errors import BadInput

KIND = "multipart/form-data"
LONGEST_FIELD = 4096  # bytes
File = Annotated[bytes, WithJsonSchema({"type": "string", "format": "binary"})]


class FormFields(BaseModel):
    """The fields of a form: bytes are files, and a list may be given several times. Validators raise BadInput.

    A form with more than `most_texts` and `most_files` is not read. `lacking` is the sentence for one without a file
    that it should have; a text that should be there and is not is empty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
    most_texts: ClassVar[int] = 1
    most_files: ClassVar[int] = 1
    lacking: ClassVar[str]

    @classmethod
    def described(cls) -> dict[str, Any]:
        """The form in OpenAPI's words."""
        return {"required": True, "content": {KIND: {"schema": cls.model_json_schema()}}}


Fields = TypeVar("Fields", bound=FormFields)


class PromptForm(FormFields):
    """A prompt alone."""

    prompt: str


class ImageForm(FormFields):
    """A radiograph alone."""

    lacking: ClassVar[str] = 'The form has no file "image"; send a PNG, JPEG or DICOM file.'
    image: Annotated[File, Field(description="PNG, JPEG or DICOM radiograph.")]


class _InMemory(MultiPartParser):
    """Starlette's parser puts files above 1 MiB onto the disk; here the guard has limited how much there is."""

    spool_max_size = sys.maxsize


async def read_form(request: Request, kind: type[Fields]) -> Fields:
    """The form of a request, in memory.

    Raises HTTPException (400, 415) for what is no such form or has too many parts, and BadInput for a field that is
    wrong.
    """
    form = await _parsed(request, kind)
    _check(form, kind)
    values: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        given = [one for one in form.getlist(name) if isinstance(one, UploadFile) == _is_file(field.annotation)]
        read = [await one.read() if isinstance(one, UploadFile) else one for one in given]
        if _repeats(field.annotation):
            values[name] = read
        elif read:
            (values[name],) = read
        elif _is_file(field.annotation):
            raise BadInput(kind.lacking)
        elif field.is_required():
            values[name] = ""
    return await run_in_threadpool(kind.model_validate, values)


async def _parsed(request: Request, kind: type[FormFields]) -> FormData:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != KIND:
        raise HTTPException(415, f"The body is not {KIND}; send a form with what is asked for.")
    parser = _InMemory(
        request.headers, request.stream(), max_files=kind.most_files, max_fields=kind.most_texts,
        max_part_size=LONGEST_FIELD,
    )  # fmt: skip
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400, f"The form cannot be read: {error.message.rstrip('.')}.") from None


def _check(form: FormData, kind: type[FormFields]) -> None:
    for name, value in form.multi_items():
        if name not in kind.model_fields:
            raise BadInput(f'There is no field "{name[:QUOTED]}"; the fields are {", ".join(kind.model_fields)}.')
        annotation = kind.model_fields[name].annotation
        if isinstance(value, UploadFile) and not _is_file(annotation):
            raise BadInput(f'The field "{name}" is a file, where text was expected.')
        if not _repeats(annotation) and len(form.getlist(name)) > 1:
            raise BadInput(f'The field "{name}" is there {len(form.getlist(name))} times, where one was expected.')


def _repeats(annotation: Any) -> bool:
    return get_origin(annotation) is list


def _is_file(annotation: Any) -> bool:
    return annotation is bytes or any(map(_is_file, get_args(annotation)))
