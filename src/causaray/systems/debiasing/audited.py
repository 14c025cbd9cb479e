"""The classifier of a weights folder, as `audit` and `classify` ask it."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from causaray import weightfiles
from causaray.evaluation.audit.classifier import Classifier, answers_of
from causaray.evaluation.audit.interface import Interface
from causaray.systems.debiasing.weights import load


def audited(folder: Path, stated: Mapping[str, str] = MappingProxyType({})) -> Classifier:
    """The classifier; stated: KEYS of `Interface` that are otherwise. Raises BadInput for other weights."""
    pair, config = load(folder)
    interface = Interface.of({"findings": json.dumps(config.names), **stated})
    run = answers_of(pair.classifier)
    return Classifier(folder.name, weightfiles.digest(folder), interface, None, 1, run, net=pair.classifier)
