"""Which findings a judge sees: measured on drawn films, kept beside its weights, read wherever it judges."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from causaray import weightfiles
from causaray.errors import BadInput
from causaray.writing import whole_file

FILE, LEAST = "believe.json", 0.75
"""The judge sees a finding that it tells from the same films without it, drawn moderate, at this AUROC at least."""
NOT_MEASURED = (
    "Which findings this judge sees in drawn films was not measured (python -m causaray.evaluation.judges.believe), "
    "so no figure of the effect is marked."
)


def write(folder: Path, digest: str, auroc: Mapping[str, float]) -> None:
    """Keep, beside the judge in `folder`, its AUROC on moderate drawn findings; `digest` is that of its weights."""
    with whole_file(folder / FILE) as beside:
        beside.write_text(json.dumps({"judge": digest, "auroc": dict(auroc)}, indent=1) + "\n", encoding="utf-8")


def believe(judge: str | Path, digest: str) -> dict[str, float] | None:
    """Finding -> AUROC of the judge named so, on moderate drawn films; None where it was not measured.

    What was measured of other weights than those with `digest` does not count.
    """
    try:
        known = json.loads((weightfiles.find(judge) / FILE).read_text(encoding="utf-8"))
        if known["judge"] != digest:
            return None
        return {str(name): float(value) for name, value in known["auroc"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadInput):
        return None


def marked(found: dict[str, Any], known: Mapping[str, float] | None) -> dict[str, Any]:
    """The measures of a cohort, each finding of its effect with `believed`; as they are where nothing is known."""
    if known is not None:
        for name, one in (found.get("effect") or {}).items():
            one["believed"] = known.get(name, 0.0) >= LEAST
    return found


def said(about: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """In words, which figures of a cohort's effect are not to be believed; "" where no effect was measured."""
    if not found.get("effect"):
        return ""
    if about.get("believe") is None:
        return NOT_MEASURED
    unseen = [name for name, one in found["effect"].items() if one.get("believed") is False]
    if not unseen:
        return f"The judge sees every finding asked for in drawn films (AUROC {LEAST} or more at moderate severity)."
    return (
        f"Not to be believed: the effect of {', '.join(unseen)}. In drawn films of moderate severity the judge does "
        f"not see it (AUROC below {LEAST}), or was not asked."
    )
