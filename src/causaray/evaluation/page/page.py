"""index.html: one file that says what was measured, how to read it, and shows the edits; nothing is fetched."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from causaray.evaluation.edits.edited_cohort import EditedCohort
from causaray.evaluation.judges import belief
from causaray.evaluation.page.document import document
from causaray.evaluation.page.drawing import number
from causaray.evaluation.page.figures import ABSENT, Measured, flat
from causaray.evaluation.page.frames import frame
from causaray.evaluation.page.html import Markup, element, joined
from causaray.evaluation.page.pictures import attention, galleries
from causaray.evaluation.page.words import Section, Words, load

NULL = {
    True: "The null edit gives the input back, bit for bit.",
    False: "The null edit CHANGES the input.",
    None: "Whether a null edit gives the input back is not known; the input stands for the reconstruction.",
}

ADDS_ONLY = "only adds findings; asked to take one away it gives the image back as it is, or is not asked at all."


def page(report: Mapping[str, Any], sets: Sequence[Sequence[EditedCohort]]) -> str:
    """The page of a report, the contents of metrics.json; `sets` are the edits, by editor and cohort."""
    words, title = load(), title_of(report)
    return document(title, *head(report, words, title), *_cohorts(report, sets, words))


def title_of(report: Mapping[str, Any]) -> str:
    """Who is measured, against whom."""
    other = f" against {report['against']['about']['weights']}" if "against" in report else ""
    return f"{report['about']['weights']}{other}: edited radiographs, measured"


def head(report: Mapping[str, Any], words: Words, title: str) -> Iterator[Markup]:
    """What was run, on what, the main figures, and how to read the page."""
    about = report["about"]
    yield element("h1", title)
    if about["command"]:
        yield element("pre", about["command"])
    yield from _facts(report)
    if about["split"] != "test":
        yield element(
            "p", "The editor, or the judge, has learned from these patients: not a held-out split.", class_="warning"
        )
    whole = measures_of(report)
    drawn = [made for said in words.headline if (made := frame(said, whole))]
    yield element("section", element("h2", "At a glance"), _grid(drawn), class_="glance")
    lines = [element("li", line) for line in words.reading]
    yield element(
        "details", element("summary", "How to read this page"), element("ul", *lines), open=True, class_="how"
    )
    links = [element("a", name, href=f"#{name}") for name in report["cohorts"]]
    yield element("nav", "Cohorts: ", *links)


def _facts(report: Mapping[str, Any]) -> Iterator[Markup]:
    about = report["about"]
    yield _said({"Causaray": about["version"], "judge": about["judge"][:16]}, about, ("split", "limit", "seed"))
    editors = {"This editor": about} | ({"Other editor": report["against"]["about"]} if "against" in report else {})
    for name, editor in editors.items():
        yield _said({name: editor["weights"], "digest": editor["digest"][:16]}, editor, ("strength", "guidance"))
        if editor.get("adds_only"):
            yield element("p", f"{editor['weights']} {ADDS_ONLY}")


def _said(first: Mapping[str, str], about: Mapping[str, Any], rest: Sequence[str]) -> Markup:
    """Names and values on a line, those of `rest` that are known behind the first."""
    values = {**first, **{key: str(about[key]) for key in rest if about.get(key) is not None}}
    parts = (joined(key, " ", element("b", value), "\u2003") for key, value in values.items())
    return element("p", *parts, class_="about")


def measures_of(report: Mapping[str, Any], cohort: str | None = None) -> Measured:
    """The measures of a cohort, or of all cohorts by name."""
    three = (report["cohorts"], report.get("against", {}).get("cohorts", {}), report.get("difference", {}))
    return Measured(*(one if cohort is None else one.get(cohort, {}) for one in three))


def _cohorts(report: Mapping[str, Any], sets: Sequence[Sequence[EditedCohort]], words: Words) -> Iterator[Markup]:
    for i, (name, found) in enumerate(report["cohorts"].items()):
        edited, other = sets[0][i], sets[1][i] if len(sets) > 1 else None
        said = f"{found['images']} images of {found['patients']} patients. {NULL[found['null_edit_equal']]}"
        parts, measured = [element("h2", name), element("p", said)], measures_of(report, name)
        parts += [element("p", doubt)] if (doubt := belief.said(report["about"], found)) else []
        drawn = list(galleries(edited, other))
        parts += [element("section", element("h3", "Edits to look at"), element("p", LOOK), *drawn)] if drawn else []
        parts += [looked] if (looked := attention(edited)) else []
        parts += [made for section in words.sections.values() if (made := family(section, measured))]
        missing = [section.title for key, section in words.sections.items() if found.get(key, ABSENT) is None]
        parts += [element("p", f"Not to be measured here: {', '.join(missing)}. {WHY}")] if missing else []
        yield element("article", *parts, everything(found), id=name)


WHY = """\
Truth is known of phantoms alone; what looks inside of an editor, edits further or asks for its training images needs
its weights."""
LOOK = """\
Where the judge changed most, middling and least, so that failures are shown as well as successes. No figure replaces
looking. Removed and added are the same patient asked not to show, and to show, the finding; in their difference orange
is brighter with the finding, blue darker, enhanced 1.5 times."""


def family(said: Section, measured: Measured) -> Markup | None:
    """A family of measures; None when nothing of it was measured."""
    drawn = [made for one in said.frames if (made := frame(one, measured))]
    if not drawn:
        return None
    head = element("summary", element("h3", said.title), " ", element("span", said.question, class_="question"))
    return element("details", head, element("p", said.reading), _grid(drawn), open=said.open, class_="family")


def _grid(frames: Sequence[Markup]) -> Markup:
    return element("div", *frames, class_="frames")


def everything(found: Mapping[str, Any]) -> Markup:
    """All figures of a cohort as they stand in metrics.json."""
    head = element("tr", *(element("th", name) for name in ("key", "value", "low", "high", "n", "patients")))
    lines = [element("tr", *(element("td", cell) for cell in _cells(path, figure))) for path, figure in flat(found)]
    table = element("table", element("thead", head), element("tbody", *lines))
    return element(
        "details", element("summary", "All figures"), element("div", table, class_="wide all"), class_="everything"
    )


def _cells(path: tuple[str, ...], figure: Any) -> list[str]:
    known = figure if isinstance(figure, Mapping) else {"value": figure}
    counts = [str(known[key]) if key in known else "" for key in ("n", "patients")]
    return [" · ".join(path), *(number(known[k], 4) if k in known else "" for k in ("value", "low", "high")), *counts]
