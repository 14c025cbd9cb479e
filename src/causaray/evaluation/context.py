"""What the families of measures look at, made once and kept for all of them."""

import hashlib
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.cohorts.trust import trusted_labels
from causaray.evaluation.asked import prompts
from causaray.evaluation.edits.by_editor import EditorCandidate
from causaray.evaluation.edits.edited_cohort import EditedCohort, Progress, kept
from causaray.evaluation.images import features
from causaray.evaluation.measures.effect import COPIES, Seen
from causaray.findings import Findings, parse_prompt

FEATURED = 384


@dataclass(frozen=True, eq=False)
class Featured:
    """Features of the `rows` of a cohort: real and reconstructed (n, d), and edited (2, n, d), added and removed."""

    rows: np.ndarray
    patients: np.ndarray
    real: np.ndarray
    reconstructed: np.ndarray
    edited: np.ndarray

    @property
    def by_turns(self) -> np.ndarray:
        """One edit an image, added or removed by turns: (n, d)."""
        return self.edited[np.arange(len(self.rows)) % 2, np.arange(len(self.rows))]


@dataclass(eq=False)
class Context:
    """The edits of a cohort, who judges them, and what both are asked more than once.

    `own` is what can be asked for further edits, None for a folder of edited images; `training` are the images of the
    same cohort that are in split train.
    """

    edited: EditedCohort
    judge: Judge
    own: EditorCandidate | None
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

    @cached_property
    def by_turns(self) -> Tensor:
        """One edit an image, its finding of `chosen` added or removed by turns: (N, 1, S, S)."""
        return self.drawn[np.arange(len(self.chosen)) % 2, np.arange(len(self.chosen))]

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
    def _encoders(self) -> dict[str, features.Extract]:
        return {"inception": features.inception(), "chest": features.chest_encoder(self.judge)}

    def features(self, copy: str = "as_edited", by: str = "inception") -> Featured:
        """Features of real, reconstructed and drawn images, seen as the copy of that name by "inception" or "chest".

        Inception takes a tenth of a second an image: of large cohorts it sees FEATURED images only.
        """
        rows = self.sample(FEATURED) if by == "inception" else np.arange(len(self.patients))
        asked = hashlib.sha256("+".join(self.edited.pairs).encode()).hexdigest()[:8]
        sets = {"real": self.edited.factual[rows], "reconstructed": self.edited.reconstruction[rows]}
        sets[f"edited {asked}"] = self.drawn[:, rows].flatten(0, 1)
        real, reconstructed, edited = (
            kept(self.edited.store / f"{by} {what} {copy}.npy", partial(self._features, by, COPIES[copy](images)))
            for what, images in sets.items()
        )
        return Featured(rows, self.patients[rows], real, reconstructed, edited.reshape(2, len(rows), -1))

    def _features(self, by: str, images: Tensor) -> np.ndarray:
        return features.features(self._encoders[by], images, partial(self.tell, f"features, {by}"))
