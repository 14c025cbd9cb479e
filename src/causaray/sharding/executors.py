"""Who makes the shards: this process, several, or the workers of Ray; one task a shard, so that no work is lost."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.connection import wait
from threading import Thread
from typing import Any

from causaray.errors import BadInput
from causaray.extras import need

EXECUTORS = ("processes", "ray")
Task = Callable[[int], Any]
"""Makes the shard of a number and says something of it. It travels to other processes, so it must be picklable."""


def each(task: Task, numbers: Sequence[int], jobs: int, executor: str = "processes") -> Iterator[Any]:
    """What the task says of each number, in the order in which they are done; what a task raises ends the rest.

    jobs: how many at a time. Raises BadInput for an executor that there is none of, and for Ray where it is missing.
    """
    if executor not in EXECUTORS:
        raise BadInput(f'There is no executor "{executor[:40]}"; name one of {", ".join(EXECUTORS)}.')
    if executor == "ray":
        need("ray", "ray")
        return _by_ray(task, numbers, jobs)
    return map(task, numbers) if jobs == 1 else _by_processes(task, numbers, jobs)


def _by_processes(task: Task, numbers: Sequence[int], jobs: int) -> Iterator[Any]:
    spawn = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    pool = ProcessPoolExecutor(jobs, spawn, _end_with_parent)
    try:
        for future in as_completed([pool.submit(task, number) for number in numbers]):
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _by_ray(task: Task, numbers: Sequence[int], jobs: int) -> Iterator[Any]:
    """On the cluster that RAY_ADDRESS names, else on this machine alone."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # else Ray tells its makers of every run
    import ray

    ours = not ray.is_initialized()
    if ours:
        here = {} if "RAY_ADDRESS" in os.environ else {"num_cpus": jobs, "include_dashboard": False}
        ray.init(log_to_driver=False, logging_level="error", **here)
    try:
        remote = ray.remote(num_cpus=1, max_retries=3)(_called)
        shared, left = ray.put(task), list(numbers)
        running = [remote.remote(shared, left.pop(0)) for _ in range(min(2 * jobs, len(left)))]
        while running:
            (done,), running = ray.wait(running)
            if left:
                running.append(remote.remote(shared, left.pop(0)))
            try:
                yield ray.get(done)
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
    finally:
        if ours:
            ray.shutdown()


def _end_with_parent() -> None:
    """A worker whose parent was killed writes nothing more: the one that takes its place does its shards."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _called(task: Task, number: int) -> Any:
    return task(number)
