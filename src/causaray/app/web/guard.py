"""Who may ask, and how much may be sent: checked before anything is read."""

import hmac
import ipaddress
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from causaray.errors import BadInput

SHORTEST_TOKEN = 16
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = "causaray"
MIB = 2**20


@dataclass(frozen=True)
class Guard:
    """The rules of one server.

    Attributes:
        token: what each request must know, as `Authorization: Bearer` or by the cookie of the login page; None on
            loopback, where the request must name this machine as its host instead. Else a page of another site could,
            by a name that it makes resolve to 127.0.0.1, ask from inside the visitor's browser and read the answer.
        most_bytes: of one request.
        made: whether the token was made here, so that somebody has to be told.
    """

    token: str | None
    most_bytes: int
    made: bool = False

    def foreign(self, method: str, headers: Mapping[str, str]) -> str | None:
        """Why a request is another site's doing, as one sentence, or None."""
        host = headers.get("host", "")
        if self.token is None and not is_loopback(_name(host)):
            return "This server answers for localhost alone; ask for that host, or serve with --token."
        origin = headers.get("origin")
        if origin is not None and method not in SAFE and origin.partition("://")[2] != host:
            return "This request comes from a page of another site; only this server's own page may send it."
        return None

    def knows_token(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> bool:
        """Whether a request brings the token, or the cookie that stands for it."""
        if self.token is None:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        bearer = scheme.lower() == "bearer" and self.is_token(given.strip())
        return bearer or _equal(cookies.get(COOKIE, ""), self.cookie)

    def is_token(self, given: str) -> bool:
        """Whether it is the token; the time that takes tells nothing of it."""
        return self.token is not None and _equal(given, self.token)

    @property
    def cookie(self) -> str:
        """What a browser that has shown the token keeps: it is made from the token and does not tell it."""
        return hmac.new((self.token or "").encode(), b"causaray serve", sha256).hexdigest()


def guard_of(host: str, token: str | None, most_mib: int) -> Guard:
    """The guard of a server on `host`: away from loopback with the token given, that of CAUSARAY_TOKEN, or a new one.

    On loopback a token is asked for only where one is given. Raises BadInput for a token that is short or no ASCII.
    """
    token = token or os.environ.get("CAUSARAY_TOKEN") or None
    if token is not None and (len(token) < SHORTEST_TOKEN or not (token.isascii() and token.isprintable())):
        raise BadInput(f"The token is shorter than {SHORTEST_TOKEN} characters, or not ASCII; leave it out to get one.")
    if token is None and not is_loopback(host):
        return Guard(secrets.token_urlsafe(32), most_mib * MIB, made=True)
    return Guard(token, most_mib * MIB)


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own, as nobody else can reach or resolve it."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _equal(one: str, two: str) -> bool:
    return hmac.compare_digest(one.encode(), two.encode())
