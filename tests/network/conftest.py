import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Event, Thread

import pytest
from made_study import free_port

APP = Path(__file__).parents[1] / "app"


def _fixtures_of_app():
    """tests/app/conftest.py, whose tiny editor and judge are used here, too."""
    sys.path.append(str(APP))
    spec = spec_from_file_location("fixtures_of_app", APP / "conftest.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_app = _fixtures_of_app()
editor_folder, judge = _app.editor_folder, _app.judge


@pytest.fixture
def server() -> Iterator[Callable]:
    """Starts DICOM servers of pynetdicom's own; all are stopped in the end."""
    from other_side import Server

    started = []

    def start(**settings) -> Server:
        started.append(Server(**settings))
        return started[-1]

    yield start
    for one in started:
        one.stop()


class Listening:
    """`causaray.listen` in a thread: what it told, and where it is."""

    def __init__(self, **arguments) -> None:
        from causaray.app.verbs.listen import listen

        self.port, self.told, self._stop = free_port(), [], Event()
        arguments = {"prompt": "pneumonia", "port": self.port, "timeout": 5, **arguments}
        arguments |= {"tell": self.told.append, "stop": self._stop}
        self._thread = Thread(target=listen, kwargs=arguments)
        self._thread.start()
        self.wait_for("listens on")

    def wait_for(self, words: str, seconds: float = 30) -> str:
        """The first line told with these words in it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for line in self.told:
                if words in line:
                    return line
            if not self._thread.is_alive():
                break
            time.sleep(0.01)
        raise AssertionError(f"{words!r} was not told in {self.told}")

    def stop(self) -> None:
        """End it as Ctrl-C does: what was taken is done when this returns."""
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


@pytest.fixture
def listening(editor_folder, judge) -> Iterator[Callable[..., Listening]]:
    """Starts listeners with the tiny editor; all are stopped in the end."""
    started = []

    def start(**arguments) -> Listening:
        started.append(Listening(weights=editor_folder, **arguments))
        return started[-1]

    yield start
    for one in started:
        one.stop()
