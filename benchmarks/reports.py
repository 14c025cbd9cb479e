"""Reading reports: how many a second on one core, beside a clinical text library with the same words."""

import time
from collections.abc import Callable
from itertools import cycle, islice

import numpy as np

from causaray.cohorts.phantom.reports import report
from causaray.reports.evaluation.robustness import request
from causaray.reports.rules import read_report
from causaray.reports.rules.engine import _of_sentence
from causaray.reports.rules.lexicon import lexicon

REPORTS = 2000


def texts() -> list[str]:
    """Phantom reports of random findings, none twice."""
    rng = np.random.default_rng(0)
    return [report(request(rng), rng, age=60, sex="F") for _ in range(REPORTS)]


def per_second() -> dict[str, float]:
    """By the processor's clock; what has been read before is forgotten first."""
    made = texts()
    _of_sentence.cache_clear()
    read_report(made[0])
    figures = {"reports_per_second": _speed(read_report, made[1:])}
    if (peer := _medspacy()) is not None:
        figures["reports_per_second_medspacy"] = _speed(peer, list(islice(cycle(made), REPORTS // 20)))
        figures["reports_ratio_to_medspacy"] = figures["reports_per_second"] / figures["reports_per_second_medspacy"]
    return figures


def _speed(read: Callable[[str], object], made: list[str]) -> float:
    start = time.process_time()
    for text in made:
        read(text)
    return len(made) / (time.process_time() - start)


def _medspacy() -> Callable[[str], object] | None:
    """medspaCy's sentences, target rules of our finding phrases and ConText; None where it is not installed."""
    try:
        import medspacy
        from medspacy.ner import TargetRule
    except ImportError:
        return None
    nlp = medspacy.load(medspacy_enable=["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"])
    phrases = [
        (" ".join(key), value[0])
        for key, kinds in lexicon().phrases.items()
        for kind, value in kinds
        if kind == "finding"
    ]
    nlp.get_pipe("medspacy_target_matcher").add([TargetRule(phrase, name) for phrase, name in phrases])
    return nlp


if __name__ == "__main__":
    print("\n".join(f"{name}: {value:.4g}" for name, value in per_second().items()))
