"""Edits beside other programs: `python -m benchmarks.under_load` writes docs/results/under-load.md.

The same edit by the command line, the API and the page, its threads spinning or sleeping while they wait for each
other, alone and beside processes that keep the cores busy.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch

from benchmarks.editing import DEMO, PROMPT
from benchmarks.served import COMMAND, Served, served
from causaray.threads import SPINS, WAITING

POLICIES = ("active", "passive", "chosen")
"""What OpenMP calls threads that spin, and threads that sleep; and what Causaray chooses."""
THREADS = 2
OUT = Path(__file__).parent.parent / "docs" / "results" / "under-load.md"


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that do nothing but compute."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for one in spinning:
            one.kill()
            one.wait()


@contextmanager
def threads_waiting(policy: str) -> Iterator[None]:
    """Processes that are started inside wait so, and compute with THREADS threads."""
    before = dict(os.environ)
    os.environ["OMP_NUM_THREADS"] = str(THREADS)
    for name in (WAITING, SPINS):
        os.environ.pop(name, None)  # this process has chosen for its children
    if policy != "chosen":
        os.environ[WAITING] = policy
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def command_line(policy: str) -> None:
    """One edit by the command, from the start of its process to its end."""
    with tempfile.TemporaryDirectory() as folder, threads_waiting(policy):
        command = [sys.executable, "-c", COMMAND, "edit", str(DEMO), "--prompt", PROMPT, "--out", folder, "--json"]
        subprocess.run(command, check=True, capture_output=True)


Seconds = dict[tuple[str, str], list[float]]


def asked(server: Served, path: str) -> None:
    """One edit by a server that runs."""
    with server.client() as web:
        web.post(path, files={"image": ("image", DEMO.read_bytes())}, data={"prompt": PROMPT}).raise_for_status()


def measured(ways: dict[str, Callable[[], None]], policy: str, seconds: float) -> Seconds:
    """Seconds of each way, in turns: two turns, and more as long as so many seconds are not over."""
    found: Seconds = {(way, policy): [] for way in ways}
    end = time.perf_counter() + seconds
    while len(found[next(iter(ways)), policy]) < 2 or time.perf_counter() < end:
        for way, edit in ways.items():
            start = time.perf_counter()
            edit()
            found[way, policy].append(time.perf_counter() - start)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.under_load", description=__doc__)
    parser.add_argument("--busy", type=int, default=2, help="processes beside the edit")
    parser.add_argument("--seconds", type=float, default=120, help="to measure for; 0 is two turns each")
    parser.add_argument("--out", type=Path, default=OUT, help="file to write")
    given = parser.parse_args()
    load, alone, beside = os.getloadavg()[0], Seconds(), Seconds()
    for policy in POLICIES:  # one server at a time: threads that spin do so while nothing is asked of them, too
        with threads_waiting(policy), served("--page") as server:
            ways = {
                "command line, cold": partial(command_line, policy),
                "API, warm": partial(asked, server, "/v1/edit"),
                "page, warm": partial(asked, server, "/edited"),
            }
            alone |= measured(ways, policy, given.seconds / 9)
            with busy(given.busy):  # where threads that spin take ten times as long
                beside |= measured(ways, policy, given.seconds * 2 / 9)
    given.out.write_text(_page(alone, beside, given.busy, given.seconds, load))
    print(given.out.read_text())


def _page(alone: Seconds, beside: Seconds, count: int, seconds: float, load: float) -> str:
    """The figures as a page."""
    ways = dict.fromkeys(way for way, _ in alone)
    rows = "\n".join(
        f"| {way} | "
        + " | ".join(f"{statistics.median(found[way, policy]):.2f}" for found in (alone, beside) for policy in POLICIES)
        + " |"
        for way in ways
    )
    heads = " | ".join(f"{policy}, {place}" for place in ("alone", f"beside {count}") for policy in POLICIES)
    turns = [len(next(iter(found.values()))) for found in (alone, beside)]
    return f"""# Edits beside other programs

Made by `python -m benchmarks.under_load --busy {count} --seconds {seconds:g}` on {platform.machine()}, torch
{torch.__version__}. Median seconds of one edit with {THREADS} threads on {len(os.sched_getaffinity(0))} core(s), of
{turns[0]} turn(s) alone and {turns[1]} beside {count} busy process(es); the machine had a load of {load:.1f} already.
`active` threads spin while they wait for each other, `passive` ones sleep; `chosen` ones spin a little, then sleep.

| way | {heads} |
|---|---|---|---|---|---|---|
{rows}
"""


if __name__ == "__main__":
    main()
