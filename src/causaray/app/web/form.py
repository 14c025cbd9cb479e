"""The form of an edit, multipart/form-data, read into memory and never onto a disk."""

import re
import sys

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from causaray.app.web.answers import MEDIA_TYPES
from causaray.app.web.orders import MOST_VARIANTS, QUOTED, Order
from causaray.app.web.service import Service
from causaray.errors import BadInput

FIELDS = ("image", "prompt", "seed", "severity", "strength", "format")
REPEATED = ("seed", "severity")
LONGEST_FIELD = 4096  # bytes
_MOST = len(FIELDS) + 2 * MOST_VARIANTS


class _InMemory(MultiPartParser):
    """Starlette's parser puts files above 1 MiB onto the disk; here the guard has limited how much there is."""

    spool_max_size = sys.maxsize


async def read_order(request: Request, service: Service) -> tuple[Order, str]:
    """What the form of a request orders, and the format of the answer that it wants.

    Raises HTTPException (400, 415) for what is no such form, and BadInput for a field that is wrong.
    """
    form = await read_form(request, _MOST)
    _check_fields(form)
    image = await _image(form)
    # Reading a prompt that is no prompt takes a while, which others should not have to wait.
    return await run_in_threadpool(_ordered, form, image, service)


async def read_image(request: Request) -> bytes:
    """The content of the file "image" in the form of a request. Raises as `read_order` does."""
    return await _image(await read_form(request, _MOST))


async def read_prompt(request: Request) -> str:
    """The field "prompt" in the form of a request, "" without one. Raises as `read_order` does."""
    return _text(await read_form(request, _MOST), "prompt", "")


def _ordered(form: FormData, image: bytes, service: Service) -> tuple[Order, str]:
    order = Order(
        image=image,
        request=service.understood(_text(form, "prompt", "")),
        seeds=tuple(as_seed(text) for text in _texts(form, "seed")) or (0,),
        severities=tuple(_texts(form, "severity")),
        strength=_strength(_text(form, "strength", "0.7")),
    )
    return order, _format(_text(form, "format", "json"), len(order.variants()))


async def read_form(request: Request, most_fields: int, most_files: int = 1) -> FormData:
    """The form of a request, in memory. Raises HTTPException (400, 415) for what is none or has too many parts."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise HTTPException(415, "The body is not multipart/form-data; send a form with what is asked for.")
    parser = _InMemory(
        request.headers, request.stream(), max_files=most_files, max_fields=most_fields, max_part_size=LONGEST_FIELD
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400, f"The form cannot be read: {error.message.rstrip('.')}.") from None


async def _image(form: FormData) -> bytes:
    image = form.get("image")
    if not isinstance(image, UploadFile):
        raise BadInput('The form has no file "image"; send a PNG, JPEG or DICOM file.')
    return await image.read()


def _check_fields(form: FormData) -> None:
    for name, value in form.multi_items():
        if name not in FIELDS:
            raise BadInput(f'There is no field "{name[:QUOTED]}"; the fields are {", ".join(FIELDS)}.')
        if name != "image" and isinstance(value, UploadFile):
            raise BadInput(f'The field "{name}" is a file, where text was expected.')
        if name not in REPEATED and len(form.getlist(name)) > 1:
            raise BadInput(f'The field "{name}" is there {len(form.getlist(name))} times, where one was expected.')


def _texts(form: FormData, name: str) -> list[str]:
    return [value for value in form.getlist(name) if isinstance(value, str)]


def _text(form: FormData, name: str, default: str) -> str:
    return next(iter(_texts(form, name)), default)


def as_seed(text: str) -> int:
    """A whole number from 0. Raises BadInput for anything else."""
    if not re.fullmatch(r"[0-9]{1,20}", text):
        raise BadInput(f'The seed "{text[:QUOTED]}" is no whole number from 0.')
    return int(text)


def _strength(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(f'The strength "{text[:QUOTED]}" is no number from 0 to 1.') from None


def _format(name: str, images: int) -> str:
    if name not in MEDIA_TYPES:
        raise BadInput(f'The format "{name[:QUOTED]}" is none of {", ".join(MEDIA_TYPES)}.')
    if name == "dicom" and images > 1:
        raise BadInput(f"The format dicom holds one image, where {images} were ordered; take zip.")
    return name
