"""How a published system is declared, so that verbs, pages and tables find it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class System:
    """A published system, or what systems are compared with.

    name: of its folder. title, arxiv: of the paper; arxiv is empty where there is none. about: one sentence, what it is
    for. reproduced: one sentence, what of the paper's claims was reproduced and what was not. page: of docs/results,
    where that is measured. number: the system's in the README.

    editors: method that config.json of weights says -> editor class with `load(folder, device)`. kinds: name of an
    editor on a prior -> class that is made of a prior. recipes: method that a recipe says -> training. classifiers:
    method that config.json says -> function of the folder that gives a `Classifier` (evaluation/audit/classifier.py),
    which `causaray classify` asks. experiments: name -> `run(ExperimentOptions)`. All are named as "module:attribute",
    and imported when they are used.
    """

    name: str
    title: str
    arxiv: str
    about: str
    number: int | None = None
    reproduced: str = ""
    page: str = ""
    editors: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    recipes: Mapping[str, str] = field(default_factory=dict)
    classifiers: Mapping[str, str] = field(default_factory=dict)
    experiments: Mapping[str, str] = field(default_factory=dict)


def imported(dotted: str) -> Any:
    """What "module:attribute" names."""
    module, _, attribute = dotted.partition(":")
    return getattr(import_module(module), attribute)
