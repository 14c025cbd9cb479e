"""The inside of a child process (`childprocess.py`): it answers its parent, has little memory, and writes no file.

It reads, again and again until its input ends, a line of JSON with `bytes` and so many bytes, and answers with a line
of JSON and what bytes belong to it; `error` says in a sentence why there is no answer.
"""

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

Answer = Callable[[bytes, dict[str, Any]], tuple[dict[str, Any], bytes]]


def answer_parent(answer: Answer, memory: int) -> None:
    """Answer until the parent ends, with at most `memory` bytes of address space."""
    answers = _own_output()
    _take_limits(memory)
    while line := sys.stdin.buffer.readline():
        asked = json.loads(line)
        told, data = answer(sys.stdin.buffer.read(asked["bytes"]), asked)
        answers.write(json.dumps(told).encode() + b"\n" + data)
        answers.flush()


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
