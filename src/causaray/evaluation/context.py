"""What the families of measures look at, made once and kept for all of them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.cohorts.trust import trusted_labels
from causaray.evaluation import features
from causaray.evaluation.edits import EditedCohort, Progress, kept
from causaray.evaluation.effect import COPIES, Seen
from causaray.evaluation.judge import Judge
from causaray.evaluation.own_edits import OwnEdits, prompts
from causaray.findings import Findings, parse_prompt

Extract = Callable[[Tensor], Tensor]


@dataclass(eq=False)
class Context:
    """The edits of a cohort, who judges them, and what both are asked more than once.

    `own` is what can be asked for further edits, None for a folder of edited images; `training` are the images of the
    same cohort that are in split train.
    """

    edited: EditedCohort
    judge: Judge
    own: OwnEdits | None
    training: Cohort
    seed: int
    tell: Progress

    @property
    def patients(self) -> np.ndarray:
        """Whose row each is: (N,)."""
        return self.edited.patients

    @cached_property
    def truth(self) -> np.ndarray:
        """The labels of the judge's findings that can be trusted: (N, n), 1, 0 or NaN."""
        return trusted_labels(self.edited.rows, self.judge.names)

    @cached_property
    def real(self) -> np.ndarray:
        """The judge's probabilities (N, n) of the images themselves."""
        return self.scores("real", self.edited.factual)

    @cached_property
    def reconstructed(self) -> np.ndarray:
        """The same of the reconstructions."""
        return self.scores("reconstructed", self.edited.reconstruction)

    @cached_property
    def seen(self) -> dict[str, Seen]:
        """Finding -> what the judge says of its edits, as they are and as each copy."""
        seen: dict[str, Seen] = {}
        for done, (finding, pair) in enumerate(self.edited.pairs.items(), 1):
            seen[finding] = {}
            for name, copy in COPIES.items():
                up, down = (self.scores(f"{finding} {i} {name}", copy(side)) for i, side in enumerate(pair))
                seen[finding][name] = (up, down)
            self.tell(f"judging {self.edited.name}", done, len(self.edited.pairs))
        return seen

    def scores(self, what: str, images: Tensor) -> np.ndarray:
        """The judge's probabilities (N, n) of images, kept in the store under the name `what`."""
        path = self.edited.store / f"judged {self.judge.digest[:8]} {what}.npy"
        return kept(path, lambda: self.judge.predict(images).numpy())

    @cached_property
    def chosen(self) -> np.ndarray:
        """One finding an image, drawn at random, by its number in `edited.pairs`: (N,). Features are slow."""
        return np.random.default_rng(self.seed).integers(len(self.edited.pairs), size=len(self.patients))

    @cached_property
    def drawn(self) -> Tensor:
        """Each image with its finding of `chosen` added, and with it removed: (2, N, 1, S, S)."""
        pairs = list(self.edited.pairs.values())
        return torch.stack([torch.stack([pairs[f][side][i] for i, f in enumerate(self.chosen)]) for side in range(2)])

    def sample(self, n: int) -> np.ndarray:
        """The numbers of n rows, or of all where there are no more, drawn at random: for what takes long."""
        return np.sort(np.random.default_rng(self.seed).permutation(len(self.patients))[:n])

    def requests(self, finding: str) -> tuple[Findings, Findings]:
        """What this cohort was asked for: the finding, and that it not be there."""
        added, removed = prompts(self.edited.name, finding)
        return parse_prompt(added), parse_prompt(removed)

    def edit(self, images: Tensor, request: Findings | None) -> Tensor:
        """Further edits by `own`, kept in the store: images (N, 1, S, S) with the request, or the null edit of them."""
        own = self.own
        if own is None:
            raise ValueError("A folder of edited images cannot be asked for more.")
        asked = f"null {request is None} {request.to_text() if request else ''}".encode()
        name = hashlib.sha256(asked + images.numpy().tobytes()).hexdigest()[:16]
        return torch.from_numpy(
            kept(self.edited.store / f"more {name}.npy", lambda: own.edit(images, request, self.tell).numpy())
        )

    @cached_property
    def _extract(self) -> Extract:
        return features.inception()

    def features(self, copy: str = "as_edited") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Features (N, d) of real and reconstructed, (2, N, d) of the drawn images, seen as the copy of that name."""
        real = self._features(f"real {copy}", COPIES[copy](self.edited.factual))
        made = COPIES[copy](self.edited.reconstruction)
        reconstructed = self._features(f"reconstructed {copy}", made)
        asked = hashlib.sha256("+".join(self.edited.pairs).encode()).hexdigest()[:8]
        edited = self._features(f"edited {asked} {copy}", COPIES[copy](self.drawn.flatten(0, 1)))
        return real, reconstructed, edited.reshape(len(self.drawn), len(real), -1)

    def _features(self, what: str, images: Tensor) -> np.ndarray:
        path = self.edited.store / f"features {what}.npy"
        return kept(path, partial(features.features, self._extract, images, partial(self.tell, "features")))
