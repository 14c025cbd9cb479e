"""How often the verdict is right, as a page to read."""

from collections.abc import Mapping
from typing import Any

from causaray.evaluation.report import span, table

ABOUT = """\
The verdict of a record says whether an edit is `shown`, `partly`, `not shown` or `not known` (docs/formats.md). Here it
is asked of a drawn finding (the true counterfactual: shown), of the copied input, of the finding drawn on the other
side, and of another finding drawn (none of them shown); and of the way back, from the drawn film to the film. `partly`
is wrong in all of them. Another finding is never one that looks alike. It is told without the judge, which alone never
decides it. The lesion maps that it reads have learned from drawings of the same kind, on other patients and phantoms;
how often it is right on real disease is not measured. Of a change too faint to tell, and of findings that no map sees
(fractures), it says `not known`. Devices it tells by the bright lines that come or go, whichever device they are of;
the limits of these were looked at on the pairs of nih that are measured here, too, but on no phantoms.
"""


def page(found: Mapping[str, Any]) -> str:
    """As Markdown, the command at the top."""
    about, sources = found["about"], found["sources"]
    names = list(sources)
    kinds = list(dict.fromkeys(kind for one in sources.values() for kind in one["kinds"]))
    findings = sorted({name for one in sources.values() for name in one["findings"]})
    return f"""# The verdict on an edit, where the truth is known

Made by `{about["command"]}`. Causaray {about["version"]}, seed {about["seed"]}; cohorts: split {about["split"]}.

{ABOUT}
{table(["", *names], _facts(sources))}
## By case

{table(["share that is right", *names], _rows(sources, "kinds", kinds))}
## By finding

{table(["share that is right", *names], _rows(sources, "findings", findings))}"""


def _facts(sources: Mapping[str, Any]) -> list[list[str]]:
    return [
        ["pairs of patients", *(f"{one['pairs']} of {one['patients']}" for one in sources.values())],
        ["cases", *(str(one["cases"]) for one in sources.values())],
        ["not known (left out below)", *(str(one["not_told"]) for one in sources.values())],
        ["**right**", *(span(one["right"]) for one in sources.values())],
        ["right where a finding was to come", *(span(one["came"]) for one in sources.values())],
        ["right where a finding was to go", *(span(one["went"]) for one in sources.values())],
        ["side right, of findings with one", *(span(one["side_right"]) for one in sources.values())],
    ]


def _rows(sources: Mapping[str, Any], group: str, names: list[str]) -> list[list[str]]:
    return [[name, *(span(one[group].get(name)) for one in sources.values())] for name in names]
