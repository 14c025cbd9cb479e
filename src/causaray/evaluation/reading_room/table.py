"""The figures of a report as a table: rows for editors, findings, unedited films and readers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from causaray.evaluation import report as tables
from causaray.evaluation.page.drawing import number

Report = Mapping[str, Any]
COLUMNS = {"named": 2, "control_named": 2, "named_with_side": 2, "real": 2, "seconds": 1}
"""Key of a figure, and its decimals."""
TITLES = ("", "named", "by chance", "named with side", "looks real, 1 to 5", "seconds an image", "readings of patients")


def lines(report: Report) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(label, figures) of every row, the whole first."""
    if report["editors"]:
        yield "all edited films", report["edited"]
    for editor, found in report["editors"].items():
        yield editor, found
        yield from ((f"{editor}: {finding}", one) for finding, one in report["findings"][editor].items())
    for name, said in (("untouched", "untouched films, said to be normal"), ("diseased", "truly diseased films")):
        if report[name]:
            yield said, report[name]
    yield from ((f"diseased: {finding}", one) for finding, one in report["diseased_findings"].items())
    yield from ((f"reader {name}, edited films", one) for name, one in report["readers"].items())


def cells(found: Mapping[str, Any]) -> list[str]:
    """The figures of a row in print, and how many readings of how many patients they rest on."""
    over = found["named"]
    return [*(printed(found[key], digits) for key, digits in COLUMNS.items()), f"{over['n']} of {over['patients']}"]


def printed(figure: Mapping[str, Any] | None, digits: int) -> str:
    """0.86 (0.79 to 0.92), or a dash."""
    if figure is None or figure["value"] is None:
        return number(None)
    value, low, high = (number(figure[key], digits) for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def markdown(report: Report) -> str:
    """reading.md: the command, who read how much, the table, agreement, and confusions."""
    parts = ["# What readers said", f"```\n{report['about']['command']}\n```", *read_by(report), *notes(report)]
    parts.append(_table(TITLES, [[label, *cells(found)] for label, found in lines(report)]))
    if report["agreement"]:
        parts.append(
            _table(("readers", "images", "kappa of finding and side", "weighted kappa of real"), agreed(report))
        )
    for kind, table in report["confusion"].items():
        if table:
            parts += [f"Said of {kind} films, a row for what is there:", _table(*confused(table))]
    return "\n\n".join(parts) + "\n"


def read_by(report: Report) -> list[str]:
    """A sentence for every reader: how many images, and what was answered again."""
    said = []
    for name, one in report["about"]["readers"].items():
        again = f"; answered again, the last answer counts: {', '.join(one['repeated'])}" * bool(one["repeated"])
        said.append(f"{name} read {one['answered']} of {one['of']} images{again}.")
    return said


def notes(report: Report) -> list[str]:
    """How to read the figures."""
    return [
        "Each figure stands before its 95 % interval, patients drawn again and again. By chance is what the same "
        "answers would get if they were shuffled over all images. Named with side counts the finding alone where the "
        "key holds no side or both. Where all readings are alike the interval is a point, however few they are. "
        "Readers chose from a list of findings, which is easier than to name freely. "
        f"All images were brought to the detail of the least detailed, {report['about']['detail']} pixels."
    ]


def agreed(report: Report) -> list[list[str]]:
    """A row of text for every two readers."""
    return [
        [name, str(one["images"]), printed(one["finding_with_side"], 2), printed(one["real"], 2)]
        for name, one in report["agreement"].items()
    ]


def confused(table: Mapping[str, Mapping[str, int]]) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of a confusion table."""
    said = sorted({finding for row in table.values() for finding in row})
    return ["", *said], [[shows, *(str(row.get(finding, 0)) for finding in said)] for shows, row in table.items()]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return tables.table(head, rows).rstrip("\n")
