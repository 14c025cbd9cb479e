"""Samples asked for by the captions of real images, and how near they come to those."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.cohorts.trust import trusted_labels
from causaray.diffusion.prior import Prior
from causaray.diffusion.sampler import Each, untouched
from causaray.evaluation.images.features import Extract, features
from causaray.evaluation.measures.realism import kid_interval
from causaray.evaluation.statistics.auroc import auroc
from causaray.nets.codecs import Codec
from causaray.priors.captions import caption
from causaray.priors.finetune import with_word
from causaray.priors.text_to_image import draw, images_of
from causaray.priors.training_captions import known_of
from causaray.priors.tunings import WORD
from causaray.systems.hidden_relations.readout_checks import drawn
from causaray.systems.latent_drifting.drift import accumulating

STEPS, GUIDANCE = 16, 2.0
FEWEST = 10
"""A finding is judged when at least so many samples were asked to show it, and as many not to."""


class Asked:
    """Real images of some rows, and n samples asked for by their captions, in turn.

    In an order drawn once: tables are often sorted by what they show, and the first n rows would be of one kind.
    codec: of the prior; what it makes of the real images is all that samples can come near to.
    """

    def __init__(
        self, rows: Cohort, names: Sequence[str], n: int, extracts: Mapping[str, Extract], codec: Codec
    ) -> None:
        self.names, self.extracts, self.codec = names, extracts, codec
        self.patients = rows.table["patient"].to_numpy(str)
        self.images = torch.from_numpy(rows.images(np.arange(len(rows))))
        known = known_of(rows, names)
        said = [caption([f for f in findings if f.state == "present"], about) for findings, about in known]
        self.turns = turns = np.resize(np.random.default_rng(0).permutation(len(rows)), n)
        self.shown = trusted_labels(rows, names)
        self.texts, self.labels = [said[i] for i in turns], self.shown[turns]

    @cached_property
    def reconstructed(self) -> Tensor:
        """The real images as the prior's autoencoder gives them back (N, 1, S, S)."""
        return drawn(self.codec, self.images)

    @cached_property
    def references(self) -> dict[str, dict[str, np.ndarray]]:
        """Features of the images that samples are compared with, by each extractor."""
        return {"real": self._features(self.images), "reconstructed": self._features(self.reconstructed)}

    def _features(self, images: Tensor) -> dict[str, np.ndarray]:
        return {name: features(extract, images) for name, extract in self.extracts.items()}

    def drawn(self, prior: Prior, seed: int, printed: bool = False, first: int | None = None) -> Tensor:
        """Samples (n, 1, S, S), or the `first` so many; of a prior that learned a word for its domain, with the word.

        `printed` adds the drift after each step instead of to what the network is shown.
        """
        each: Each = untouched
        if printed and prior.drift is not None:
            each, prior.drift = accumulating(prior.drift), None
        texts = self.texts[:first]
        if not prior.words.unknown(WORD):
            texts = [with_word(prior, text) for text in texts]
        latents = draw(prior, texts, seed=seed, steps=STEPS, guidance=GUIDANCE, each=each)
        return images_of(prior, latents)

    def kid(self, images: Tensor) -> dict[str, dict[str, Mapping[str, float]]]:
        """KID x 1000 to the real images and to the reconstructed ones, by the extractor, with intervals."""
        seen = self._features(images)
        return {to: self._kid(seen, to) for to in self.references}

    def kid_of_reconstructed(self) -> dict[str, Mapping[str, float]]:
        """KID x 1000 of the reconstructed images to the real ones, by the extractor: what samples need not beat."""
        return self._kid(self.references["reconstructed"], "real")

    def _kid(self, seen: Mapping[str, np.ndarray], to: str) -> dict[str, Mapping[str, float]]:
        return {name: kid_interval(seen[name], known, self.patients) for name, known in self.references[to].items()}

    def auc(self, images: Tensor, judge: Judge) -> float:
        """The judge's AUROC between samples asked for with a finding and without, mean over the findings."""
        return self._mean_auc(images, self.labels, judge)

    def auc_of(self, images: Tensor, judge: Judge) -> float:
        """The same between real (or reconstructed) images with a finding and without: no sample need exceed it."""
        return self._mean_auc(images, self.shown, judge)

    def _mean_auc(self, images: Tensor, labels: np.ndarray, judge: Judge) -> float:
        """Over the findings that were asked for, and asked not to be there, FEWEST times each."""
        seen = judge.predict(images).numpy()
        judged = [j for j, name in enumerate(self.names) if name in judge.names and self._often(j)]
        areas = [_auc(labels[:, j], seen[:, judge.names.index(self.names[j])]) for j in judged]
        return float(np.mean(areas)) if areas else float("nan")

    def _often(self, j: int) -> bool:
        known = self.labels[np.isfinite(self.labels[:, j]), j]
        return min((known == 1).sum(), (known != 1).sum()) >= FEWEST


def _auc(labels: np.ndarray, seen: np.ndarray) -> float:
    known = np.isfinite(labels)
    return float(auroc(labels[known] == 1, seen[known]))
