"""Reading reports: how many a second on one core, beside a clinical text library with the same words.

`python -m benchmarks.reports NLMCXR_reports.tgz` (beside `pip install medspacy`) also tells how well both read people's
odd-numbered reports.
"""

import sys
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np

from causaray.cohorts.phantom.reports import report
from causaray.finding import Finding
from causaray.reports.evaluation.gold import annotated
from causaray.reports.evaluation.robustness import request
from causaray.reports.evaluation.scores import of_people, of_reading, score
from causaray.reports.reading import Mention, Reading
from causaray.reports.rules import read_report
from causaray.reports.rules.engine import _of_sentence
from causaray.reports.rules.lexicon import lexicon
from causaray.reports.sections import sections
from causaray.reports.sources import read_reports

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


def _medspacy() -> Callable[[str], Any] | None:
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


def f1_of_both(archive: Path) -> dict[str, float]:
    """F1 of the findings present, ours and the library's, on the odd-numbered annotated reports."""
    gold = [
        (one.text, of_people(told))
        for one in read_reports(archive)
        if int(one.key.removeprefix("CXR")) % 2 and (told := annotated(one.majors)) is not None
    ]
    people = [table for _, table in gold]
    figures = {"f1": score(people, [of_reading(read_report(text)) for text, _ in gold])["f1"]["value"]}
    if (peer := _medspacy()) is not None:
        read = [of_reading(_as_reading(peer(text), text)) for text, _ in gold]
        figures["f1_medspacy"] = score(people, read)["f1"]["value"]
    return figures


def _as_reading(document: Any, text: str) -> Reading:
    """The library's entities that speak of this image; what it calls uncertain is only possible."""
    parts = sections(text)
    mentions = []
    for found in document.ents:
        part = next((p.name for p in parts if p.start <= found.start_char < p.end), "")
        state = "absent" if found._.is_negated else "uncertain" if found._.is_uncertain else "present"
        skip = found._.is_historical or found._.is_hypothetical or found._.is_family
        device = found.text.lower() if found.label_ == "Support Devices" else None
        if not skip:
            one = Finding(found.label_, state)
            mentions.append(Mention(one, found.start_char, found.end_char, part, device=device))
    return Reading(text, parts, tuple(mentions))


if __name__ == "__main__":
    figures = per_second() | (f1_of_both(Path(sys.argv[1])) if len(sys.argv) > 1 else {})
    print("\n".join(f"{name}: {value:.4g}" for name, value in figures.items()))
