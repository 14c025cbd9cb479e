"""The measures of `drawn_findings` as a page to read."""

from collections.abc import Mapping
from typing import Any

from causaray.evaluation.report import span, table


def page(found: Mapping[str, Any]) -> str:
    """As Markdown, the command at the top."""
    about, speed, findings = found["about"], found["speed"], found["findings"]
    return f"""# Findings drawn on patients

Made by `{about["command"]}`. Causaray {about["version"]}, weights {about["weights"]} {about["digest"][:16]}, seed {about["seed"]}.
{about["films"]} films of {about["patients"]} patients, split {about["split"]}, labelled No Finding (drawing.png shows eight), that can be read and hold no
large heart or effusion already; the side alternates.

{speed["films_a_second"]:.0f} films a second on one core at 128 px, coordinates read for each;
{speed["seconds_3000_x_2500"]:.2f} s of processor time for a film of 3,000 x 2,500 pixels.

## Severity, side and body

Share of films in which mild < moderate < severe, by area and by mean change; share in which nine tenths of the finding lie on the side
asked for; largest change where the film shows air or a black border.

{table(["finding", "by area", "by change", "on its side", "outside the body", "mean change, mild / moderate / severe"], (_order(name, one) for name, one in findings.items()))}
## Signs, read anew from the drawn film

{table(["finding", "severity", "sign", "share of films"], _signs(findings))}
An angle is blunt from half the opacity of soft tissue on; a lung loses markings when 5 % more of it are without.

## Likeness to real disease

KID x 1000 (Inception) to the real films labelled with the finding, of moderate drawn ones and of the same films undrawn. Lower is nearer.

{table(["finding", "drawn", "undrawn"], _kid(findings))}"""  # noqa: E501


def _order(name: str, one: Mapping[str, Any]) -> list[str]:
    change = " / ".join(f"{value:.3f}" for value in one["mean_change"].values())
    side = span(one["on_its_side"]) if "on_its_side" in one else "-"
    return [name, span(one["order_by_area"]), span(one["order_by_change"]), side, f"{one['outside_body']:.3f}", change]


def _signs(findings: Mapping[str, Any]) -> list[list[str]]:
    return [
        [name, severity, what, span(value)]
        for name, one in findings.items()
        for severity, signs in one["signs"].items()
        for what, value in signs.items()
    ]


def _kid(findings: Mapping[str, Any]) -> list[list[str]]:
    known = {name: one["kid_x1000"] for name, one in findings.items() if one.get("kid_x1000")}
    return [[name, _kid_span(one["drawn"]), _kid_span(one["undrawn"])] for name, one in known.items()]


def _kid_span(value: Mapping[str, float]) -> str:
    return f"{value['value']:.1f} ({value['low']:.1f} to {value['high']:.1f})"
