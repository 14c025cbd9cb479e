"""The HTTP API: what is asked goes to the service, and what comes of it goes back to who asked, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool

from causaray import __version__
from causaray.app.web.answers import MEDIA_TYPES, STEM, encoded
from causaray.app.web.audit import put_audit
from causaray.app.web.cohorts import ServedCohort, put_cohorts
from causaray.app.web.described import REFUSALS, Edited, Editors, Health, Known, Offered, Responses
from causaray.app.web.edit_form import EditForm, read_order
from causaray.app.web.forecast import ServedForecaster, put_forecast
from causaray.app.web.gate import Gate
from causaray.app.web.guard import Guard
from causaray.app.web.login import login
from causaray.app.web.metrics import Metrics
from causaray.app.web.refusals import refuse
from causaray.app.web.routes import EDIT, EDITORS, FINDINGS, HEALTH, LOGIN, METRICS, OPENAPI
from causaray.app.web.service import Service, Unavailable
from causaray.app.web.waiting import outcome
from causaray.app.web.watch import Watched
from causaray.counterfactual import SUFFIXES
from causaray.record import NOTICE
from causaray.vocabulary import LOCATIONS, SEVERITIES, SIDES, STATES

ABOUT = (
    f"Counterfactual chest radiographs. {NOTICE} Nothing that is sent is stored or logged. "
    "A server that asks for a token wants it as `Authorization: Bearer TOKEN`."
)


def api(
    service: Service,
    guard: Guard,
    cohorts: Sequence[ServedCohort] = (),
    forecaster: ServedForecaster | None = None,
) -> FastAPI:
    """The application: the API of `service` behind `guard`. It starts the service and closes it.

    `cohorts` are those that the operator has named to be shown; `forecaster` is the one that ships where none is given.

    A page may be mounted on it; all that is said here of tokens, sizes, headers and the log holds for the page, too.
    """
    app = FastAPI(
        title="Causaray", version=__version__, description=ABOUT, openapi_url=OPENAPI, docs_url=None, redoc_url=None,
        lifespan=_life(service),
    )  # fmt: skip
    metrics = Metrics(service)
    _put_edit(app, service)
    _put_facts(app, service)
    put_audit(app, service)
    put_cohorts(app, service, cohorts)
    put_forecast(app, service, forecaster or ServedForecaster.read())
    app.get(METRICS, include_in_schema=False)(lambda: Response(metrics.text(), media_type=CONTENT_TYPE_LATEST))
    if guard.token is not None:
        app.add_route(LOGIN, login(guard), ["GET", "POST"], include_in_schema=False)
    refuse(app)
    app.add_middleware(Gate, guard=guard)
    app.add_middleware(Watched, metrics=metrics)
    return app


def _life(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        service.close()

    return life


def _put_edit(app: FastAPI, service: Service) -> None:
    # As many uploads may arrive at once as edits may wait: both are in memory.
    arriving = app.state.arriving = asyncio.Semaphore(service.places)
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()}
    del content[MEDIA_TYPES["json"]]
    answers: Responses = {200: {"model": Edited, "content": content}, **REFUSALS}

    asked_by = {"requestBody": EditForm.described()}

    @app.post(EDIT, summary="Edit a radiograph.", openapi_extra=asked_by, responses=answers)
    async def edit(request: Request) -> Response:
        if service.full or arriving.locked():
            raise service.busy()
        async with arriving:
            order, name = await read_order(request, service)
        made = await outcome(service.edit(order), request)
        body = await run_in_threadpool(encoded, made, name)
        ending = SUFFIXES.get(name, f".{name}")
        disposition = {"Content-Disposition": f'attachment; filename="{STEM}{ending}"'}
        return Response(body, media_type=MEDIA_TYPES[name], headers=disposition)


def _put_facts(app: FastAPI, service: Service) -> None:
    few: Responses = {status: REFUSALS[status] for status in (401, 403, 413, 500)}

    @app.get(HEALTH, summary="Whether the server works.", responses={**few, 503: REFUSALS[503]})
    async def health() -> Health:
        if (state := service.state) == "failed":
            raise Unavailable
        return Health(status=state, version=__version__, waiting=service.waiting)

    @app.get(EDITORS, summary="Which editors may be chosen.", responses=few)
    async def editors() -> Editors:
        return await run_in_threadpool(_offered, service)

    @app.get(FINDINGS, summary="What may be asked for.", responses=few)
    async def findings() -> Known:
        return Known(
            weights=service.weights, findings=[*service.names], states=[*STATES], severities=[*SEVERITIES],
            sides=[*SIDES], locations=[*LOCATIONS],
        )  # fmt: skip


def _offered(service: Service) -> Editors:
    offered = [Offered(name=one.name, findings=[*one.names], adds_only=one.adds_only) for one in service.editors]
    return Editors(editors=offered)
