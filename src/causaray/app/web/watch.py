"""What the server says of each request, and what becomes of a fault: nothing of what was sent, only that it was."""

import logging
import os
import time
import traceback

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from causaray.app.web.metrics import Metrics
from causaray.app.web.routes import OWN

LOG = logging.getLogger("causaray.web")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
GONE = 499
"""What nginx calls the status of a client that did not wait for its answer."""
FAULT = "This is a fault in Causaray, not in what was sent; its log says where."


class Watched:
    """The application, with a line in the log and a count for each request.

    The line holds method, route, status, milliseconds and address: paths beyond our own may hold file names, and
    queries anything. Of a fault it says kind and place, since its message may quote the upload.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.monotonic(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            LOG.error("fault: %s", _place(error), exc_info=bool(os.environ.get("CAUSARAY_DEBUG")))
            if status:
                raise _Broken from None  # the answer has begun: uvicorn ends the connection
            await JSONResponse({"error": FAULT}, 500)(scope, receive, noting)
        finally:
            self._note(scope, status or GONE, time.monotonic() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = scope["path"] if scope["path"] in OWN else "page"
        address = (scope.get("client") or ("?",))[0]
        self._metrics.count(route, status, seconds)
        LOG.info("%s %s %d %.0f ms %s", method, route, status, 1000 * seconds, address)


class _Broken(Exception):
    """An answer that could not be finished."""


def _place(error: Exception) -> str:
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {last.filename}:{last.lineno}"
