"""The way in and the way out: run a verb, and turn whatever ends it into an exit code and one sentence."""

import errno
import os
import sys
from collections.abc import Sequence

import typer

from causaray.app.commands import app
from causaray.app.memory import keep_freed_memory
from causaray.errors import BadInput

DONE, OUR_FAULT, BAD_INPUT, STOPPED = 0, 1, 2, 130
# Typer carries the click it uses inside itself, and shows of its exceptions only this one.
MISUSE: type[Exception] = typer.BadParameter.__mro__[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code: 0 done, 1 our fault, 2 bad input, 130 stopped by Ctrl-C.

    With CAUSARAY_DEBUG=1 in the environment a fault of ours shows its traceback.
    """
    keep_freed_memory()
    try:
        code = app(arguments if arguments is None else list(arguments), standalone_mode=False)
        return _stopped() if code == STOPPED else code or DONE
    except (KeyboardInterrupt, typer.Abort):
        return _stopped()
    except BadInput as error:
        return _say(str(error), BAD_INPUT)
    except MISUSE as error:
        return _say(_sentence(error), BAD_INPUT)
    except Exception as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            return _say("The disk is full; make room, or choose another folder with --out.", BAD_INPUT)
        if os.environ.get("CAUSARAY_DEBUG"):
            raise
        fault = f"{type(error).__name__}: {error}".splitlines()[0]
        return _say(f"This is a fault in Causaray ({fault}); CAUSARAY_DEBUG=1 shows where.", OUR_FAULT)


def _stopped() -> int:
    return _say("Stopped; every file written so far is whole.", STOPPED)


def _sentence(error: Exception) -> str:
    """What typer says of wrong arguments, which it would print below a usage line."""
    message = " ".join(getattr(error, "format_message", error.__str__)().split())
    return f"{message.rstrip('.')}; `causaray --help` shows what there is."


def _say(sentence: str, code: int) -> int:
    print(f"causaray: {sentence}", file=sys.stderr)
    return code
