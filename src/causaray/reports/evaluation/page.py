"""The results of report reading as Markdown: figures for everybody, and errors for those who may read the reports."""

from collections.abc import Mapping, Sequence
from typing import Any

from causaray.evaluation.statistics.bootstrap import Estimate
from causaray.reports.evaluation.errors import DENIED, STATED, UNNAMED, Disagreement

WORST = 20
_WORST_FIRST = (DENIED, STATED, UNNAMED)


def page(found: Mapping[str, Any]) -> str:
    """Figures with intervals, by finding, by cause, and what the gold standard leaves out."""
    about, rows = found["about"], found["rows"]
    lines = [
        "# Reading reports",
        "",
        f"Made by `{about['command']}`.",
        "",
        f"Reports of Indiana University with {about['half']} ({about['annotated']} annotated by people; "
        f"{about['not_annotated']} could not be). In brackets 95 % intervals by drawing reports.",
        "",
        "| | F1 of findings present | macro (20 reports or more) | precision | recall | side | severity |",
        "|---|---|---|---|---|---|---|",
        *(_row(name, one) for name, one in rows.items()),
        "",
        "Side and severity: where people give one and the reader has the finding. The baselines read neither.",
        "",
    ]
    if same := found["paraphrases"]:
        lines += [
            f"Other words, same findings: {_cell(same['each'])} of {same['each']['n'] * same['wordings']} wordings "
            f"read as the request that they word; all {same['wordings']} wordings of one request in "
            f"{_cell(same['all'])}.",
            "",
        ]
    lines += ["## By finding", "", "| | reports | precision | recall | F1 |", "|---|---|---|---|---|"]
    by_finding = next(iter(rows.values()))["by_finding"]
    for name, one in sorted(by_finding.items(), key=lambda each: -each[1]["n"]):
        lines.append(f"| {name} | {one['n']} | {one['precision']:.3f} | {one['recall']:.3f} | {one['f1']:.3f} |")
    lines += ["", "## Errors by cause", "", "| cause | findings |", "|---|---|"]
    lines += [f"| {cause} | {n} |" for cause, n in found["causes"].items()]
    lines += ["", "## What is left out", "", *(f"- {text}" for text in about["left_out"]), ""]
    return "\n".join(lines)


def _row(name: str, one: Mapping[str, Any]) -> str:
    cells = (_cell(one["f1"]), _cell(one["macro_f1"]), f"{one['precision']:.3f}", f"{one['recall']:.3f}")
    return f"| {name} | " + " | ".join((*cells, _cell(one["side"]), _cell(one["severity"]))) + " |"


def _cell(figure: Estimate | None) -> str:
    return "-" if figure is None else f"{figure['value']:.3f} ({figure['low']:.3f}-{figure['high']:.3f})"


def errors_page(wrong: Sequence[Disagreement], texts: Mapping[str, str]) -> str:
    """The WORST errors with the words of the reports: findings denied that are there, then stated that are not."""
    ranked = sorted(wrong, key=lambda one: _WORST_FIRST.index(one.cause) if one.cause in _WORST_FIRST else 9)
    lines = ["# The worst errors", "", "Quotes reports; not to be passed on with them.", ""]
    for one in ranked[:WORST]:
        read = "; ".join(f"{m.finding.to_text()} ({_around(texts[one.key], m.start, m.end)})" for m in one.mentions)
        lines += [f"- {one.key}, {one.finding}: {one.cause}. Read: {read or 'nothing'}"]
    return "\n".join([*lines, ""])


def _around(text: str, start: int, end: int, margin: int = 60) -> str:
    return " ".join(
        f"...{text[max(0, start - margin) : start]}[{text[start:end]}]{text[end : end + margin]}...".split()
    )
