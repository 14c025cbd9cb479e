"""Small SVG drawings that take the width they are given and their colours from page.css."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from causaray.evaluation.page.figures import Figure, Mark, Row
from causaray.evaluation.page.html import Markup, element
from causaray.evaluation.page.words import Axis

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 420, 220, 46, 8, 34
"""Of a drawing of curves, and the room for its labels."""
DOT = element("circle", r=4.5)
DIAMOND = element("rect", width=9, height=9, x=-4.5, y=-4.5, transform="rotate(45)")
Curve = Mapping[str, Sequence[float | None]]
"""Its "value", and the "low" and "high" ends of its interval."""


def fitted(axis: Axis, rows: Sequence[Row]) -> Axis:
    """The axis with both ends: its own where it has them, else what the figures and the reference need."""
    ends = [end for row in rows for mark in row.marks if mark.role != "difference" for end in _ends(mark.figure)]
    ends += [] if axis.reference is None else [axis.reference]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.06 * abs(high) or 1.0
    return replace(
        axis,
        low=low - room if axis.low is None else axis.low,
        high=high + room if axis.high is None else axis.high,
    )


def interval(mark: Mark, axis: Axis) -> Markup:
    """A figure as a dot with a line for its interval, a control as a diamond; `axis` is `fitted`."""
    ends = [_percent(end, axis) for end in _ends(mark.figure)]
    parts = [] if axis.reference is None or not ends else [_upright(axis.reference, axis)]
    if len(ends) == 3:
        parts.append(element("line", class_="span", x1=ends[1], x2=ends[2], y1="50%", y2="50%"))
    if ends:
        parts.append(element("svg", DIAMOND if mark.role == "control" else DOT, x=ends[0], y="50%", class_="dot"))
    return element("svg", *parts, class_=f"interval {mark.role}", aria_hidden="true")


def scale(axis: Axis) -> Markup:
    """The ends and the reference of a `fitted` axis, in words below the drawings."""
    low, high = axis.low or 0.0, 1.0 if axis.high is None else axis.high
    marks = {low: "start", high: "end"}
    if axis.reference is not None:  # a round number is worth more than an end beside it
        crowded = [end for end in marks if abs(end - axis.reference) < (high - low) / 2]
        marks = {end: anchor for end, anchor in marks.items() if end not in crowded}
        marks[axis.reference] = "middle"
    texts = [
        element("text", number(value, axis.digits), x=_percent(value, axis), y="12", text_anchor=anchor)
        for value, anchor in marks.items()
    ]
    return element("svg", *texts, class_="scale", aria_hidden="true")


def curves(series: Mapping[str, Curve], axis: Axis) -> Markup:
    """A line for each curve over equal steps from 0 to `axis.high` cycles a pixel, in a band of its interval."""
    known = [v for curve in series.values() for values in curve.values() for v in values if v is not None]
    ends = [*known, *([] if axis.reference is None else [axis.reference])]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    high += high == low
    drawn = [line for i, curve in enumerate(series.values()) for line in _curve(curve, low, high, f"c{i}")]
    frame = _frame(low, high, axis)
    return element(
        "svg", *frame, *drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="curves", role="img",
        aria_label=" and ".join(series),
    )  # fmt: skip


def number(value: float | None, digits: int = 3) -> str:
    """A figure in print, a dash for none."""
    if value is None or not math.isfinite(value):
        return "–"  # noqa: RUF001
    return f"{value:.{digits}f}".replace("-", "−")  # noqa: RUF001


def _ends(figure: Figure) -> list[float]:
    """The value, and the ends of its interval, of what is known of a figure."""
    values = [figure.get(key) for key in ("value", "low", "high")] if isinstance(figure, Mapping) else [figure]
    known = [float(value) for value in values if value is not None and math.isfinite(value)]
    return known if len(known) == len(values) else known[:1]


def _percent(value: float, axis: Axis) -> str:
    low, high = axis.low or 0.0, 1.0 if axis.high is None else axis.high
    return f"{100 * min(1.0, max(0.0, (value - low) / (high - low))):.1f}%"


def _upright(value: float, axis: Axis) -> Markup:
    at = _percent(value, axis)
    return element("line", class_="reference", x1=at, x2=at, y1="0", y2="100%")


def _curve(curve: Curve, low: float, high: float, name: str) -> list[Markup]:
    ends = {key: _points(values, low, high) for key, values in curve.items()}
    band = " ".join([*ends.get("low", ()), *reversed(ends.get("high", ()))])
    return [
        element("polygon", class_=f"band {name}", points=band),
        element("polyline", class_=f"curve {name}", points=" ".join(ends["value"])),
    ]


def _points(values: Sequence[float | None], low: float, high: float) -> list[str]:
    across = (WIDTH - LEFT) / max(1, len(values) - 1)
    return [f"{LEFT + i * across:.1f},{_height(v, low, high):.1f}" for i, v in enumerate(values) if v is not None]


def _height(value: float, low: float, high: float) -> float:
    return TOP + (HEIGHT - BOTTOM - TOP) * (1 - (value - low) / (high - low))


def _frame(low: float, high: float, axis: Axis) -> list[Markup]:
    """Lines and numbers at the ends, at the reference, and below."""
    known = [low, high, *([] if axis.reference is None else [axis.reference])]
    levels = [(level, _height(level, low, high)) for level in dict.fromkeys(known)]
    upward = [element("line", class_="grid", x1=LEFT, x2=WIDTH, y1=y, y2=y) for _, y in levels]
    names = [element("text", number(v, 1), x=LEFT - 6, y=y + 4, text_anchor="end") for v, y in levels]
    across = [
        element("text", f"{(axis.high or 1) * share:g}", x=LEFT + share * (WIDTH - LEFT), y=HEIGHT - 18, text_anchor=to)
        for share, to in ((0, "start"), (0.5, "middle"), (1, "end"))
    ]
    middle = (WIDTH + LEFT) / 2
    return [*upward, *names, *across, element("text", "cycles a pixel", x=middle, y=HEIGHT - 3, text_anchor="middle")]
