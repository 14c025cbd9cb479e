"""An edit as lines of JSON, so that whoever waits sees how far it is: for the page, where several are asked at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from causaray.app.web.answers import encoded
from causaray.app.web.form import read_order
from causaray.app.web.jobs import Cancelled, Job
from causaray.app.web.service import Service, Unavailable
from causaray.counterfactual import Counterfactual
from causaray.errors import BadInput

Made = tuple[Counterfactual, ...]
Told = asyncio.Queue[dict[str, int] | None]


def mount_stream(app: FastAPI, service: Service) -> None:
    """Put the streamed edit onto the application of the page."""

    @app.post("/edited", include_in_schema=False)
    async def edited(request: Request) -> Response:
        """{"done": n, "total": m} before each edit, then {"made": what POST /v1/edit answers} or {"error": sentence}.

        Who goes away while it runs ends it.
        """
        if service.full or request.app.state.arriving.locked():
            raise service.busy()
        async with request.app.state.arriving:
            order, _ = await read_order(request, service)
        loop, told = asyncio.get_running_loop(), Told()

        def tell(done: int, total: int) -> None:
            loop.call_soon_threadsafe(told.put_nowait, {"done": done, "total": total})

        return StreamingResponse(_lines(service.edit(order, tell), told), media_type="application/x-ndjson")


async def _lines(job: Job[Made], told: Told) -> AsyncIterator[bytes]:
    result: asyncio.Future[Any] = asyncio.wrap_future(job.future)
    result.add_done_callback(lambda _: told.put_nowait(None))
    try:
        while (progress := await told.get()) is not None:
            yield json.dumps(progress).encode() + b"\n"
        yield await _last(result)
    finally:
        job.cancel()
        result.cancel()


async def _last(result: asyncio.Future[Made]) -> bytes:
    try:
        return b'{"made": ' + await run_in_threadpool(encoded, result.result(), "json") + b"}\n"
    except (BadInput, Unavailable) as error:
        return json.dumps({"error": str(error)}).encode() + b"\n"
    except (Cancelled, asyncio.CancelledError):
        return b'{"error": "The edit was cancelled."}\n'
