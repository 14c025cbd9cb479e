"""The inside of a child process (`childprocess.py`): it answers its parent, has little memory, and writes no file.

It reads, again and again until its input ends, a line of JSON with `bytes` and so many bytes, and answers with a line
of JSON and what bytes belong to it; `error` says in a sentence why there is no answer. The bytes of an answer lie in
the memory that it shares with its parent, of which its first argument is the descriptor; without one they follow the
line. It ends by itself when an answer takes longer than `seconds`, whether or not its parent still lives.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from math import ceil
from mmap import mmap
from typing import Any, BinaryIO

Answer = Callable[[bytes, dict[str, Any]], tuple[dict[str, Any], bytes | memoryview]]


def answer_parent(answer: Answer, memory: int) -> None:
    """Answer until the parent ends, with at most `memory` bytes of address space."""
    answers, shared = _own_output(), mmap(int(sys.argv[1]), 0) if len(sys.argv) > 1 else None
    _take_limits(memory)
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        _end_after(ceil(asked["seconds"]) + 1)
        told, data = answer(sys.stdin.buffer.read(asked["bytes"]), asked)
        _end_after(0)
        if shared is not None:
            shared[: len(data)] = data
        answers.write(json.dumps(told).encode() + b"\n")
        if shared is None:
            answers.write(data)
        answers.flush()


def _end_after(seconds: int) -> None:
    """End this process in so many seconds, 0 for never, even in the midst of a decoder. Not on Windows."""
    if sys.platform != "win32":
        signal.alarm(seconds)


def _own_output() -> BinaryIO:
    """Standard output for the answers alone: what decoders print goes nowhere."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return answers


def _take_limits(memory: int) -> None:
    """Limit the memory, and write no file. Not on Windows, which has no such limits."""
    if sys.platform == "win32":
        return
    import resource

    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # macOS knows no limit of address space
            resource.setrlimit(limit, (value, value))
