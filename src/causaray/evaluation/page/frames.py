"""Frames in HTML: intervals on one axis, curves, and tables by two keys."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from causaray.evaluation.page.drawing import curves, fitted, interval, number, scale
from causaray.evaluation.page.figures import ABSENT, Figure, Measured, Row, at, keys, rows
from causaray.evaluation.page.html import Markup, element
from causaray.evaluation.page.words import Axis, Frame


def frame(said: Frame, measured: Measured) -> Markup | None:
    """A frame of words.yaml; None when nothing of it was measured."""
    make = {"intervals": _intervals, "curves": _curves, "matrix": _matrix}[said.kind]
    drawn = make(said, measured)
    if not drawn:
        return None
    head = [element("h4", said.title), *([element("p", said.reading, class_="reading")] if said.reading else [])]
    return element("div", *head, *drawn, class_=f"frame {said.kind}")


def table(found: Sequence[Row], given: Axis) -> Markup:
    """Rows of figures on one axis: name, drawing, number."""
    axis = fitted(given, found)
    lines = [line for row in found for line in _lines(row, axis)]
    known = any(_known(mark.figure) for row in found for mark in row.marks)
    feet = [element("tr", element("td"), element("td", scale(axis)), element("td"))] * known
    feet += [element("tr", element("td", counts, colspan="3")) for counts in _over(found)]
    return element("table", element("tbody", *lines), element("tfoot", *feet), class_="figures")


def _intervals(said: Frame, measured: Measured) -> list[Markup]:
    found = rows(said, measured)
    return [table(found, said.axis)] if found else []


def _lines(row: Row, axis: Axis) -> Iterator[Markup]:
    """A line of the table for each mark; several share a heading."""
    several = len(row.marks) > 1
    if several:
        yield element("tr", element("th", row.label, colspan="3", scope="rowgroup"), class_="group")
    for mark in row.marks:
        name = (mark.label or "this editor") if several else row.label
        drawn = [] if mark.role == "difference" else [interval(mark, axis)]
        yield element(
            "tr",
            element("th", name, scope="row"),
            element("td", *drawn, class_="drawing"),
            element("td", *_number(mark.figure, axis.digits), class_="number"),
            class_=f"{mark.role}{' one-of-several' * several}{' apart' * _apart(mark.figure)}",
        )


def _apart(figure: Figure) -> bool:
    """Whether the interval of a figure leaves out zero."""
    ends = [figure["low"], figure["high"]] if isinstance(figure, Mapping) else []
    return None not in ends and bool(ends) and (min(ends) > 0 or max(ends) < 0)


def _number(figure: Figure, digits: int) -> list[Markup]:
    if not _known(figure):
        return [element("span", "not measured", class_="ci")]
    if not isinstance(figure, Mapping):
        return [element("span", number(figure, digits))]
    ends = [number(figure.get(end), digits) for end in ("low", "high")]
    return [element("b", number(figure["value"], digits)), element("span", " (", " to ".join(ends), ")", class_="ci")]


def _known(figure: Figure) -> TypeGuard[Mapping[str, Any] | float]:
    return figure is not None and not (isinstance(figure, Mapping) and figure["value"] is None)


def _over(found: Sequence[Row]) -> list[str]:
    """What the figures rest on."""
    figures = [mark.figure for row in found for mark in row.marks if isinstance(mark.figure, Mapping)]
    said = dict.fromkeys(f"n {f['n']}" + f" of {f.get('patients')} patients" * ("patients" in f) for f in figures)
    return ["; ".join(list(said)[:3]) + "; …" * (len(said) > 3)] if said else []


def _curves(said: Frame, measured: Measured) -> list[Markup]:
    group = at(measured.found, keys(str(said.rows)))
    if group is ABSENT or not group:
        return []
    legend = [element("li", name, class_=f"c{i}") for i, name in enumerate(group)]
    return [curves(group, said.axis), element("ul", *legend, class_="legend")]


def _matrix(said: Frame, measured: Measured) -> list[Markup]:
    cells = at(measured.found, keys(str(said.rows)))
    if cells is ABSENT or not cells:
        return []
    columns = list(dict.fromkeys(column for row in cells.values() for column in row))
    head = element("tr", element("td"), *(element("th", element("span", column), scope="col") for column in columns))
    body = [
        element("tr", element("th", name, scope="row"), *(_cell(row.get(c), said.axis, c == name) for c in columns))
        for name, row in cells.items()
    ]
    return [element("div", element("table", element("thead", head), element("tbody", *body)), class_="wide")]


def _cell(figure: Figure, axis: Axis, own: bool) -> Markup:
    """A figure on a ground the stronger the further it lies from the reference."""
    value = figure["value"] if isinstance(figure, Mapping) else figure
    if value is None:
        return element("td", "–")  # noqa: RUF001
    middle, reach = axis.reference or 0.0, (axis.high or 1.0) - (axis.reference or 0.0)
    share = max(-1.0, min(1.0, (value - middle) / reach))
    kind = f"{'more' if share > 0 else 'less'}{' own' * own}"
    return element("td", number(value, 2), class_=kind, style=f"--share:{100 * abs(share):.0f}%")
