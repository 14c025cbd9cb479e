"""A bounded queue with one worker: jobs are done in turn, and no more are taken than there are places."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import BoundedSemaphore
from typing import Generic, TypeVar

Job = TypeVar("Job")


class Desk(Generic[Job]):
    """Jobs wait in `places` places, the one in work included, and are done one after the other by `work`.

    `work` must not raise: nobody would hear of it.
    """

    def __init__(self, work: Callable[[Job], object], places: int) -> None:
        self._work = work
        self._free = BoundedSemaphore(places)
        self._worker = ThreadPoolExecutor(1, "causaray")
        self._jobs: set[Future[object]] = set()

    @property
    def waiting(self) -> int:
        """How many jobs are not finished."""
        return len(self._jobs)

    def reserve(self) -> bool:
        """Take a place, to be filled by `put` or given back by `free`; False when there is none."""
        return self._free.acquire(blocking=False)

    def free(self) -> None:
        """Give a place back."""
        self._free.release()

    def put(self, job: Job) -> None:
        """Fill a reserved place. Raises RuntimeError when the desk is closed."""
        future = self._worker.submit(self._work, job)
        self._jobs.add(future)
        future.add_done_callback(self._done)

    def finish(self) -> None:
        """Take no more, and wait until every job is done."""
        self._close(drop=False)

    def drop(self) -> None:
        """Take no more, forget the jobs that wait, and wait until the one in work is done."""
        self._close(drop=True)

    def _close(self, drop: bool) -> None:
        """Not by `shutdown(wait=True)`: a thread whose join was interrupted counts as ended to Python 3.11."""
        self._worker.shutdown(wait=False, cancel_futures=drop)
        wait(tuple(self._jobs))

    def _done(self, future: Future[object]) -> None:
        self._jobs.discard(future)
        self.free()
