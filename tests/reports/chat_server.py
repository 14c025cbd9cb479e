"""A server on this machine that speaks /v1/chat/completions, with the faults it is told to have."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What the server does with one request: wait, then send. `body` is sent as it is."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0


@dataclass(frozen=True)
class Request:
    """What the server was sent, and when."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float


@dataclass
class ChatServer:
    """Gives `replies` in order, the last one for ever."""

    url: str
    replies: list[Reply]
    requests: list[Request] = field(default_factory=list)

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def says(content: str | None, usage: dict[str, int] | None = None, **how: Any) -> Reply:
    """A chat completion with this text."""
    usage = {"prompt_tokens": 30, "completion_tokens": 10} if usage is None else usage
    completion = {"id": "1", "object": "chat.completion", "model": "m", "created": 1, "usage": usage or None}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    return Reply(json.dumps(completion | {"choices": [choice]}).encode(), **how)


def fails(status: int, message: str = "fault", **headers: str) -> Reply:
    """An error as OpenAI words it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps({"error": {"message": message}}).encode(), status, named)


@contextmanager
def serving(*replies: Reply) -> Iterator[ChatServer]:
    """A running server."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            chat.requests.append(Request(self.path, dict(self.headers.items()), body, at))
            reply = chat.next_reply()
            time.sleep(reply.wait)
            with suppress(OSError):  # the client may have gone
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    chat = ChatServer(f"http://127.0.0.1:{server.server_port}/v1", list(replies))
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


EFFUSION: dict[str, Any] = {
    "quote": "pleural effusion", "finding": "Pleural Effusion", "state": "present", "severity": "mild", "side": "left",
    "location": None, "size_mm": None, "change": "new", "device": None,
}  # fmt: skip


def answer(*mentions: dict[str, Any], **how: Any) -> Reply:
    """A chat completion with these mentions."""
    return says(json.dumps({"mentions": mentions}), **how)
