import threading
from importlib.util import find_spec

import pytest

NEEDED = ("fastapi", "uvicorn", "python_multipart", "prometheus_client", "httpx")
collect_ignore_glob = [] if all(map(find_spec, NEEDED)) else ["test_*.py"]


@pytest.fixture
def service(editor_folder, judge):
    """A service of the untrained editor, that has begun and is ready; two may wait."""
    from web_server import until

    from causaray.app.web.service import Service

    service = Service(editor_folder, places=2)
    service.start()
    until(lambda: service.state != "loading")
    yield service
    service.close()


@pytest.fixture
def web(editor_folder, judge):
    """A client of a server of the same; its `service` is that server's."""
    from web_server import serving, until

    from causaray.app.web.service import Service

    service = Service(editor_folder, places=2)
    with serving(service) as client:
        until(lambda: service.state == "ready")
        client.service = service
        yield client


@pytest.fixture
def blocked():
    """Keeps a service's worker at work until what it gives is called."""
    done = threading.Event()

    def block(service):
        begun = threading.Event()
        service.run(lambda pipeline, job: (begun.set(), done.wait(60)))
        assert begun.wait(30)
        return done.set

    yield block
    done.set()


@pytest.fixture(scope="module")
def browser():
    """Chromium; skips where there is none."""
    from browser import chromium

    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def url(browser):
    """The address of `causaray serve` in a process of its own."""
    from browser import served

    with served() as address:
        yield address


@pytest.fixture
def visit(browser, url, request):
    """Opens the page for a new visitor; at the end nobody's console has said anything, and no other host was asked.

    The window is as wide as `--width` says (1,280 pixels), unless a test asks for another.
    """
    from browser import watched

    visitors = []

    def visited(width: int | None = None, locale: str = "en-GB"):
        size = {"width": width or request.config.getoption("--width"), "height": 900}
        context = browser.new_context(viewport=size, locale=locale)
        visitors.append((context, watched(context, url)))
        return visitors[-1][1]

    yield visited
    for context, one in visitors:
        context.close()
        assert not one.console
        assert all(address.startswith((url, "data:", "blob:")) for address in one.asked)
