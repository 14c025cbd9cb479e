"""The order of samples: each once an epoch, another order in each, asked for at any position."""

import numpy as np
import pytest

from causaray.training.order import Order


@pytest.mark.parametrize("n", [1, 2, 3, 7, 64, 65, 1000])
def test_every_sample_once_an_epoch(n: int) -> None:
    order = Order(n, seed=3)
    for epoch in range(3):
        assert sorted(order.rows(np.arange(epoch * n, (epoch + 1) * n))) == list(range(n))


def test_epochs_and_seeds_differ_and_calls_do_not() -> None:
    first, second = (Order(500, 0).rows(np.arange(e * 500, (e + 1) * 500)) for e in (0, 1))
    other = Order(500, 1).rows(np.arange(500))
    assert (first != second).mean() > 0.9 and (first != other).mean() > 0.9
    np.testing.assert_array_equal(first[120:130], Order(500, 0).rows(np.arange(120, 130)))


def test_neighbours_do_not_stay_together() -> None:
    rows = Order(10_000, 0).rows(np.arange(10_000))
    assert abs(np.corrcoef(rows[:-1], rows[1:])[0, 1]) < 0.05 and abs(np.diff(rows)).mean() > 3000


@pytest.mark.parametrize("worlds", [(2, 8, 1), (8, 2, 4)])
def test_whatever_the_processes_and_the_resumes_each_sample_is_seen_once(worlds: tuple[int, ...]) -> None:
    n, batch = 240, 16
    rows_of, seen, step = Order(n, 5).batches(batch), [], 0
    for world in worlds:
        for _ in range(5):
            rows = rows_of(step)
            seen += [row for part in np.split(rows, world) for row in part]
            step += 1
    assert sorted(seen) == list(range(n))
