import threading
import time
from concurrent.futures import CancelledError

import pytest

from causaray.errors import BadInput
from causaray.worker import Busy, Cancelled, Worker


@pytest.fixture
def worker():
    worker = Worker(places=2)
    worker.start()
    yield worker
    worker.close()


@pytest.fixture
def hold(worker):
    """Keeps the worker at work; to be set at the end."""
    held, begun = threading.Event(), threading.Event()
    worker.submit(lambda job: (begun.set(), held.wait(30)))
    assert begun.wait(30)
    yield held
    held.set()


def test_jobs_are_done_in_turn_by_one_thread(worker, hold):
    threads = [worker.submit(lambda job, i=i: (i, threading.get_ident())) for i in range(2)]
    assert worker.waiting == 2
    hold.set()
    (first, one), (second, two) = (job.result(30) for job in threads)
    assert (first, second) == (0, 1) and one == two != threading.get_ident()


def test_more_than_may_wait_are_refused(worker, hold):
    for _ in range(2):
        worker.submit(lambda job: None)
    assert worker.full
    with pytest.raises(Busy, match=r"ask again in \d+ s\.") as refused:
        worker.submit(lambda job: None)
    assert 1 <= refused.value.retry_after <= 60


def test_a_cancelled_job_leaves_its_place_and_is_not_done(worker, hold):
    done = []
    jobs = [worker.submit(lambda job: done.append(1)) for _ in range(2)]
    jobs[0].cancel()
    assert worker.waiting == 1 and not worker.full
    hold.set()
    jobs[1].result(30)
    assert done == [1]
    with pytest.raises(CancelledError):
        jobs[0].result(0)


def test_a_job_at_work_ends_at_its_next_step(worker):
    begun, steps = threading.Event(), []

    def work(job):
        while True:
            job.step()
            steps.append(1)
            begun.set()

    job = worker.submit(work)
    assert begun.wait(30)
    job.cancel()
    with pytest.raises(Cancelled):
        job.result(30)


def test_progress_is_told(worker):
    told = []
    worker.submit(
        lambda job: [job.tell(i, 3) for i in range(3)], lambda done, total: told.append((done, total))
    ).result(30)
    assert told == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize("error", [BadInput("Wrong."), ZeroDivisionError("oh"), SystemExit(3)])
def test_what_goes_wrong_is_the_waiters_and_the_worker_goes_on(worker, error):
    def work(job):
        raise error

    with pytest.raises(type(error), match=str(error)):
        worker.submit(work).result(30)
    assert worker.submit(lambda job: 7).result(30) == 7


def test_closing_cancels_all_and_takes_no_more(hold, worker):
    waiting = worker.submit(lambda job: 1)
    threading.Timer(0.2, hold.set).start()
    worker.close()
    late = worker.submit(lambda job: 1)
    assert waiting.future.cancelled() and late.future.cancelled()
    assert "causaray-worker" not in {thread.name for thread in threading.enumerate()}


def test_closing_waits_for_the_step_that_is_being_done(worker):
    begun, ended = threading.Event(), threading.Event()
    worker.submit(lambda job: (begun.set(), time.sleep(0.3), ended.set()))
    assert begun.wait(30)
    worker.close()
    assert ended.is_set()


def test_finishing_does_all_and_takes_no_more(hold, worker):
    waiting = [worker.submit(lambda job, i=i: i) for i in range(2)]
    assert worker.unfinished == 3
    threading.Timer(0.2, hold.set).start()
    worker.finish()
    assert [job.result(0) for job in waiting] == [0, 1]
    assert worker.submit(lambda job: 1).future.cancelled()
