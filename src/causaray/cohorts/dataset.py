"""A prepared cohort as a torch `Dataset`, for anybody's training loop."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from causaray.cohorts.cohort import Cohort, open_cohorts
from causaray.errors import BadInput
from causaray.findings import NAMES
from causaray.ranges import named, to_range


class CohortDataset(Dataset[dict[str, Any]]):
    """The studies of a cohort, read from its memory map when they are asked for.

    An item is a dictionary, which torch's and MONAI's loaders collate: "image" float32 (channels, S, S) in `range`,
    "label" float32 (n,) of `pathologies` (1 present, 0 absent, NaN where it is uncertain or not known), "index" in this
    data set, and "patient".

    Attributes:
        cohort: the studies, in order.
        pathologies: the n findings of a label, and `labels` float32 (N, n) the labels of all, as torchxrayvision's
            data sets call them.
    """

    def __init__(
        self,
        cohort: Cohort | str | Path | Sequence[str | Path],
        split: str | None = None,
        *,
        findings: Sequence[str] = NAMES,
        range: str = "unit",
        channels: int = 1,
        transform: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        """Open a cohort.

        Args:
            cohort: a Cohort, or one or several folders that `prepare`, `phantom`, `draw` or `augment` have written.
            split: "train", "val" or "test"; all studies when it is None.
            findings: of which a label tells.
            range: of the grey values, a name of `causaray.ranges.RANGES`.
            channels: 1, or 3 for grey in three colours.
            transform: called with each image, after it was brought to `range`.

        Raises BadInput for a folder that holds no cohort, a split without studies, and names that there are not.
        """
        if not isinstance(cohort, Cohort):
            cohort = open_cohorts([cohort] if isinstance(cohort, str | Path) else cohort)
        self.cohort = cohort.subset(split=split)
        if not len(self.cohort):
            raise BadInput(f"{cohort.name} has no studies in split {split}; there are train, val and test.")
        named(range)
        self.pathologies = tuple(findings)
        labels = self.cohort.labels(self.pathologies)
        self.labels = np.where(labels < 0, np.nan, labels).astype(np.float32)
        self.range, self.channels, self.transform = range, channels, transform
        self._patients = self.cohort.table["patient"].astype(str).tolist()

    def __len__(self) -> int:
        return len(self.cohort)

    def __getitem__(self, index: int) -> dict[str, Any]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"{index} of {len(self)} studies")
        (image,) = to_range(torch.from_numpy(self.cohort.images([index])), self.range, self.channels)
        return {
            "image": self.transform(image) if self.transform else image,
            "label": torch.from_numpy(self.labels[index]),
            "index": index % len(self),
            "patient": self._patients[index],
        }
