"""The guard at work: requests that it refuses go no further, and every answer carries the headers that protect it."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from causaray.app.web.guard import MIB, Guard
from causaray.app.web.routes import LOGIN, OPEN, OWN

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer that does not say otherwise itself, as the page may of its fixed files."""

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""No other host, and no script or style within the page itself."""


class Gate:
    """The application behind the guard."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        app = self._refusal(Request(scope)) or self._app
        await app(scope, self._limited(receive), _protected(send, scope["path"] in OWN))

    def _refusal(self, request: Request) -> Response | None:
        if why := self._guard.foreign(request.method, request.headers):
            return JSONResponse({"error": why}, 403)
        if request.scope["path"] not in OPEN and not self._guard.knows_token(request.headers, request.cookies):
            return RedirectResponse(LOGIN, 303) if _is_visit(request) else _unknown()
        if _length(request.headers) > self._guard.most_bytes:
            return JSONResponse({"error": self._too_large()}, 413)
        return None

    def _limited(self, receive: Receive) -> Receive:
        """The request's messages, as long as they are not too much: a length need not be given, nor true."""
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._guard.most_bytes:
                raise HTTPException(413, self._too_large())
            return message

        return limited

    def _too_large(self) -> str:
        return f"The request is larger than {self._guard.most_bytes // MIB} MiB, which is the most that is read."


def _unknown() -> Response:
    why = "The token is missing or wrong; send it as `Authorization: Bearer TOKEN`."
    return JSONResponse({"error": why}, 401, {"WWW-Authenticate": "Bearer"})


def _is_visit(request: Request) -> bool:
    """Whether somebody looks with a browser, rather than a program asks."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _length(headers: Headers) -> int:
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() else 0


def _protected(send: Send, own: bool) -> Send:
    async def protected(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", API_POLICY if own else PAGE_POLICY)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return protected
