"""The page where a browser shows the token once: it cannot send the header that programs send."""

from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from causaray.app.web.guard import COOKIE, Guard
from causaray.app.web.routes import LOGIN

LONGEST = 4096  # bytes of the form

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Causaray</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark}
input,button{font:inherit;width:100%%;box-sizing:border-box;padding:.6rem;margin:.3rem 0}</style>
<main><h1>Causaray</h1>
<form method="post" action="%s"><label>The token that the server printed when it was started
<input name="token" type="password" autocomplete="current-password" required autofocus></label>
<p role="alert">%s</p><button>Open</button></form></main></html>
"""


def _page(said: str = "", status: int = 200) -> Response:
    """The form, with a sentence above its button."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    # Under "no-referrer" a browser sends a form as from nowhere (Origin: null), and the guard would refuse it.
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "same-origin"}
    return HTMLResponse(_PAGE % (LOGIN, escape(said)), status, headers)


def login(guard: Guard) -> Callable[[Request], Awaitable[Response]]:
    """What answers at LOGIN: it shows the form, and gives the cookie for the right token."""

    async def answer(request: Request) -> Response:
        if request.method != "POST":
            return _page()
        if not guard.is_token(await _token(request)):
            return _page("That is not the token.", 401)
        opened = RedirectResponse("/", 303)
        opened.set_cookie(COOKIE, guard.cookie, httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return opened

    return answer


async def _token(request: Request) -> str:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            return ""
    return parse_qs(body.decode("ascii", "replace")).get("token", [""])[0].strip()
