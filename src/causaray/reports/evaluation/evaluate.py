"""causaray read-reports --evaluate iu: a reader against people's annotations and against the baselines."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from causaray.errors import BadInput
from causaray.evaluation.statistics.bootstrap import mean_interval
from causaray.reports.evaluation.baselines import keywords, negation_only
from causaray.reports.evaluation.errors import Disagreement, disagreements
from causaray.reports.evaluation.gold import annotated, mapping
from causaray.reports.evaluation.page import errors_page, page
from causaray.reports.evaluation.robustness import WORDINGS, same_in_other_words
from causaray.reports.evaluation.scores import of_people, of_reading, score
from causaray.reports.reading import Reader
from causaray.reports.sources.report import Report
from causaray.writing import make_folder, whole_file

NAME = "reports"


def evaluate_reading(
    reports: Iterable[Report],
    reader: Reader,
    out: Path,
    *,
    engine: str = "rules",
    develop: bool = False,
    command: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Mapping[str, Any]:
    """Write reports.md and reports.json to `out`, and reports-errors.md with the words of the worst errors.

    Of reports with people's annotations those with odd numbers are measured, with `develop` the even ones, on which the
    rules were written. reports-errors.md quotes reports: it is for the eyes of whoever may read them.

    Raises BadInput when no report has annotations.
    """
    chosen = [one for one in reports if one.majors and _number(one.key) % 2 != int(develop)]
    gold = [(one, told) for one in chosen if (told := annotated(one.majors)) is not None]
    if not gold:
        raise BadInput("No report has people's annotations; name the Indiana University archive, NLMCXR_reports.tgz.")
    people = [of_people(told) for _, told in gold]
    readings = []
    for i, (one, _) in enumerate(gold):
        readings.append(reader(one.text))
        if progress is not None:
            progress(i + 1, len(gold))
    rows = {engine: score(people, [of_reading(reading) for reading in readings])}
    for name, baseline in (("negation only", negation_only), ("keywords", keywords)):
        said = score(people, [of_reading(baseline(one.text)) for one, _ in gold])
        rows[name] = said | {"side": None, "severity": None}  # they read neither
    wrong = [
        each
        for (one, _), table, reading in zip(gold, people, readings, strict=True)
        for each in disagreements(one.key, table, reading)
    ]
    found = {
        "about": {
            "command": command, "engine": engine, "half": "even numbers" if develop else "odd numbers",
            "annotated": len(gold), "not_annotated": len(chosen) - len(gold), "left_out": mapping()["left_out"],
        },
        "rows": rows,
        "causes": dict(Counter(one.cause for one in wrong).most_common()),
        "paraphrases": _paraphrases(reader) if engine == "rules" else None,
    }  # fmt: skip
    _write(found, wrong, {one.key: one.text for one, _ in gold}, out)
    return found


def _number(key: str) -> int:
    """The number in the name of a report, such as CXR2."""
    digits = "".join(c for c in key if c.isdigit())
    if not digits:
        raise BadInput(f"Report {key} has no number, by which the halves for writing rules and for testing are told.")
    return int(digits)


def _paraphrases(reader: Reader) -> dict[str, Any]:
    same = same_in_other_words(reader)
    requests = np.arange(len(same))
    every = mean_interval(np.all(same, axis=1).astype(float), requests)
    return {"wordings": WORDINGS, "each": mean_interval(same.mean(1), requests), "all": every}


def _write(found: Mapping[str, Any], wrong: list[Disagreement], texts: Mapping[str, str], out: Path) -> None:
    make_folder(out)
    for name, text in (
        (f"{NAME}.json", json.dumps(found, indent=1) + "\n"),
        (f"{NAME}.md", page(found)),
        (f"{NAME}-errors.md", errors_page(wrong, texts)),
    ):
        with whole_file(out / name) as beside:
            beside.write_text(text, encoding="utf-8")
