import numpy as np
import pytest

from causaray.place import CHANGED, told_change

SAME = np.zeros((60, 60), np.float32)


def changed(rows: slice, columns: slice, by: float) -> np.ndarray:
    difference = SAME.copy()
    difference[rows, columns] = by
    return difference


@pytest.mark.parametrize(
    ("rows", "columns", "by", "said"),
    [
        (slice(40, 60), slice(30, 60), 0.1,
         "Brighter: 17% of the picture, mostly on the patient's left (right in the picture), most in the lower third."),
        (slice(0, 20), slice(0, 30), -0.1,
         "Darker: 17% of the picture, mostly on the patient's right (left in the picture), most in the upper third."),
        (slice(0, 60), slice(0, 60), 0.1, "Brighter: 100% of the picture, on both sides, from top to bottom."),
        (slice(30, 31), slice(28, 32), 0.1,
         "Brighter: less than 1% of the picture, on both sides, most in the middle third."),
    ],
)  # fmt: skip
def test_what_changed_and_where(rows, columns, by, said):
    assert told_change(changed(rows, columns, by)) == said


def test_both_ways_are_told_apart():
    difference = changed(slice(0, 20), slice(0, 60), 0.1) + changed(slice(40, 60), slice(0, 60), -0.1)
    assert [part.split(":")[0] for part in told_change(difference).split(". ")] == ["Brighter", "Darker"]


def test_what_nobody_sees_is_nothing():
    assert told_change(SAME) == told_change(SAME + CHANGED / 2) == "Nothing in the picture changed enough to be seen."
