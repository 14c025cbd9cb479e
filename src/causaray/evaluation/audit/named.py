"""Classifiers in safetensors, of an architecture that is built here: nothing of their own runs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor

from causaray import weightfiles
from causaray.classifiers.judge import Judge
from causaray.errors import BadInput
from causaray.evaluation.audit.classifier import Classifier, answers_of
from causaray.evaluation.audit.interface import Interface
from causaray.systems import declared
from causaray.systems.system import imported

Said = Mapping[str, str]


def named_classifier(path: Path, architecture: str, stated: Said) -> Classifier:
    """The classifier of a weights folder (or its model.safetensors), or of the shipped judge by its name.

    Raises BadInput for an unknown architecture, weights that are not of it, and findings that are not named.
    """
    of_systems = declared("classifiers")
    if architecture not in ARCHITECTURES | of_systems:
        known = ", ".join([*ARCHITECTURES, *of_systems])
        raise BadInput(f"There is no architecture {architecture[:40]}; known are {known}.")
    folder = weightfiles.find(path.parent if path.name == weightfiles.MODEL else path)
    if architecture in of_systems:
        classifier: Classifier = imported(of_systems[architecture])(folder, stated)
        return classifier
    return ARCHITECTURES[architecture](folder, stated)


def architecture_of(path: Path) -> str:
    """The architecture of a trained classifier, as the config.json of its folder (or the shipped one's) says."""
    folder = weightfiles.find(path.parent if path.name == weightfiles.MODEL else path)
    method = str(weightfiles.config(folder).get("method"))
    return method if method in declared("classifiers") else "judge"


def _judge(folder: Path, stated: Said) -> Classifier:
    """What `classifiers.train_judge` trains."""
    judge = Judge.load(folder)
    said = {"findings": json.dumps(judge.names), **stated}
    run = answers_of(judge.net)
    return Classifier(folder.name, judge.digest, Interface.of(said), None, 1, run, net=judge.net)


def _resnet(folder: Path, stated: Said) -> Classifier:
    """A ResNet as transformers saves it; its `id2label` names the findings, and its outputs are logits."""
    try:
        from transformers import ResNetForImageClassification
    except ImportError as error:
        raise BadInput("A ResNet needs transformers; pip install 'causaray[research]'.") from error
    config = weightfiles.config(folder)
    try:
        net = ResNetForImageClassification.from_pretrained(folder, use_safetensors=True, local_files_only=True).eval()
        names = [net.config.id2label[i] for i in range(net.config.num_labels)]
    except Exception as error:  # transformers, safetensors and torch have each their own
        raise BadInput(f"{folder} does not hold the weights of a ResNet as transformers saves them.") from error
    told: dict[str, str] = {key: str(config[key]) for key in ("range", "threshold") if key in config}
    said = {"range": "imagenet", "output": "logit", **told, "findings": json.dumps(names), **stated}

    def logits(images: Tensor) -> Tensor:
        given: Tensor = net(images).logits
        return given

    run, channels = answers_of(logits), net.config.num_channels
    return Classifier(folder.name, weightfiles.digest(folder), Interface.of(said), None, channels, run, net=logits)


ARCHITECTURES: dict[str, Callable[[Path, Said], Classifier]] = {"judge": _judge, "resnet": _resnet}
"""By what --architecture calls them; those of the published systems stand with these (`System.classifiers`)."""
