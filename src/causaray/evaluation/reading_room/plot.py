"""Bars with whiskers for intervals, as SVG that takes the width it is given."""

from collections.abc import Mapping, Sequence
from typing import Any

from causaray.evaluation.page.drawing import number, scale
from causaray.evaluation.page.html import Markup, element
from causaray.evaluation.page.words import Axis

Figure = Mapping[str, Any]
Bar = tuple[str, Figure | None, Figure | None, str]
"""Label, figure, what chance gives (or None), and role: "main" for edited films, "beside" for unedited ones."""


def bars(title: str, reading: str, rows: Sequence[Bar], axis: Axis) -> Markup:
    """A frame of page.css with a bar a row from the low end of the axis, which has both ends."""
    known = [row for row in rows if row[1] is not None and row[1]["value"] is not None]
    lines = [_line(label, figure, chance, role, axis) for label, figure, chance, role in known if figure is not None]
    foot = element("tr", element("td"), element("td", scale(axis)), element("td"))
    table = element("table", element("tbody", *lines), element("tfoot", foot), class_="figures")
    return element("div", element("h4", title), element("p", reading, class_="reading"), table, class_="frame")


def _line(label: str, figure: Figure, chance: Figure | None, role: str, axis: Axis) -> Markup:
    said = f" ({number(figure['low'], axis.digits)} to {number(figure['high'], axis.digits)})"
    figures = [element("b", number(figure["value"], axis.digits)), element("span", said, class_="ci")]
    return element(
        "tr",
        element("th", label, scope="row"),
        element("td", _bar(figure, chance, role, axis), class_="drawing"),
        element("td", *figures, class_="number"),
    )


def _bar(figure: Figure, chance: Figure | None, role: str, axis: Axis) -> Markup:
    low, high = (_percent(figure[end], axis) for end in ("low", "high"))
    parts = [
        element("rect", x="0", y="20%", width=_percent(figure["value"], axis), height="60%", opacity=0.45),
        element("line", class_="span", x1=low, x2=high, y1="50%", y2="50%"),
        *(element("line", class_="span", x1=end, x2=end, y1="28%", y2="72%") for end in (low, high)),
    ]
    if chance is not None:
        at = _percent(chance["value"], axis)
        parts.append(element("line", class_="reference", x1=at, x2=at, y1="0", y2="100%"))
    return element("svg", *parts, class_=f"interval {role}", aria_hidden="true")


def _percent(value: float, axis: Axis) -> str:
    low, high = axis.low or 0.0, 1.0 if axis.high is None else axis.high
    return f"{100 * min(1.0, max(0.0, (value - low) / (high - low))):.1f}%"
