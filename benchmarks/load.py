"""Many clients at once: `python -m benchmarks.load --clients 20 --minutes 5`.

Each client asks for an edit, waits for its answer, and asks again; one that is refused with 429 waits as long as
Retry-After says. Prints answers by status, the latency of those with a result, and the memory of the server.
"""

import argparse
import statistics
import threading
import time
from collections import Counter
from pathlib import Path

from benchmarks.editing import DEMO, PROMPT
from benchmarks.served import Served, served

SETTLED = 0.2
"""After this share of the time what a server keeps in memory for good is there."""


class Load:
    """What clients have seen until now."""

    def __init__(self, server: Served, image: bytes, end: float) -> None:
        self._server, self._image, self._end = server, image, end
        self._lock = threading.Lock()
        self.statuses: Counter[int | str] = Counter()
        self.latencies: list[float] = []

    def client(self, seed: int) -> None:
        """Ask until the end."""
        with self._server.client() as web:
            while time.monotonic() < self._end:
                form = {"prompt": PROMPT, "seed": str(seed)}
                start = time.monotonic()
                try:
                    answer = web.post("/v1/edit", files={"image": ("image", self._image)}, data=form)
                except Exception as error:
                    self._note(type(error).__name__)
                    continue
                self._note(answer.status_code, time.monotonic() - start)
                if answer.status_code == 429:
                    time.sleep(min(int(answer.headers["retry-after"]), max(self._end - time.monotonic(), 0)))

    def _note(self, status: int | str, seconds: float = 0.0) -> None:
        with self._lock:
            self.statuses[status] += 1
            if status == 200:
                self.latencies.append(seconds)


def run(server: Served, clients: int, seconds: float, image: Path) -> tuple[Load, list[float]]:
    """The load of so many clients for so long, and the server's resident memory in MiB, once a second."""
    load = Load(server, image.read_bytes(), time.monotonic() + seconds)
    threads = [threading.Thread(target=load.client, args=(seed,)) for seed in range(clients)]
    for thread in threads:
        thread.start()
    memory = []
    while any(thread.is_alive() for thread in threads):
        memory.append(server.resident_mib())
        time.sleep(1)
    return load, memory


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--weights", default="cxr-128")
    parser.add_argument("--image", type=Path, default=DEMO)
    asked = parser.parse_args()
    with served("--weights", asked.weights) as server:
        load, memory = run(server, asked.clients, 60 * asked.minutes, asked.image)
    settled = memory[int(SETTLED * len(memory))]
    print(f"{asked.clients} clients, {asked.minutes:g} minutes: " + _counts(load.statuses))
    if load.latencies:
        cuts = statistics.quantiles(load.latencies, n=100, method="inclusive") if len(load.latencies) > 1 else [0] * 99
        print("seconds to a result: " + ", ".join(f"{cuts[p - 1]:.2f} ({p} %)" for p in (5, 50, 95, 99)))
        print(f"results a second: {len(load.latencies) / (60 * asked.minutes):.2f}")
    growth = max(memory[-1] / settled - 1, 0)
    print(
        f"resident memory: {memory[0]:.0f} MiB at first, {settled:.0f} settled, {memory[-1]:.0f} at last: {growth:+.1%}"
    )


def _counts(statuses: Counter[int | str]) -> str:
    return ", ".join(f"{n} x {status}" for status, n in sorted(statuses.items(), key=str))


if __name__ == "__main__":
    main()
