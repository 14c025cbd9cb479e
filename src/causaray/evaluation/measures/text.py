"""Do a text of what changed and two images agree? Changes are (finding, 1) where there is more, (finding, -1) less."""

from collections.abc import Collection, Sequence

import numpy as np

from causaray.evaluation.statistics.bootstrap import Estimate, ratio_of_means

Changes = frozenset[tuple[str, int]]


def agreement(told: Sequence[Changes], change: np.ndarray, names: Sequence[str], patients: np.ndarray) -> Estimate:
    """Share of the changes told of each row that go the way in which the judge's probability does.

    change (R, n): after minus before, of the judge's findings `names`; what the judge does not know is passed over.
    Where the judge's changes have nothing to do with what is told it is 0.5, and lower where images do not change, as
    an unchanged image never agrees. NaN where nothing is told.
    """
    right, said = np.zeros(len(told)), np.zeros(len(told))
    for i, changes in enumerate(told):
        known = [(sign, change[i, names.index(name)]) for name, sign in changes if name in names]
        said[i], right[i] = len(known), sum(sign * moved > 0 for sign, moved in known)
    return ratio_of_means(right, said, patients)


def judged_changes(
    change: np.ndarray, names: Sequence[str], least: float, among: Collection[str]
) -> list[Changes]:  # fmt: skip
    """The changes that a judge sees: those of findings `among` whose probability changes by `least` or more.

    change (R, n): after minus before, of the judge's findings `names`.
    """
    columns = [(name, j) for j, name in enumerate(names) if name in among]
    return [frozenset((name, int(np.sign(one[j]))) for name, j in columns if abs(one[j]) >= least) for one in change]
