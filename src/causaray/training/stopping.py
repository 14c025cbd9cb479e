"""Ctrl-C, and the SIGTERM by which schedulers take a machine back: a training is saved between two updates."""

import signal
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, Self


class Stopping:
    """Within it the first signal is noted (`asked`), and the second ends the program where it is."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if current_thread() is main_thread():
            self._before = {one: signal.signal(one, self._note) for one in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
