"""One piece of work that somebody waits for, and the thread that does such pieces in turn."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

from causaray.errors import BadInput

T = TypeVar("T")
Progress = Callable[[int, int], None]
LONGEST_WAIT = 60
PATIENCE = 10.0
"""Seconds for which the end waits for the step that is being done."""


class Busy(Exception):
    """As many as may wait are waiting; `retry_after` is a guess in whole seconds of when there is room."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many edits are waiting; ask again in {retry_after} s.")
        self.retry_after = retry_after


class Cancelled(Exception):
    """The work was cancelled between two of its steps."""


class Job(Generic[T]):
    """A piece of work: `future` holds what it gives, and `cancel` ends it.

    The work is called with its job, so that it can call `step` between its steps.
    """

    def __init__(self, work: "Callable[[Job[T]], T]", progress: Progress | None) -> None:
        self.future: Future[T] = Future()
        self._work, self._progress = work, progress
        self._cancelled = threading.Event()

    def result(self, timeout: float | None = None) -> T:
        """Wait for the result. Raises what the work raised; Cancelled, or CancelledError where it had not begun."""
        return self.future.result(timeout)

    def cancel(self) -> None:
        """End it where it is between two steps, or before it begins; its place in the queue is free at once."""
        self._cancelled.set()
        self.future.cancel()

    def step(self) -> None:
        """To be called between steps. Raises Cancelled when nobody wants the result any more."""
        if self._cancelled.is_set():
            raise Cancelled

    def tell(self, done: int, total: int) -> None:
        """Tell whoever waits how far the work is; also a step."""
        self.step()
        if self._progress is not None:
            self._progress(done, total)

    def run(self) -> None:
        """Do the work, unless it has been cancelled."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self._work(self))
        except BadInput as error:
            self.future.set_exception(BadInput(str(error)))  # the caught one's traceback would hold on to the upload
        except BaseException as error:
            self.future.set_exception(error)


class Worker:
    """A thread that does jobs one after the other; `places` more may wait. It keeps nothing of a job that is done."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="causaray-worker", daemon=True)
        self._changed = threading.Condition()
        self._seconds = 1.0

    def start(self) -> None:
        """Begin to work. The thread ends with the program, or by `close`."""
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs wait, the one at work not counted."""
        with self._changed:
            return len(self._alive())

    @property
    def unfinished(self) -> int:
        """How many jobs wait or are at work."""
        with self._changed:
            return len(self._alive()) + (self._running is not None)

    @property
    def full(self) -> bool:
        """Whether the next job would be refused."""
        with self._changed:
            return self._is_full()

    def submit(self, work: Callable[[Job[T]], T], progress: Progress | None = None) -> Job[T]:
        """Have work done when its turn comes. Raises Busy when as many as may wait are waiting."""
        job = Job(work, progress)
        with self._changed:
            if self._closed:
                job.cancel()
            elif self._is_full():
                raise self._busy()
            else:
                self._waiting.append(job)
                self._changed.notify()
        return job

    def ahead(self, job: Job) -> tuple[int, float]:
        """How many jobs are done before this one begins, and a guess of the seconds until it is done; (0, 0.0) for one
        that does not wait."""
        with self._changed:
            waiting = self._alive()
            if job not in waiting:
                return 0, 0.0
            before = waiting.index(job) + (self._running is not None)
            return before, self._seconds * (before + 1)

    def busy(self) -> Busy:
        """The refusal of a job, with a guess of when there is room."""
        with self._changed:
            return self._busy()

    def finish(self) -> None:
        """Take no more, and wait until every job is done. Ctrl-C ends the waiting, not the jobs."""
        wait([job.future for job in self._last()])

    def close(self, patience: float | None = PATIENCE) -> None:
        """Cancel everything and take no more; wait so many seconds for the step that is being done, None: for its end.

        A program that ends while its thread is within native code is aborted.
        """
        for job in self._last():
            job.cancel()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(patience)

    def _last(self) -> list[Job]:
        """The jobs that are not done, after which there are no others."""
        with self._changed:
            self._closed = True
            self._changed.notify()
            return [*self._waiting, *filter(None, [self._running])]

    def _busy(self) -> Busy:
        return Busy(min(math.ceil(self._seconds * (len(self._alive()) + 1)), LONGEST_WAIT))

    def _is_full(self) -> bool:
        return len(self._alive()) + (self._running is not None) > self.places

    def _alive(self) -> deque[Job]:
        self._waiting = deque(job for job in self._waiting if not job.future.cancelled())
        return self._waiting

    def _work(self) -> None:
        while self._next():
            start = time.monotonic()
            assert self._running is not None
            self._running.run()
            with self._changed:
                self._running = None
            self._seconds += 0.2 * (time.monotonic() - start - self._seconds)

    def _next(self) -> bool:
        """Wait for the next job and make it the running one; False at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._waiting)
            if self._waiting:
                self._running = self._waiting.popleft()
            return self._running is not None
