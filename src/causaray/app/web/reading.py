"""The page on which a reader reads a set: its images and the reader's own answers, and nothing else of this machine."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse

from causaray.app.web.gate import Gate
from causaray.app.web.guard import MIB, Guard
from causaray.errors import BadInput
from causaray.evaluation.reading_room.answers import AnswerFile, checked
from causaray.evaluation.reading_room.reader_set import NOTICE, ReaderSet

FIXED = {
    "/": ("reading.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/reading.css": ("reading.css", "text/css"),
    "/reading.js": ("reading.js", "text/javascript"),
    "/parts.js": ("parts.js", "text/javascript"),
}
"""Path -> file of the folder static, and its kind."""


class Said(BaseModel):
    """An answer as the page sends it."""

    image: str = Field(max_length=32)
    finding: str = Field(max_length=64)
    side: str = Field(default="", max_length=16)
    real: int
    seconds: float = Field(ge=0, allow_inf_nan=False)
    remark: str = Field(default="", max_length=2000)


def reading_page(asked: ReaderSet, kept: AnswerFile) -> FastAPI:
    """The reading room as an application of its own, which answers this machine only."""
    app = reading_room(asked, kept)
    app.add_middleware(Gate, guard=Guard(None, MIB))
    return app


def reading_room(asked: ReaderSet, kept: AnswerFile) -> FastAPI:
    """The application: the set, one image after another, and the answers that are added to `kept`.

    Images are found by name in the set alone, so no other file can be had. It guards nothing itself.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    folder = files("causaray.app.web") / "static"
    for path, (name, kind) in FIXED.items():
        app.get(path)(_fixed((folder / name).read_text(encoding="utf-8"), f"{kind}; charset=utf-8"))

    @app.get("/set")
    async def described() -> dict[str, Any]:
        answers = {image: asdict(answer) for image, answer in kept.answers.items()}
        return {
            "set": asked.id,
            "notice": NOTICE,
            "images": asked.images,
            "findings": asked.choices,
            "answers": answers,
        }

    @app.get("/images/{name}")
    async def image(name: str) -> Response:
        if name not in asked.images:
            raise HTTPException(404)
        return FileResponse(asked.folder / name, media_type="image/png")

    @app.post("/answer")
    async def answer(said: Said) -> dict[str, int]:
        """Keep an answer; it is on the disk before this returns."""
        row = {key: str(value) for key, value in said.model_dump().items()}
        row["answered_at"] = datetime.now(UTC).isoformat(timespec="seconds")
        row["seconds"] = f"{said.seconds:.1f}"
        kept.add(checked(row, asked, "The answer"))
        return {"answered": len(kept.answers)}

    _refuse(app)
    return app


def _refuse(app: FastAPI) -> None:
    """Teach the application to answer what is raised with {"error": sentence}."""
    app.add_exception_handler(BadInput, lambda request, error: JSONResponse({"error": str(error)}, 422))
    app.add_exception_handler(
        RequestValidationError, lambda request, error: JSONResponse({"error": "The answer is not as expected."}, 422)
    )
    app.add_exception_handler(HTTPException, _http)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": "There is nothing at this path."}, error.status_code, error.headers)


def _fixed(content: str, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, media_type=kind)
