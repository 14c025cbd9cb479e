"""The HTTP server: a port of this machine, and connections that nobody can hold open for nothing."""

import asyncio
import socket

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from causaray.errors import BadInput

ARRIVAL = 120.0
"""Seconds in which a request must have arrived whole."""
TAKING = 60.0
"""Seconds in which a client must take what is sent to it."""
CONNECTIONS = 200
LEAVING = 5  # seconds for requests at the end


class Alarm:
    """Ends a connection some seconds after it is set, unless it is stopped before; set again, it goes on as it was."""

    def __init__(self, seconds: float, transport: asyncio.Transport) -> None:
        self._seconds, self._transport = seconds, transport
        self._timer: asyncio.TimerHandle | None = None

    def set(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._transport.abort)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class TimedConnection(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, ended when a request does not arrive, or an answer is not taken, in time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.access_log = False  # whatever the program around us does with loggers: its lines hold paths and queries
        self._arrival, self._taking = Alarm(ARRIVAL, transport), Alarm(TAKING, transport)
        self._arrival.set()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._arrival.set()
        else:
            self._arrival.stop()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking.set()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._taking.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._arrival.stop()
        self._taking.stop()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on a port; 0 is any that is free. Raises BadInput when it cannot be had."""
    if not 0 <= port <= 65535:
        raise BadInput(f"The port {port} is not between 0 and 65535.")
    try:
        kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=kind, backlog=128)
    except OSError as error:
        said = f"Port {port} of {host} cannot be listened on ({error.strerror}); choose another --port or --host."
        raise BadInput(said) from error


def server(app: FastAPI) -> uvicorn.Server:
    """The server of an application, to be run with the sockets of `listen`. It logs no request: `Watched` does."""
    config = uvicorn.Config(
        app, http=TimedConnection, ws="none", access_log=False, log_config=None, server_header=False,
        limit_concurrency=CONNECTIONS, timeout_graceful_shutdown=LEAVING, lifespan="on",
        proxy_headers=False,
    )  # fmt: skip
    return uvicorn.Server(config)
