"""Every way in which a request can fail, as a status and one sentence."""

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from causaray.app.web.routes import OPENAPI
from causaray.app.web.service import Unavailable
from causaray.app.web.watch import GONE
from causaray.errors import BadInput
from causaray.worker import Busy

RETRY_UNAVAILABLE = 60  # seconds
SENTENCES = {
    404: f"There is nothing at this path; {OPENAPI} says what there is.",
    405: f"This path does not take this method; {OPENAPI} says which.",
}


class Gone(Exception):
    """The client did not wait for its answer."""


def refuse(app: FastAPI) -> None:
    """Teach the application to answer what is raised with {"error": sentence}."""
    app.add_exception_handler(BadInput, lambda request, error: _said(422, str(error)))
    app.add_exception_handler(
        RequestValidationError, lambda request, error: _said(422, "The request is not as expected.")
    )
    app.add_exception_handler(Busy, _busy)
    app.add_exception_handler(Unavailable, lambda request, error: _said(503, str(error), RETRY_UNAVAILABLE))
    app.add_exception_handler(HTTPException, _http)
    for kind in (Gone, ClientDisconnect):
        app.add_exception_handler(kind, lambda request, error: Response(status_code=GONE))


def _busy(request: Request, error: Exception) -> Response:
    assert isinstance(error, Busy)
    return _said(429, str(error), error.retry_after)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = SENTENCES.get(error.status_code, error.detail)
    return JSONResponse({"error": sentence}, error.status_code, error.headers)


def _said(status: int, sentence: str, retry_after: int | None = None) -> Response:
    headers = None if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse({"error": sentence}, status, headers)
