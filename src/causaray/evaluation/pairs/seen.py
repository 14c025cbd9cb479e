"""What judge and signs say of images of drawn pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from causaray.anatomy.reader import AnatomyReader
from causaray.classifiers.judge import Judge
from causaray.evaluation.pairs.pairs import Pairs
from causaray.evaluation.pairs.signs import SignReader


@dataclass(frozen=True, eq=False)
class Seen:
    """Of n images: the judge's probability of each pair's finding, and sign -> its value; NaN where not known."""

    judge: np.ndarray
    signs: Mapping[str, np.ndarray]

    def rows(self, chosen: np.ndarray) -> "Seen":
        """Of some of the images."""
        return Seen(self.judge[chosen], {name: values[chosen] for name, values in self.signs.items()})


class Observer:
    """Looks at films, drawn films and edits of pairs; at the first two once."""

    def __init__(self, pairs: Pairs, judge: Judge, reader: AnatomyReader) -> None:
        self.pairs, self.judge = pairs, judge
        self.signs = SignReader(reader, pairs.film)

    @cached_property
    def film(self) -> Seen:
        """What is seen on the films."""
        return self.see(self.pairs.film)

    @cached_property
    def drawn(self) -> Seen:
        """What is seen on the drawn films."""
        return self.see(self.pairs.drawn)

    @cached_property
    def left_half(self) -> Tensor:
        """1 on the patient's left of the midline of each film, 0 on the right."""
        return self.signs.left_half(self.pairs.film.shape[-1])

    def see(self, images: Tensor) -> Seen:
        """What is seen on images (n, 1, S, S), one of each pair."""
        scores, names = self.judge.predict(images).numpy(), self.judge.names
        said = [
            scores[i, names.index(one.name)] if one.name in names else np.nan
            for i, one in enumerate(self.pairs.requests)
        ]
        return Seen(np.array(said, float), self.signs.measure(images, self.pairs.requests))
