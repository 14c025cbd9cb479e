import asyncio
import socket
import threading

import pytest
from web_server import client, edit, refusal, serving

from causaray.app.web import listening
from causaray.app.web.guard import guard_of, is_loopback
from causaray.app.web.listening import Alarm, listen
from causaray.app.web.service import Service
from causaray.errors import BadInput

TOKEN = "correct-horse-battery"


@pytest.fixture
def guarded(editor_folder, judge):
    """A client without the token of a server that asks for it."""
    with serving(Service(editor_folder), TOKEN) as web:
        yield web


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine(host):
    assert is_loopback(host) and guard_of(host, None, 32).token is None


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.7", "example.org", "localhost.example.org", "127.0.0.1.nip.io", ""]
)
def test_any_other_host_gets_a_token(host):
    one, two = (guard_of(host, None, 32).token for _ in range(2))
    assert not is_loopback(host) and one != two and len(one) >= 43


def test_a_token_is_taken_from_the_option_before_the_environment(monkeypatch):
    monkeypatch.setenv("CAUSARAY_TOKEN", TOKEN)
    assert guard_of("127.0.0.1", None, 32).token == guard_of("0.0.0.0", None, 32).token == TOKEN
    assert guard_of("0.0.0.0", TOKEN[::-1], 32).token == TOKEN[::-1]


@pytest.mark.parametrize("token", ["short", "x" * 15, "é" * 20, "line\n" * 5])
def test_tokens_that_are_none(token):
    with pytest.raises(BadInput, match="token is shorter than 16 characters, or not ASCII"):
        guard_of("127.0.0.1", token, 32)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong-horse-battery"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer é".encode("latin-1")},
        {"Cookie": f"causaray={TOKEN}"},
        {"X-Token": TOKEN},
    ],
)
def test_without_the_token_nothing_but_health_is_answered(guarded, png, headers):
    for path in ("/v1/findings", "/metrics", "/openapi.json", "/", "/nothing", "/docs", "/v1/health/"):
        answer = guarded.get(path, headers=headers)
        assert refusal(answer)[0] == 401 and answer.headers["www-authenticate"] == "Bearer"
    assert refusal(edit(guarded, png, headers=headers))[0] == 401
    assert guarded.get("/v1/health", headers=headers).status_code == 200


def test_with_the_token_from_whatever_host(guarded, png):
    headers = {"Authorization": f"bearer {TOKEN}", "Host": "radiology.example.org"}
    assert guarded.get("/v1/findings", headers=headers).status_code == 200
    assert edit(guarded, png, headers=headers).status_code == 200


def test_a_browser_shows_the_token_once(guarded):
    sent = guarded.get("/", headers={"Accept": "text/html"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/login")
    asked = guarded.get("/login")
    assert asked.status_code == 200 and 'action="/login"' in asked.text and "http" not in asked.text
    assert "form-action 'self'" in asked.headers["content-security-policy"]
    assert asked.headers["referrer-policy"] == "same-origin"
    wrong = guarded.post("/login", data={"token": "<b>wrong</b>"})
    assert wrong.status_code == 401 and "That is not the token" in wrong.text and "<b>" not in wrong.text
    assert guarded.post("/login", content=b"x" * 10_000).status_code == 401
    opened = guarded.post("/login", data={"token": f" {TOKEN} "})
    assert opened.status_code == 303 and opened.headers["location"] == "/" and TOKEN not in str(opened.headers)
    assert {"HttpOnly", "SameSite=strict"} <= set(opened.headers["set-cookie"].split("; "))
    assert guarded.get("/v1/findings").status_code == 200  # the client keeps the cookie


def test_without_a_token_there_is_no_login(web):
    assert refusal(web.get("/login"))[0] == 404


@pytest.mark.parametrize("host", ["evil.example.org", "evil.example.org:7860", "127.0.0.1.nip.io", "[", "10.0.0.7"])
def test_a_name_made_to_resolve_here_is_refused(web, host, png):
    for answer in (web.get("/v1/health", headers={"Host": host}), edit(web, png, headers={"Host": host})):
        status, said = refusal(answer)
        assert status == 403 and "localhost" in said


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:7860"])
def test_a_forwarded_port_is_this_machine(web, host):
    assert web.get("/v1/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example.org", "null", "http://localhost:1", "http://["])
def test_another_sites_page_may_not_send(web, png, origin):
    status, said = refusal(edit(web, png, headers={"Origin": origin}))
    assert status == 403 and "another site" in said


def test_its_own_page_may_send(web, png):
    assert edit(web, png, headers={"Origin": str(web.base_url).rstrip("/")}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/health", "/v1/edit", "/nothing", "/metrics"])
def test_headers_that_protect(web, path):
    headers = web.get(path).headers
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store" and headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "default-src" in policy
    assert "http" not in policy and "*" not in policy and "server" not in headers


def connected(web) -> socket.socket:
    return socket.create_connection((web.base_url.host, web.base_url.port), timeout=20)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"POST /v1/edit HTTP/1.1\r\nHost: local",
        b"POST /v1/edit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n",
        b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nab",
    ],
)
def test_a_request_that_does_not_arrive_is_not_waited_for(web, monkeypatch, begun):
    monkeypatch.setattr(listening, "ARRIVAL", 0.3)
    with connected(web) as plug:
        plug.sendall(begun)
        with pytest.raises(ConnectionResetError):
            while plug.recv(4096):
                pass
            raise ConnectionResetError  # closed in order, which is as good
    assert web.get("/v1/health").status_code == 200


def test_a_long_job_is_waited_for_however_short_the_time_to_arrive(web, monkeypatch, png, blocked):
    monkeypatch.setattr(listening, "ARRIVAL", 0.2)
    release = blocked(web.service)
    threading.Timer(0.8, release).start()
    with client(str(web.base_url)) as own:
        assert edit(own, png).status_code == 200


def test_no_http_is_answered_in_words(web):
    with connected(web) as plug:
        plug.sendall(b"Jane Doe\r\n\r\n")
        assert plug.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_no_web_socket_is_opened(web):
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13"}
    assert web.get("/v1/health", headers=headers).status_code == 200


def test_an_alarm_that_is_stopped_does_not_ring():
    class Transport:
        aborted = 0

        def abort(self):
            self.aborted += 1

    async def rung(stop: bool) -> int:
        alarm = Alarm(0.05, transport := Transport())
        alarm.set()
        alarm.set()
        if stop:
            alarm.stop()
        await asyncio.sleep(0.2)
        return transport.aborted

    assert [asyncio.run(rung(stop)) for stop in (True, False)] == [0, 1]


def test_a_port_that_is_taken():
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadInput, match=rf"^Port {port} of 127\.0\.0\.1 cannot be listened on \(.+\); choose"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 7860), ("127.0.0.1", 99999)])
def test_a_place_that_cannot_be_listened_on(host, port):
    with pytest.raises(BadInput, match=r"cannot be listened on|not between 0 and 65535"):
        listen(host, port)
