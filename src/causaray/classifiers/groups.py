"""Objectives over groups of images: the average risk, the reweighted one, and that of the worst group.

After Sagawa, Koh, Hashimoto and Liang 2020 (arXiv 1911.08731), whose groups are attributes crossed with the label: with
a device in most films of a finding, the worst group is that of the films with the finding and without the device.
"""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from causaray.classifiers.labelled_rows import even
from causaray.classifiers.train import Objective
from causaray.errors import BadInput
from causaray.nets.losses import masked_bce

UNKNOWN = "unknown"


def groups_of(table: pd.DataFrame, columns: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Number of the group of each row (N,), and the name of each group: the values of `columns` that are together.

    A column is one of the table, or one of the source, as the table's `row` keeps it. Raises BadInput for a column that
    is not there, one that has the same value in all rows, and where all rows are of one group.
    """
    found = {column: _column(table, column) for column in columns}
    values = [one.astype(object).where(one.notna(), UNKNOWN).astype(str) for one in found.values()]
    for column, one in zip(columns, values, strict=True):
        if len(columns) > 1 and one.nunique() < 2:
            raise BadInput(f"{column} never varies: it is {one.iloc[0]} in all rows, so it makes no groups.")
    told = [", ".join(f"{c} {v}" for c, v in zip(columns, row, strict=True)) for row in zip(*values, strict=True)]
    names, group = np.unique(told, return_inverse=True)
    if len(names) < 2:
        raise BadInput(f"All rows are of one group by {', '.join(columns)}; name columns that tell rows apart.")
    return group, tuple(map(str, names))


def _column(table: pd.DataFrame, name: str) -> pd.Series:
    if name in table and name != "row":
        return table[name]
    source = pd.DataFrame([json.loads(row) for row in table["row"]], table.index) if "row" in table else pd.DataFrame()
    if name not in source:
        known = ", ".join([*table.columns.drop("row", errors="ignore"), *source.columns])
        raise BadInput(f"{name} is no column of a prepared cohort; known are {known}.")
    return source[name]


def by_group(group: np.ndarray) -> np.ndarray:
    """The chance (N,) that a row is drawn where all groups are drawn alike, and in them all rows."""
    _, which, counts = np.unique(group, return_inverse=True, return_counts=True)
    return 1 / counts[which] / len(counts)


def empirical_risk(weight: Tensor | None = None, smoothing: float = 0.0) -> Objective:
    """The mean cross-entropy over the known labels (B, n), 0 to 1, NaN unknown (ERM, eq. 1).

    weight: of the positives of each column (n,). smoothing: how far from 0 and 1 the labels are kept.
    """

    def risk(logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        return masked_bce(logits, labels * (1 - 2 * smoothing) + smoothing, weight)

    return risk


def costs(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The cross-entropy of each label (B, n), 0 where it is not known (NaN), and which are known, bool (B, n)."""
    known = labels.isfinite()
    cost = nn.functional.binary_cross_entropy_with_logits(logits, labels.nan_to_num(), reduction="none")
    return cost * known, known


def risks(logits: Tensor, labels: Tensor, group: Tensor, n: int) -> Tensor:
    """Mean cross-entropy over the known labels (B, n), NaN unknown, of each of n groups: (n,), 0 of an absent one."""
    cost, known = costs(logits, labels)
    none = torch.zeros(n, device=logits.device)
    return none.index_add(0, group, cost.sum(1)) / none.index_add(0, group, known.sum(1).float()).clamp(min=1)


class Reweighting(nn.Module):
    """ERM in which a row weighs one over the share of its group (importance weights), 1 on average.

    group: number of the group of each row of the training set, (N,); rows are drawn evenly.
    """

    weight: Tensor

    def __init__(self, group: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("weight", torch.from_numpy(len(group) * by_group(group)).float())

    def forward(self, logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        cost, known = costs(logits, labels)
        return (cost * self.weight[rows][:, None]).sum() / known.sum().clamp(min=1)


class GroupDRO(nn.Module):
    """The risk of the worst group (eq. 4), by Algorithm 1: groups weigh the more, the longer they have been worse.

    group: number of the group of each row of the training set, (N,); rows are drawn `by_group`. rate: eta_q, the step
    size of the weights `q` (m,), which start alike and sum to 1.
    """

    group: Tensor
    q: Tensor

    def __init__(self, group: np.ndarray, rate: float = 0.01) -> None:
        super().__init__()
        n = int(group.max()) + 1
        self.rate = rate
        self.register_buffer("group", torch.from_numpy(group).long())
        self.register_buffer("q", torch.full((n,), 1 / n))

    def forward(self, logits: Tensor, labels: Tensor, rows: Tensor) -> Tensor:
        losses = risks(logits, labels, self.group[rows], len(self.q))
        raised = self.q * torch.exp(self.rate * losses.detach())  # q'_g = q_g exp(eta_q l_g): ascent on q
        self.q.copy_(raised / raised.sum())  # q = q' / sum of q'
        return self.q @ losses  # theta goes down sum of q_g l_g; the paper draws one group a step, a batch has several


def objective_over(name: str, group: np.ndarray, rate: float) -> tuple[Objective, np.ndarray]:
    """The objective "erm", "reweighting" or "group-dro", and the chance (N,) that a row is drawn under it.

    group: number of the group of each row (N,), of which erm takes no notice. rate: eta_q of group-dro.
    """
    if name == "erm":
        return empirical_risk(), even(len(group))
    if name == "reweighting":
        return Reweighting(group), even(len(group))
    return GroupDRO(group, rate), by_group(group)
