"""The reading room: only a reader's folder is served, and no answer is lost."""

import signal
import threading
from pathlib import Path

import pytest
from reading_films import perfect
from reading_served import reading, small_set
from web_server import client, until

from causaray import BadInput, reading_serve
from causaray.app.web.listening import listen, server
from causaray.app.web.reading import reading_page
from causaray.evaluation.reading_room.answers import AnswerFile, read_answers
from causaray.evaluation.reading_room.key import KEY, Key
from causaray.evaluation.reading_room.reader_set import READER, ReaderSet


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return small_set(tmp_path)


@pytest.fixture
def web(made: Path):
    """A client of the reading room of Ann."""
    asked = ReaderSet.open(made)
    with listen("127.0.0.1", 0) as socket:
        running = server(reading_page(asked, AnswerFile(asked, "ann")))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            until(lambda: running.started)
            with client(f"http://127.0.0.1:{socket.getsockname()[1]}") as one:
                yield one
        finally:
            running.should_exit = True
            thread.join()


def said(made: Path, image: str, **changed: object) -> dict[str, object]:
    return {"image": image, "seconds": 2.5, **perfect(Key.read(made).entries[image]), **changed}


def test_only_images_of_the_set_are_served(web, made: Path) -> None:
    name = ReaderSet.open(made).images[0]
    assert web.get(f"/images/{name}").content == (made / READER / name).read_bytes()
    for path in ("..%2Fkey.json", "../key.json", "%2e%2e/key.json", "set.json", "answers-ann.csv", "999.png", KEY):
        for start in ("/images/", "/"):
            answer = web.get(start + path)
            assert answer.status_code == 404 and answer.json() == {"error": "There is nothing at this path."}
    described = web.get("/set").text
    assert "contains synthetic images" in described
    key = Key.read(made)
    secrets = [value for entry in key.entries.values() for value in (entry.file, entry.patient, entry.sha256)]
    assert not any(secret in described for secret in (*secrets, "ours"))


def test_another_site_learns_and_changes_nothing(web, made: Path) -> None:
    assert web.get("/set", headers={"Host": "evil.example"}).status_code == 403
    answer = web.post("/answer", json=said(made, "001.png"), headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403 and web.get("/set").json()["answers"] == {}
    assert "default-src 'self'" in web.get("/").headers["content-security-policy"]


def test_an_answer_is_on_the_disk_before_it_is_confirmed(web, made: Path) -> None:
    file = made / READER / "answers-ann.csv"
    for number, name in enumerate(("001.png", "002.png"), 1):
        assert web.post("/answer", json=said(made, name, remark="two\nlines")).json() == {"answered": number}
        assert len(file.read_text().splitlines()) == 1 + number
    read = read_answers(file, ReaderSet.open(made)).by_image
    assert read["001.png"].seconds == 2.5 and read["001.png"].remark == "two lines" and read["001.png"].answered_at


@pytest.mark.parametrize(
    "changed",
    [{"image": "../key.json"}, {"finding": "Hernia"}, {"real": 6}, {"side": "up"}, {"seconds": -1}, {"real": "much"}],
)
def test_an_answer_that_the_set_does_not_allow(web, made: Path, changed: dict[str, object]) -> None:
    answer = web.post("/answer", json={**said(made, "001.png"), "finding": "Pleural Effusion", **changed})
    assert answer.status_code == 422 and answer.json()["error"].endswith(".")
    assert web.get("/set").json()["answers"] == {}


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_ctrl_c_and_worse_lose_no_answer(made: Path, stop: signal.Signals, code: int) -> None:
    with reading(made) as (process, url):
        with client(url) as web:
            assert web.post("/answer", json=said(made, "003.png")).status_code == 200
        process.send_signal(stop)
        assert process.wait(20) == code and "Traceback" not in process.stderr.read()
    with reading(made / READER) as (_, url), client(url) as web:
        assert [*web.get("/set").json()["answers"]] == ["003.png"]
    with reading(made, "bob") as (_, url), client(url) as web:
        assert web.get("/set").json()["answers"] == {}, "answers are the reader's own"


def test_what_cannot_be_served(made: Path) -> None:
    with pytest.raises(BadInput, match="letters, digits"):
        reading_serve(made, "../ann")
    (made / READER / "002.png").unlink()
    with pytest.raises(BadInput, match=r"002\.png is named in set\.json but is not there"):
        reading_serve(made, "ann")
