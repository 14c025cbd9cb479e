"""Common and rare findings apart: what is learned from thousands of images is no news of what is learned from few."""

from collections.abc import Mapping, Sequence

import numpy as np

from causaray.evaluation.statistics.bootstrap import Estimate, Statistic, estimate

PARTS = ("head", "medium", "tail")


def terciles(counts: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """Findings ranked by how many training images show them, in three parts as equal as they can be.

    {"head": the most common third, "medium", "tail": the rarest}; the earlier part takes one more where the number does
    not divide by three, and equal counts keep the order given. Parts without a finding are left out.
    """
    ranked = sorted(counts, key=lambda name: -counts[name])
    parts = zip(PARTS, np.array_split(np.arange(len(ranked)), len(PARTS)), strict=True)
    return {part: tuple(ranked[i] for i in rows) for part, rows in parts if len(rows)}


def mean_of(statistics: Sequence[Statistic]) -> Statistic:
    """The mean of several statistics of the same rows, as a statistic."""
    return lambda rows: float(np.mean([statistic(rows) for statistic in statistics]))


def by_frequency(
    statistics: Mapping[str, Statistic], counts: Mapping[str, int], patients: np.ndarray, seed: int = 0
) -> dict[str, Estimate]:
    """The mean of a measure over findings: "macro" over all of them, and over those in each of the `terciles`.

    statistics: finding -> its measure, all of the same rows (effect.area, f1.edits_f1); patients (N,), whose rows.
    counts: finding -> training images that show it, for everything the editor was trained on. Parts none of whose
    findings were measured are left out; a finding without a count is in "macro" only.
    """
    parts = {"macro": tuple(statistics), **terciles(counts)}
    chosen = {part: [statistics[name] for name in names if name in statistics] for part, names in parts.items()}
    return {part: estimate(mean_of(some), patients, 500, seed) for part, some in chosen.items() if some}
