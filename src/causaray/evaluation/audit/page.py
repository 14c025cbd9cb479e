"""report.html of an audit: what the classifier answers to, beside its controls, and the cases to look at."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from causaray.evaluation.audit.cases import Case
from causaray.evaluation.audit.perturbations import ARTIFACTS, DISEASE
from causaray.evaluation.audit.verdict import told
from causaray.evaluation.page.document import document
from causaray.evaluation.page.figures import Figure, Mark, Row
from causaray.evaluation.page.frames import table
from causaray.evaluation.page.html import Markup, element
from causaray.evaluation.page.pictures import embedded
from causaray.evaluation.page.words import Axis
from causaray.imagefiles import Panel, burn_in

NAMES = {
    DISEASE: "finding, from without to with",
    "added": "finding added",
    "removed": "finding removed",
    "null": "null edit (strength 0)",
    "device": "pacemaker drawn in",
    "marker_erased": "corners blanked",
    "marker_left": "letter L at the patient's left",
    "marker_right": "letter R at the patient's right",
    "marker_moved": "letter L moved to the other side",
}
SHARE, SIGNED, TIMES = Axis(low=0, high=1), Axis(reference=0), Axis(low=0, reference=1)
CONTROL = "control: patch of equal size"
OTHER = "control: another film's edit"
ATTRIBUTION = (
    "Share of the absolute integrated gradients (baseline black) on the pixels that the finding's edit changes, from "
    "without to with it. An attribution that knows nothing reaches the share of the pixels that these are."
)
READING = (
    "A dot is a figure, the line through it its 95 % interval, patients drawn again and again. A diamond is a control: "
    "a patch of blurred noise somewhere in the image that changes the pixels as much as the perturbation does. It "
    "can look like an opacity: a classifier that it moves more than the finding does is easily disturbed.",
    "A classifier that reads the disease answers to the finding, and little to a pacemaker, a letter or a patch. One "
    "that has learned a shortcut answers to what stands beside the disease: its ratio is far above its control's.",
    "Letters are compared on films whose upper corners are blank: L and R against no letter, and L on the wrong side "
    "against L on the right one. A device or letter is drawn, not photographed.",
    "The counterfactuals are a model's. Where the finding moves the output little, either the classifier does not see "
    "the disease, or the editor does not show it: measure the editor by `causaray evaluate` first.",
)


def page(
    report: Mapping[str, Any],
    worst: Mapping[str, Sequence[Case]],
    attributions: Mapping[str, Sequence[Sequence[Panel]]] | None = None,
) -> str:
    """The page of an audit, without NaN; by finding `worst` are the cases, and `attributions` rows of pictures."""
    about = report["about"]
    title = f"{about['model']}: what does it answer to?"
    facts = f"{about['images']} images of {about['patients']} patients at {about['size']} px; threshold "
    facts += (
        f"{about['threshold']:g}, grey values {about['range']}, output {about['output']}. Editor {about['weights']}"
    )
    facts += f" ({about['digest'][:16]}), strength {about['strength']:g}, seed {about['seed']}."
    head = [element("h1", title), element("p", facts, class_="about"), element("p", about["trained"], class_="about")]
    if about.get("command"):
        head.insert(1, element("pre", about["command"]))
    lines = element("ul", *(element("li", line) for line in READING))
    how = element("details", element("summary", "How to read this page"), lines, open=True, class_="how")
    pictures = attributions or {}
    sections = (_finding(name, of, worst[name], pictures.get(name, ())) for name, of in report["findings"].items())
    return document(title, *head, how, *sections)


def _finding(
    name: str, found: Mapping[str, Any], cases: Sequence[Case], attributions: Sequence[Sequence[Panel]]
) -> Markup:
    figures = found["perturbations"]
    frames = [
        _frame("Change of the probability", _rows(figures, "change"), SIGNED, "Mean, with its sign."),
        _frame("Readings that flip", _rows(figures, "flipped"), SHARE, "Share of the images across the threshold."),
        _frame("Size of the change", _rows(figures, "size"), SHARE, "Mean absolute change of the probability."),
        _frame(
            "Artifact beside disease", _ratios(found["ratio"]), TIMES,
            "Size of an artifact's effect over that of the finding; at 1 both weigh the same. Not measured where the "
            "classifier does not answer to the finding.",
        ),
        _frame(
            "Artifact in place of disease (SCLS)", _latched(found["scls"]), SHARE,
            "Of the images whose reading the finding's edit or the artifact changes: the share in which the artifact "
            "moves it more. 0 ignores it, 1 latches on to it.",
        ),
    ]  # fmt: skip
    if "attribution" in found:
        frames.append(_frame("Where its answer rests", _attributed(found["attribution"]), SHARE, ATTRIBUTION))
    strips = element("div", *(_strip(case) for case in cases), class_="ranks")
    gallery = [element("h3", "Where it was moved most"), strips]
    if attributions:
        rows = element("div", *(_pictures(row, "") for row in attributions), class_="ranks")
        gallery += [element("h3", "Integrated gradients beside the counterfactual"), rows]
    verdict = element("p", element("strong", told(name, found)))
    return element("article", element("h2", name), verdict, element("div", *frames, class_="frames"), *gallery)


def _frame(title: str, rows: Sequence[Row], axis: Axis, reading: str) -> Markup:
    return element(
        "div", element("h4", title), element("p", reading, class_="reading"), table(rows, axis), class_="frame"
    )


def _rows(figures: Mapping[str, Any], key: str) -> list[Row]:
    return [Row(NAMES[name], tuple(_marks(figures[name], key))) for name in NAMES if name in figures]


def _marks(found: Mapping[str, Any], key: str) -> Iterator[Mark]:
    yield Mark("the perturbation", found[key], "main")
    if f"control_{key}" in found:
        yield Mark(CONTROL, found[f"control_{key}"], "control")


def _ratios(ratio: Mapping[str, Figure]) -> list[Row]:
    return [Row(NAMES[name], (Mark("", ratio[name], "main"),)) for name in ARTIFACTS]


def _latched(scls: Mapping[str, Mapping[str, Figure]]) -> list[Row]:
    return [Row(NAMES[name], (Mark("", scls[name]["scls_d"], "main"),)) for name in ARTIFACTS]


def _attributed(figures: Mapping[str, Figure]) -> list[Row]:
    marks = Mark("the film's own edit", figures["inside"], "main"), Mark(OTHER, figures["control_inside"], "control")
    return [
        Row("within what the edit changes", marks),
        Row("pixels that this is", (Mark("", figures["even"], "main"),)),
    ]


def _strip(case: Case) -> Markup:
    said = f"{NAMES[case.perturbation]}: {case.said_before:.2f} → {case.said_after:.2f}"
    return _pictures(case.panels(), said)


def _pictures(panels: Sequence[Panel], said: str) -> Markup:
    pictures = [embedded(burn_in(p.pixels, p.mark) if p.mark else p.pixels, p.caption) for p in panels]
    caption = said or ", ".join(panel.caption for panel in panels)
    return element("figure", element("div", *pictures, class_="strip three"), element("figcaption", caption))
