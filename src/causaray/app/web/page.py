"""The pages in the browser: fixed files, pages made of parts, and the answers that only the pages need."""

from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool

from causaray.app.web.answers import as_json
from causaray.app.web.audit import auditable
from causaray.app.web.audit_form import ModelForm
from causaray.app.web.edit_form import read_order
from causaray.app.web.form import ImageForm, PromptForm, read_form
from causaray.app.web.service import Service
from causaray.app.web.waiting import outcome, told_in_lines
from causaray.app.web.words import mount_words
from causaray.imagefiles import Panel, panel_png
from causaray.panels import shown

SCRIPTS = (
    *("theme.js", "asking.js", "parts.js", "svg.js", "page.js", "film.js", "request.js", "history.js", "result.js"),
    *("strip.js", "viewer.js", "gestures.js", "pixels.js", "save.js", "sheet.js", "zip.js", "signs.js", "words.js"),
    *("language.js", "intext.js", "ready.js", "progress.js", "compare.js", "forecast.js", "curves.js", "audit.js"),
    *("cohort.js", "readers.js"),
)
STYLES = ("page.css", "viewer.css", "print.css", "more.css")
PAGES = {
    "index.html": ("/", "Edit"), "compare.html": ("/compare", "Compare"), "forecast.html": ("/forecast", "Forecast"),
    "audit.html": ("/audit", "Audit"), "cohort.html": ("/cohort", "Cohort"), "readers.html": ("/reading", "Reading"),
}  # fmt: skip
"""Each page, its path, and its name in the header."""
ROOM = "/reading/room"
FIXED = {"css": "text/css", "js": "text/javascript"}
"""Kinds of files that every page is given as they are, by their endings."""
EXAMPLES = {
    "adult.jpg": "an adult, no finding", "adult-effusion.jpg": "an adult, effusion",
    "child-pneumonia.jpg": "a child, pneumonia",
}  # fmt: skip
"""Radiographs of the demonstration that one may begin with, and what they show."""


def mount_page(app: FastAPI, service: Service, room: FastAPI | None = None) -> None:
    """Put the pages onto the application of the API; all that guards the API guards them.

    room: the reading room that the page of readings leads to, where a set is read on this server.
    """
    folder = files("causaray.app.web") / "static"
    for name in (*STYLES, *SCRIPTS):
        kind = FIXED[name.rpartition(".")[2]]
        content = (folder / name).read_text(encoding="utf-8")
        app.get(f"/{name}", include_in_schema=False)(_fixed(content, f"{kind}; charset=utf-8"))
    for path, content in _pages(room is not None):
        app.get(path, include_in_schema=False)(_fixed(content, "text/html; charset=utf-8"))
    if room is not None:
        app.mount(ROOM, room)

    mount_words(app)

    @app.post("/edited", include_in_schema=False)
    async def edited(request: Request) -> Response:
        """What POST /v1/edit answers, in lines that tell before how long it waits and how many edits are done."""
        if service.full or request.app.state.arriving.locked():
            raise service.busy()
        async with request.app.state.arriving:
            order, _ = await read_order(request, service)
        return await told_in_lines(partial(service.edit, order), service.ahead, request, as_json)

    @app.post("/understood", include_in_schema=False)
    async def understood(request: Request) -> dict[str, str]:
        """What a prompt asks for, before anything is edited."""
        asked = await run_in_threadpool(service.understood, (await read_form(request, PromptForm)).prompt)
        return {"request": asked.to_text()}

    @app.post("/auditable", include_in_schema=False)
    async def audit_of(request: Request) -> dict[str, list[str]]:
        """Which findings of a classifier can be audited, before it is."""
        async with request.app.state.models_arriving:
            form = await read_form(request, ModelForm)
            return {"findings": await run_in_threadpool(auditable, form, service)}

    @app.post("/seen", include_in_schema=False)
    async def seen(request: Request) -> Response:
        """The radiograph in a file, as the page shows it beside its edits, as PNG: a browser cannot show DICOM."""
        async with request.app.state.arriving:  # as many uploads in memory as the API takes
            scan = await run_in_threadpool(service.read, (await read_form(request, ImageForm)).image)
        return Response(panel_png(Panel(shown(scan), "")), media_type="image/png")

    @app.post("/warned", include_in_schema=False)
    async def warned(request: Request) -> dict[str, Any]:
        """What is wrong with a radiograph, before it is edited."""
        async with request.app.state.arriving:
            image = (await read_form(request, ImageForm)).image
        warnings = await outcome(service.warned(image), request)
        return {**warnings}

    demo = files("causaray.app") / "demo"
    app.get("/examples", include_in_schema=False)(
        lambda: [{"name": name, "about": about} for name, about in EXAMPLES.items()]
    )
    for name in EXAMPLES:
        app.get(f"/examples/{name}", include_in_schema=False)(_fixed((demo / name).read_bytes(), "image/jpeg"))


def _pages(reading: bool) -> Iterator[tuple[str, str]]:
    """Path and text of each page; reading: whether there is a set to read."""
    templates = Environment(
        loader=PackageLoader("causaray.app.web", "static"), autoescape=True, undefined=StrictUndefined
    )
    for name, (path, _) in PAGES.items():
        text = templates.get_template(name).render(page=path, pages=PAGES.values(), reading=reading, room=ROOM)
        yield path, text


def _fixed(content: str | bytes, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, media_type=kind)
