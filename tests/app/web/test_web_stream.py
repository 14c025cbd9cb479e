"""Edits whose progress is told while they run."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from web_server import PROMPT, client, edit, refusal, serving, until

from causaray.app.web.service import Service


@pytest.fixture
def page(editor_folder, judge):
    """A client of a server with the page; its `service` is that server's."""
    service = Service(editor_folder, places=2)
    with serving(service, page=True) as web:
        until(lambda: service.state == "ready")
        web.service = service
        yield web


def edited(page, image: bytes, **fields):
    return page.post("/edited", files={"image": ("image", image)}, data={"prompt": PROMPT, **fields})


def lines(answer: httpx.Response) -> list[dict]:
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_progress_comes_before_what_the_api_answers(page, png):
    *progress, last = lines(edited(page, png.read_bytes(), seed=["1", "2", "3"]))
    assert [(one["done"], one["total"]) for one in progress] == [(0, 3), (1, 3), (2, 3)]
    assert "left" not in progress[0] and all(one["left"] > 0 for one in progress[1:])
    assert last == edit(page, png, seed=["1", "2", "3"]).json()


def test_what_the_form_or_the_image_gets_wrong_is_refused(page, png):
    assert refusal(edited(page, png.read_bytes(), strength="2"))[0] == 422
    assert refusal(edited(page, b"no image"))[0] == 422


def test_a_full_queue(page, png, blocked):
    release = blocked(page.service)
    waiting = [page.service.run(lambda pipeline, job: None) for _ in range(2)]
    assert refusal(edited(page, png.read_bytes()))[0] == 429
    release()
    assert [job.result(30) for job in waiting] == [None, None]


def test_who_waits_is_told_how_many_come_before(page, png, blocked):
    release = blocked(page.service)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(edited, page, png.read_bytes())
        until(lambda: page.service.waiting == 1)
        time.sleep(0.8)
        release()
        told = lines(waiting.result(30))
    assert told[0]["before"] == 1 and told[0]["left"] > 0 and "images" in told[-1]


def test_who_goes_away_leaves_its_place(page, png, blocked):
    release = blocked(page.service)
    with pytest.raises(httpx.ReadTimeout), client(str(page.base_url)) as hasty:
        hasty.timeout = 0.5
        edited(hasty, png.read_bytes())
    until(lambda: page.service.waiting == 0)
    release()
    assert "images" in lines(edited(page, png.read_bytes()))[-1]


def test_an_editor_that_cannot_be_loaded(page, png, monkeypatch):
    monkeypatch.setattr(Service, "state", "failed")
    status, why = refusal(edited(page, png.read_bytes()))[:2]
    assert status == 503 and why.startswith("The editor cannot be loaded")
