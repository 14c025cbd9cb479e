"""A diffusion classifier, or a text prior read out as one, as `audit` and `classify` ask any classifier."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch

from causaray import weightfiles
from causaray.evaluation.audit.classifier import Classifier
from causaray.evaluation.audit.interface import Interface
from causaray.priors.text_prior import holds_prior, load_prior
from causaray.systems.diffusion_classifier.classifier import DiffusionClassifier, ReadOut
from causaray.systems.diffusion_classifier.text_prior import PriorDenoiser
from causaray.systems.diffusion_classifier.weights import load_classifier

BATCH = 32


def audited(folder: Path, stated: Mapping[str, str] = MappingProxyType({})) -> Classifier:
    """The classifier of a weights folder: of a diffusion classifier, or of a prior, of which no read-out is fitted.

    stated: KEYS of `Interface` that are otherwise. Raises BadInput for a folder that holds neither.
    """
    if holds_prior(folder):
        prior = load_prior(folder)
        names = [name for name in prior.names if name != "No Finding"]
        classifier, side = DiffusionClassifier(PriorDenoiser(prior, names), names, ReadOut()), prior.size
    else:
        classifier = load_classifier(folder)
        side = int(weightfiles.config(folder)["shape"]["size"])

    def run(images: np.ndarray) -> np.ndarray:
        return classifier.predict(torch.from_numpy(np.ascontiguousarray(images)))

    interface = Interface.of({"findings": json.dumps(classifier.names), **stated})
    return Classifier(folder.name, weightfiles.digest(folder), interface, side, 1, run, BATCH)
