"""The way in and the way out: run a verb, and turn whatever ends it into an exit code and one sentence."""

import errno
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from threading import current_thread, main_thread

import typer

from causaray.app.commands import app
from causaray.errors import BadInput
from causaray.memory import keep_freed_memory

DONE, OUR_FAULT, BAD_INPUT, STOPPED = 0, 1, 2, 130
_REFUSALS: dict[int | None, str] = {
    errno.ENOSPC: "The disk is full; make room, or choose another folder with --out.",
    errno.ENAMETOOLONG: "{path} has a longer name than the file system takes; name another.",
    errno.ELOOP: "{path} leads into a ring of links; name another.",
    errno.EACCES: "{path} may not be read or written (permission denied); name another.",
}
"""What a file system refuses wherever it is asked, in a sentence."""
# Typer carries the click it uses inside itself, and shows of its exceptions only this one.
MISUSE: type[Exception] = typer.BadParameter.__mro__[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 done, 1 our fault, 2 bad input, 130 stopped by Ctrl-C.

    With CAUSARAY_DEBUG=1 in the environment a fault of ours shows its traceback.
    """
    keep_freed_memory()
    _print_any_name()
    warnings.filterwarnings("ignore", module="pydicom")  # they quote headers, and so patients
    try:
        with _terminated_as_interrupted():
            code = app(arguments if arguments is None else list(arguments), standalone_mode=False)
        return _stopped() if code == STOPPED else code or DONE
    except (KeyboardInterrupt, typer.Abort):
        return _stopped()
    except BadInput as error:
        return _say(str(error), BAD_INPUT)
    except MISUSE as error:
        return _say(_sentence(error), BAD_INPUT)
    except Exception as error:
        if refusal := _REFUSALS.get(getattr(error, "errno", None)):
            return _say(refusal.format(path=getattr(error, "filename", None) or "A file"), BAD_INPUT)
        if os.environ.get("CAUSARAY_DEBUG"):
            raise
        fault = f"{type(error).__name__}: {error}".splitlines()[0]
        return _say(f"This is a fault in Causaray ({fault}); CAUSARAY_DEBUG=1 shows where.", OUR_FAULT)


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Whoever ends this program by SIGTERM, as service and job managers do, finds nothing half-written either."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print_any_name() -> None:
    """File names may hold bytes that are no text."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _stopped() -> int:
    return _say("Stopped; every file written so far is whole.", STOPPED)


def _sentence(error: Exception) -> str:
    """What typer says of wrong arguments, which it would print below a usage line."""
    message = " ".join(getattr(error, "format_message", error.__str__)().split())
    return f"{message.rstrip('.')}; `causaray --help` shows what there is."


def _say(sentence: str, code: int) -> int:
    told = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in sentence)
    print(f"causaray: {told}", file=sys.stderr)
    return code
