"""`causaray serve` in a process of its own, for what is measured of it from outside."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

COMMAND = "import sys; from causaray.app.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class Served:
    """A server that runs: its address, its process, its folder for temporary files, and its log."""

    url: str
    process: int
    temporary: Path
    log: Path

    def client(self) -> httpx.Client:
        """A client of it that trusts no proxy."""
        return httpx.Client(base_url=self.url, trust_env=False, timeout=120)

    def resident_mib(self) -> float:
        """Resident memory of its process and its children, in MiB (Linux)."""
        return sum(_resident(process) for process in (self.process, *children(self.process))) / 2**20


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """A server with the options of `causaray serve`, ready to edit; ended afterwards."""
    with TemporaryDirectory() as folder:
        temporary, log = Path(folder, "temporary"), Path(folder, "log")
        temporary.mkdir()
        with log.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, "serve", "--port", "0", "--no-page", *options],
                stderr=said,
                env={**os.environ, "TMPDIR": str(temporary)},
            )
        try:
            server = Served(_address(log, process), process.pid, temporary, log)
            _until_ready(server)
            yield server
        finally:
            process.terminate()
            process.wait()


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    while process.poll() is None:
        if found := re.search(r"at (http://\S+);", log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise SystemExit(log.read_text())


def _until_ready(server: Served) -> None:
    with server.client() as web:
        while web.get("/v1/health").raise_for_status().json()["status"] != "ready":
            time.sleep(0.1)


def children(process: int) -> list[int]:
    """The processes that a process has started and that have not ended (Linux)."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _resident(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # it has ended
        return 0
