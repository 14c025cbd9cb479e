"""A real server in a thread of the test's own process, and what is sent to it."""

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from PIL import Image
from pydicom import dcmread

from causaray.app.web.api import api
from causaray.app.web.guard import Guard
from causaray.app.web.listening import listen, server
from causaray.app.web.page import mount_page
from causaray.app.web.service import Service

SECRETS = ("Doe^", "Doe_", "/Doe", "Jane", "MRN-77", "mrn77")  # four letters or more: pictures hold any three by chance
PROMPT = "mild left pleural effusion"
MOST = 3 * 2**20  # bytes of a request


def until(reached: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that is to happen soon."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it has not happened"
        time.sleep(0.01)


@contextmanager
def serving(
    service: Service, token: str | None = None, most: int = MOST, page: bool = False, cohorts=(), room=None
) -> Iterator[httpx.Client]:
    """A client of a server on a free port of 127.0.0.1, with the page if asked for, and a reading room within it."""
    with listen("127.0.0.1", 0) as socket:
        app = api(service, Guard(token, most), cohorts)
        if page:
            mount_page(app, service, room)
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


def spoiled(dicom: Path, **elements) -> bytes:
    """The content of a DICOM file with other elements."""
    dataset, file = dcmread(dicom), io.BytesIO()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.save_as(file)
    return file.getvalue()


def as_png(pixels: np.ndarray | Image.Image) -> bytes:
    """The content of a PNG file."""
    file = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(file, "PNG")
    return file.getvalue()
