"""The prompts that a prior is taught to obey: each way in which findings occur together in a cohort."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from causaray.cohorts import Cohort
from causaray.cohorts.trust import trusted_labels
from causaray.diffusion.prior import Prior
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.priors.captions import caption
from causaray.priors.text_prior import check_words


@dataclass(frozen=True, eq=False)
class Prompts:
    """P prompts over n words. texts: what the prior is told; wanted: bool (P, n), whether each word is to be there;
    seen: (P,), how many training images are so."""

    names: tuple[str, ...]
    texts: tuple[str, ...]
    wanted: np.ndarray
    seen: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def told(self, rows: np.ndarray) -> list[str]:
        """The texts of prompts `rows` (B,)."""
        return [self.texts[row] for row in rows]


def prompts_of(rows: Cohort, names: Sequence[str], prior: Prior) -> Prompts:
    """The combinations of findings that rows show, of which all `names` are known; each once, however frequent.

    Raises BadInput where no row knows them all, where they are all alike, and for words that the prior was never told.
    """
    labels = trusted_labels(rows, names)
    known = labels[np.isin(labels, (0, 1)).all(1)]
    if not len(names) or len(combinations := np.unique(known, axis=0)) < 2:
        raise BadInput(
            f"{rows.name} has no two training images that differ in findings which reward, judge and prior all know; "
            "name other cohorts, or another reward."
        )
    counts = np.array([(known == one).all(1).sum() for one in combinations])
    wanted = combinations == 1
    texts = tuple(text_of(names, one) for one in wanted)
    check_words(prior, texts)
    return Prompts(tuple(names), texts, wanted, counts)


def text_of(names: Sequence[str], wanted: np.ndarray) -> str:
    """The caption of a combination (n,): "pleural effusion, no cardiomegaly"."""
    states = ("present" if one else "absent" for one in wanted)
    return caption([Finding(name, state) for name, state in zip(names, states, strict=True)])
