"""How much may be asked of a language model: tokens in all, and requests a minute."""

from threading import Lock
from time import monotonic, sleep

from causaray.errors import BadInput


class Budget:
    """Tokens that may be spent, from any number of threads; without a limit where `tokens` is None."""

    def __init__(self, tokens: int | None) -> None:
        self.tokens = tokens
        self.spent = 0
        self._lock = Lock()

    def check(self) -> None:
        """Raises BadInput when all is spent."""
        if self.tokens is not None and self.spent >= self.tokens:
            raise BadInput(f"The budget of {self.tokens} tokens is used up ({self.spent} spent); raise it to go on.")

    def charge(self, tokens: int | None) -> None:
        """Count what an answer took. None, from a server that does not count, raises BadInput if there is a limit."""
        if tokens is None and self.tokens is not None:
            raise BadInput("The server does not say how many tokens it used; leave out the budget or use another one.")
        with self._lock:
            self.spent += tokens or 0


class Pace:
    """Lets requests pass at most `per_minute` times a minute, evenly, from any number of threads; None: at any rate."""

    def __init__(self, per_minute: float | None) -> None:
        self._gap = 60 / per_minute if per_minute else 0.0
        self._free = 0.0
        self._lock = Lock()

    def wait(self, _request: object) -> None:
        """Return when the next request may be sent. As a hook of httpx it is handed the request."""
        with self._lock:
            sleep(max(0.0, self._free - monotonic()))
            self._free = monotonic() + self._gap
