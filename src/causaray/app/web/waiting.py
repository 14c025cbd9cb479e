"""Waiting for a job on behalf of a client, who may go away before it is done."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from causaray.app.web.refusals import Gone
from causaray.errors import BadInput
from causaray.worker import Cancelled, Job, Progress

T = TypeVar("T")
Ahead = Callable[[Job[T]], tuple[int, float]]
SOON, AGAIN = 0.5, 1.0
"""Seconds after which a client is told that it waits, and after which it is told again."""
LINES = "application/x-ndjson"


async def outcome(job: Job[T], request: Request) -> T:
    """Wait for a job. Raises what it raises, and Gone when the client goes away first; the job is cancelled then."""
    result: asyncio.Future[Any] = asyncio.wrap_future(job.future)
    try:
        return await _unless_gone(result, request)
    finally:
        job.cancel()
        result.cancel()  # else what the job still raises would be logged as nobody's


async def told_in_lines(
    submit: Callable[[Progress], Job[T]], ahead: Ahead[T], request: Request, said: Callable[[T], dict[str, Any]]
) -> Response:
    """An answer that tells how far a job is, as lines of JSON: {"before", "left"} while it waits, of `ahead`, then
    {"done", "total", "left"}, the seconds left being known from the second on, and at the end what is `said` of its
    result.

    What goes wrong before there is a first line is raised; after it, the last line is {"error": sentence}. A client
    that goes away cancels the job.
    """
    loop, steps = asyncio.get_running_loop(), asyncio.Queue[dict[str, int] | None]()
    job = submit(lambda done, total: _put(loop, steps, {"done": done, "total": total}))
    job.future.add_done_callback(lambda future: _put(loop, steps, None))
    try:
        first = asyncio.ensure_future(steps.get())
        await _unless_gone(asyncio.ensure_future(_begun_or_behind(first, job, ahead)), request)
        if first.done() and first.result() is None:
            return Response(json.dumps(said(job.result(0)), allow_nan=False) + "\n", media_type=LINES)
    except BaseException:
        job.cancel()
        raise
    return StreamingResponse(_lines(first, steps, ahead, job, said), media_type=LINES)


async def _begun_or_behind(step: asyncio.Future[Any], job: Job[T], ahead: Ahead[T]) -> None:
    """Wait for the first step, or until it is clear that others come before."""
    while not step.done():
        await asyncio.wait({step}, timeout=SOON)
        if ahead(job)[0]:
            return


async def _lines(
    first: asyncio.Future[dict[str, int] | None],
    steps: asyncio.Queue[dict[str, int] | None],
    ahead: Ahead[T],
    job: Job[T],
    said: Callable[[T], dict[str, Any]],
) -> AsyncIterator[str]:
    try:
        while not first.done():
            before, left = ahead(job)
            yield json.dumps({"before": before, "left": round(left, 1)}) + "\n"
            await asyncio.wait({first}, timeout=AGAIN)
        step, start = first.result(), asyncio.get_running_loop().time()
        while step is not None:
            yield json.dumps(step | _left(step, asyncio.get_running_loop().time() - start)) + "\n"
            step = await steps.get()
        yield json.dumps(await run_in_threadpool(_last, job, said), allow_nan=False) + "\n"
    finally:
        job.cancel()
        first.cancel()


def _left(step: dict[str, int], seconds: float) -> dict[str, float]:
    """Seconds left, at the pace until now."""
    return {"left": round(seconds / step["done"] * (step["total"] - step["done"]), 1)} if step["done"] else {}


def _last(job: Job[T], said: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    try:
        return said(job.result(0))
    except Cancelled:
        return {"error": "It was cancelled."}
    except BadInput as error:
        return {"error": str(error)}


def _put(loop: asyncio.AbstractEventLoop, steps: asyncio.Queue, step: dict[str, int] | None) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(steps.put_nowait, step)


async def _unless_gone(result: asyncio.Future[T], request: Request) -> T:
    gone: asyncio.Future[Any] = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({result, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not result.done() or result.cancelled():
            raise Gone
        return result.result()
    finally:
        result.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
