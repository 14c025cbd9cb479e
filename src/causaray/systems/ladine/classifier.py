"""A trained LaDiNE as a classifier that can be asked: weights in, probabilities of its one finding out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from causaray import weightfiles
from causaray.editors.saved import load_weights
from causaray.evaluation.audit.classifier import Classifier, answers_of
from causaray.evaluation.audit.interface import Interface
from causaray.nets.vision_transformer import VisionTransformer
from causaray.systems.ladine.ladine import Ladine


def built(config: Mapping[str, Any]) -> Ladine:
    """The net that config.json tells of, not filled."""
    vit = VisionTransformer(1, config["size"], depth=config["depth"])
    return Ladine(vit, config["blocks"], config["label_space"], config["samples"], config["sampling_steps"])


def load(folder: Path) -> tuple[Ladine, tuple[str, ...]]:
    """A LaDiNE ready to answer, and the name of its finding. Raises BadInput for weights of anything else."""
    net, config = load_weights(folder, "ladine", built)
    return net.eval(), tuple(config["names"])


def opened(folder: Path, stated: Mapping[str, str] | None = None) -> Classifier:
    """What `classify` and `audit` ask; stated: KEYS of `Interface` that the user says otherwise."""
    net, names = load(folder)
    said = {"findings": json.dumps(names), **(stated or {})}
    return Classifier(folder.name, weightfiles.digest(folder), Interface.of(said), None, 1, answers_of(net), net=net)
