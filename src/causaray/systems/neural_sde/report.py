"""A forecast to be read: numbers as JSON, and a page with curves, films under a slider, and what not to believe."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from causaray.evaluation.page.document import document
from causaray.evaluation.page.html import Markup, element
from causaray.systems.neural_sde.forecaster import LEVEL, Forecast

WIDTH, HEIGHT, LEFT, BOTTOM = 420, 180, 40, 24
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
"""One a treatment, told apart by the colour-blind (Okabe and Ito)."""


def as_record(forecast: Forecast, about: Mapping[str, Any]) -> dict[str, Any]:
    """The forecast as JSON: by treatment and outcome, value and interval of each day; differences to each treatment
    from the last one named; `about` beside."""
    *others, reference = forecast.paths
    return {
        **about,
        "days": list(forecast.days),
        "interval": LEVEL,
        "arms": {arm: _by_outcome(forecast, forecast.summary(arm)) for arm in forecast.paths},
        "differences": {
            f"{arm} - {reference}": _by_outcome(forecast, forecast.difference(arm, reference)) for arm in others
        },
    }


def confidence(forecast: Forecast) -> list[str]:
    """A sentence for each treatment against the last one named: on the last day, in how many paths each outcome is
    lower, and whether the interval leaves the sign open."""
    *others, reference = forecast.paths
    said = []
    for arm in others:
        change = {key: values[-1] for key, values in forecast.difference(arm, reference).items()}
        parts = []
        for j, outcome in enumerate(forecast.outcomes):
            low, high, share = (change[key][j] for key in ("low", "high", "share"))
            sign = "the sign is open" if low <= 0 <= high else "the sign is clear"
            figures = f"{change['value'][j]:+.2f} ({low:+.2f} to {high:+.2f}), lower in {share:.0%} of the paths"
            parts.append(f"{outcome} {figures}, {sign}")
        said.append(f"By the model, {arm} less {reference} on day {forecast.days[-1]:g}: {'; '.join(parts)}.")
    return said


def page(curves: Forecast, forecast: Forecast, strips: Mapping[str, Sequence[str]], sentences: Sequence[str]) -> str:
    """One HTML file: the statement, curves of `curves` (many days), and films of `forecast` under a slider.

    strips: treatment -> names of the files of its films, day 0 first; empty without films. sentences: above all.
    """
    parts: list[str] = [element("h1", "Forecast"), *(element("p", sentence) for sentence in sentences)]
    if strips:
        parts += _slider(forecast, strips)
    keys = [
        element("span", f"{arm} ", style=f"color:{colour};font-weight:bold")
        for arm, colour in zip(curves.paths, COLOURS, strict=False)
    ]
    parts.append(element("p", *keys, f"mean and {LEVEL:.0%} interval"))
    parts += [_curves(curves, j) for j in range(len(curves.outcomes))]
    *others, reference = curves.paths
    for arm in others:
        parts.append(element("h2", f"{arm} less {reference}"))
        parts += [_differences(curves, arm, reference, j) for j in range(len(curves.outcomes))]
    return document("Forecast", *parts)


def _by_outcome(forecast: Forecast, summary: Mapping[str, np.ndarray]) -> dict[str, dict[str, list[float]]]:
    return {
        outcome: {key: [round(float(v), 4) for v in values[:, j]] for key, values in summary.items()}
        for j, outcome in enumerate(forecast.outcomes)
    }


def _slider(forecast: Forecast, strips: Mapping[str, Sequence[str]]) -> list[Markup]:
    """The films of all treatments on one day, and a slider of the days."""
    films = [
        element(
            "figure",
            element("img", src=files[0], alt=f"synthetic film under {arm}", id=f"film{i}", width=256),
            element("figcaption", arm),
            style="display:inline-block;margin:0 1em 0 0",
        )
        for i, (arm, files) in enumerate(strips.items())
    ]
    days = ["day 0, as it is", *(f"day {day:g}, synthetic" for day in forecast.days)]
    slider = element(
        "input", type="range", min=0, max=len(days) - 1, value=0, id="day", aria_label="day", style="width:20em"
    )
    script = (
        f"const files={_js(list(strips.values()))},days={_js(days)},day=document.getElementById('day');"
        "day.oninput=()=>{files.forEach((f,i)=>document.getElementById('film'+i).src=f[day.value]);"
        "document.getElementById('at').textContent=days[day.value]}"
    )
    return [
        element("p", slider, " ", element("output", days[0], id="at")),
        element("div", *films),
        element("script", Markup(script)),
    ]


def _js(value: Any) -> str:
    import json

    return json.dumps(value).replace("</", "<\\/")


def _curves(curves: Forecast, outcome: int) -> Markup:
    series = [curves.summary(arm) for arm in curves.paths]
    return _drawing(curves, [{k: v[:, outcome] for k, v in one.items()} for one in series], curves.outcomes[outcome])


def _differences(curves: Forecast, arm: str, reference: str, outcome: int) -> Markup:
    change = curves.difference(arm, reference)
    name = f"{curves.outcomes[outcome]}, difference"
    return _drawing(curves, [{k: change[k][:, outcome] for k in ("value", "low", "high")}], name)


def _drawing(curves: Forecast, series: Sequence[Mapping[str, np.ndarray]], name: str) -> Markup:
    """Curves with bands over the days, in a frame with the ends of both axes."""
    ends = np.concatenate([values for one in series for values in one.values()])
    low, high = min(0.0, float(ends.min())), max(float(ends.max()), 0.05)

    def points(values: np.ndarray) -> list[str]:
        x = LEFT + (WIDTH - LEFT) * np.asarray(curves.days) / curves.days[-1]
        y = 8 + (HEIGHT - BOTTOM - 8) * (1 - (values - low) / (high - low))
        return [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]

    drawn = []
    for one, colour in zip(series, COLOURS, strict=False):
        band = " ".join([*points(one["low"]), *reversed(points(one["high"]))])
        drawn.append(element("polygon", points=band, fill=colour, opacity=0.18))
        drawn.append(element("polyline", points=" ".join(points(one["value"])), fill="none", stroke=colour))
    zero = 8 + (HEIGHT - BOTTOM - 8) * high / (high - low)
    frame = [
        element("line", x1=LEFT, x2=WIDTH, y1=zero, y2=zero, stroke="currentColor", opacity=0.4),
        element("text", f"{high:.2f}", x=LEFT - 4, y=16, text_anchor="end", font_size=11, fill="currentColor"),
        element("text", f"{low:.2f}", x=LEFT - 4, y=HEIGHT - BOTTOM, text_anchor="end", font_size=11,
                fill="currentColor"),
        element("text", "day 0", x=LEFT, y=HEIGHT - 6, font_size=11, fill="currentColor"),
        element("text", f"day {curves.days[-1]:g}", x=WIDTH, y=HEIGHT - 6, text_anchor="end", font_size=11,
                fill="currentColor"),
    ]  # fmt: skip
    svg = element("svg", *frame, *drawn, viewBox=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, role="img", aria_label=name)
    return element("figure", element("figcaption", name), svg, style="display:inline-block;margin:0 1em 1em 0")
