"""index.html of a scored set: figures as bars and as a table, agreement, confusions, and what was misnamed."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from causaray.evaluation.page.document import document
from causaray.evaluation.page.html import Markup, element
from causaray.evaluation.page.words import Axis
from causaray.evaluation.reading_room.misnamed import galleries
from causaray.evaluation.reading_room.plot import Bar, bars
from causaray.evaluation.reading_room.scores import Reading
from causaray.evaluation.reading_room.table import (
    TITLES,
    Report,
    agreed,
    cells,
    confused,
    lines,
    notes,
    read_by,
)

TITLE = "Reading room: what readers said"
SHARE, LOOKS = Axis(low=0, high=1, digits=2), Axis(low=1, high=5, digits=2)
KAPPAS = ("readers", "images", "kappa of finding and side", "quadratic-weighted kappa of looking real")


def page(report: Report, found: Sequence[Reading], images: Path) -> str:
    """The page of a report, the contents of reading.json; `images` is the folder of the set's images."""
    about = report["about"]
    command = [element("pre", about["command"])] if about["command"] else []
    facts = f"Set {about['set']}: {about['images']} images of as many patients, {about['side']} pixels wide"
    facts += f", drawn with seed {about['seed']}. Causaray {about['version']}."
    said = [element("p", sentence, class_="about") for sentence in (facts, *read_by(report), *notes(report))]
    return document(
        TITLE, element("h1", TITLE), *command, *said, _plots(report), *_tables(report), *galleries(found, images)
    )


def _plots(report: Report) -> Markup:
    chance = "The dashed line is what the same answers, shuffled over all images, would get."
    plots = [
        bars("Named", f"Share in which the finding was named. {chance}", _bars(report, "named"), SHARE),
        bars("Named with side", "Share in which finding and side were.", _bars(report, "named_with_side"), SHARE),
        bars("Looks real", "Mean, 1 certainly artificial to 5 certainly a radiograph.", _bars(report, "real"), LOOKS),
    ]
    return element("section", element("h2", "At a glance"), element("div", *plots, class_="frames"))


def _bars(report: Report, key: str) -> list[Bar]:
    shown = [(label, found) for label, found in lines(report) if not label.startswith("reader ")]
    unedited = ("untouched", "truly diseased", "diseased:")
    return [
        (
            label,
            found[key],
            found["control_named"] if key == "named" else None,
            "beside" if label.startswith(unedited) else "main",
        )
        for label, found in shown
    ]


def _tables(report: Report) -> Iterator[Markup]:
    yield element("h2", "All figures")
    yield _table("Figures", TITLES, [[label, *cells(found)] for label, found in lines(report)])
    if report["agreement"]:
        yield element("h2", "Agreement of readers")
        yield _table("Agreement", KAPPAS, agreed(report))
    for kind, table in report["confusion"].items():
        if table:
            yield element("h2", f"What was said of {kind} films")
            yield element("p", "A row for what is there, a column for what was said.", class_="reading")
            yield _table(f"Confusions of {kind} films", *confused(table))


def _table(name: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    top = element("tr", *(element("th", title, scope="col") for title in head))
    body = [
        element("tr", element("th", row[0], scope="row"), *(element("td", cell) for cell in row[1:])) for row in rows
    ]
    table = element("table", element("thead", top), element("tbody", *body), class_="plain")
    return element("div", table, class_="wide all", role="region", aria_label=name, tabindex="0")
