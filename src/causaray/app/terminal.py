"""What the command line says: results on standard output, everything else on standard error."""

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import Any


def command_line() -> str:
    """The command that is running, as one could type it again."""
    return shlex.join(["causaray", *sys.argv[1:]])


@contextmanager
def only_json(wanted: bool) -> Iterator[None]:
    """While one JSON object is wanted on standard output, whatever else is printed goes to standard error."""
    if wanted:
        with redirect_stdout(sys.stderr):
            yield
    else:
        yield


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[..., None]]:
    """A bar on standard error, gone at the end, for functions that report (done, total); none where nobody looks.

    A third argument, what it is that is done, takes the place of the title.
    """
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task(title, total=None)
        yield lambda done, total, what=title: bars.update(task, completed=done, total=total, description=what)


def tell(sentence: str) -> None:
    """A sentence on standard error, at once."""
    print(sentence, file=sys.stderr, flush=True)


def say_json(values: Mapping[str, Any]) -> None:
    """One line with one JSON object; paths become text."""
    print(json.dumps(values, default=str))


def say_facts(facts: Mapping[str, Any], indent: str = "") -> None:
    """A readable line for each entry that is known, nested ones below their name."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            print(f"{indent}{name}")
            say_facts(value, indent + "  ")
        elif value is not None:
            print(f"{indent}{name}: {value}")
