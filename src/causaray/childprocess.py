"""A process for what strangers send, seen from the program that started it: it may end in any way and harms nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from mmap import mmap
from threading import Event, Lock, Timer
from typing import IO, Any

import numpy as np

Told = dict[str, Any]
SET = {"OPENBLAS_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}
"""In the child's environment. ONNX Runtime reports to its makers from 1.31 on, even on Linux, unless it is told not to
before it is imported."""


PIPE = 2**20
"""Bytes that may lie in a pipe: on Linux fewer would have parent and child wait for each other more often."""
SHARED = 2**28
"""Bytes of the memory in which a child answers, where the system has such memory (Linux): twenty megabytes through a
pipe wake parent and child hundreds of times. It takes as much as the largest answer does."""


class Ended(Exception):
    """The child ended before it had answered. `fresh` says that this was the first that it was asked."""

    def __init__(self, fresh: bool) -> None:
        super().__init__()
        self.fresh = fresh


class TookTooLong(Ended):
    """The child was ended, as it took longer than it may."""


class Child:
    """Runs `python -m module`, which answers as `confined.py` says; it starts when asked, and anew after its end."""

    def __init__(self, module: str, seconds: float) -> None:
        """No answer may take longer than `seconds`; the child is killed then."""
        self._module, self._seconds = module, seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._shared: mmap | None = None
        self._fresh = True
        self._lock = Lock()

    def start(self) -> None:
        """Start it now, so that the first question does not wait for it."""
        with self._lock:
            self._running()

    def exchange(self, asked: Told, data: bytes, length: Callable[[Told], int]) -> tuple[Told, np.ndarray]:
        """Send a JSON object and data; get an object, and `length` of it bytes as a new uint8 array.

        To what is sent `bytes`, the length of `data`, and `seconds` are added. An object with the key "error" has
        nothing behind it. Raises Ended.
        """
        with self._lock:
            late = Event()
            try:
                return self._exchange(asked, data, length, late)
            except (EOFError, OSError, ValueError):  # it ended before its answer, or within it
                self._end()
                raise (TookTooLong if late.is_set() else Ended)(self._fresh) from None
            except BaseException:
                self._end()  # half an answer would be taken for the next one
                raise

    def close(self) -> None:
        """End it."""
        with self._lock:
            self._end()

    def _exchange(
        self, asked: Told, data: bytes, length: Callable[[Told], int], late: Event
    ) -> tuple[Told, np.ndarray]:
        process = self._running()
        out, back = _pipes(process)

        def stop() -> None:
            late.set()
            process.kill()

        alarm = Timer(self._seconds, stop)
        alarm.start()
        try:
            out.write(json.dumps({**asked, "bytes": len(data), "seconds": self._seconds}).encode() + b"\n")
            out.write(data)
            out.flush()
            line = back.readline()
            told = json.loads(line)
            answer = np.empty(0 if "error" in told else length(told), np.uint8)
            self._fill(answer, back)
            self._fresh = False
            return told, answer
        finally:
            alarm.cancel()

    def _fill(self, answer: np.ndarray, back: IO[bytes]) -> None:
        if self._shared is None:
            if back.readinto(answer) < len(answer):  # type: ignore[attr-defined]  # of a buffered reader
                raise EOFError
        else:
            np.copyto(answer, np.frombuffer(self._shared, np.uint8, len(answer)))

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._fresh = True
            inherited = _shared_memory()
            self._shared = mmap(inherited[0], 0) if inherited else None
            self._process = subprocess.Popen(
                [*command(self._module), *map(str, inherited)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pipesize=PIPE,
                pass_fds=inherited,
                stderr=subprocess.DEVNULL,  # decoders print what they think of a file
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **SET},
                start_new_session=True,  # Ctrl-C is for the parent
            )
            for descriptor in inherited:
                os.close(descriptor)
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in _pipes(self._process):
                with suppress(OSError):
                    pipe.close()
            self._process = None
        self._shared = None


def _shared_memory() -> tuple[int, ...]:
    """The descriptor of memory for answers; none where the system has no such memory that is not a file."""
    if not hasattr(os, "memfd_create"):
        return ()
    shared = os.memfd_create("answers")
    os.ftruncate(shared, SHARED)
    return (shared,)


def command(module: str) -> list[str]:
    """What starts a module as a child."""
    return [sys.executable, "-P", "-m", module]


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None and process.stdout is not None
    return process.stdin, process.stdout
