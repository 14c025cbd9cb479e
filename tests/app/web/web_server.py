"""A real server in a thread of the test's own process, and what is sent to it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from causaray.app.web.api import api
from causaray.app.web.guard import Guard
from causaray.app.web.listening import listen, server
from causaray.app.web.page import mount_page
from causaray.app.web.service import Service

PROMPT = "mild left pleural effusion"
MOST = 3 * 2**20  # bytes of a request


def until(reached: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that is to happen soon."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it has not happened"
        time.sleep(0.01)


@contextmanager
def serving(service: Service, token: str | None = None, most: int = MOST, page: bool = False) -> Iterator[httpx.Client]:
    """A client of a server on a free port of 127.0.0.1, with the page if asked for."""
    with listen("127.0.0.1", 0) as socket:
        app = api(service, Guard(token, most))
        if page:
            mount_page(app, service)
        running = server(app)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            until(lambda: running.started)
            yield client(f"http://127.0.0.1:{socket.getsockname()[1]}")
        finally:
            running.should_exit = True
            thread.join()


def client(url: str, **options) -> httpx.Client:
    return httpx.Client(base_url=url, trust_env=False, timeout=60, **options)


def edit(web: httpx.Client, image: Path | bytes, name: str = "image", headers=None, **fields) -> httpx.Response:
    """An edit of a file, or of its content, with the form's other fields."""
    content = image if isinstance(image, bytes) else image.read_bytes()
    form = {"prompt": PROMPT, **fields}
    return web.post("/v1/edit", files={"image": (name, content)}, data=form, headers=headers)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and sentence of a refusal."""
    assert answer.headers["content-type"] == "application/json" and list(answer.json()) == ["error"]
    said = answer.json()["error"]
    assert said.endswith((".", "?")) and "\n" not in said and "Traceback" not in said
    return answer.status_code, said
