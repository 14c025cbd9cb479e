"""What an evaluation on drawn pairs leaves behind: metrics.json, results.md and index.html."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from causaray.evaluation.page.page import ADDS_ONLY
from causaray.evaluation.pairs.edits import EditedPairs
from causaray.evaluation.pairs.page import page
from causaray.evaluation.pairs.pairs import WAYS
from causaray.evaluation.report import span, table
from causaray.writing import whole_file, without_nan

READING = """\
A pair is a real film and the same film with a finding drawn on it, which is the true counterfactual of the request.
`added`: the film edited by the request of its pair. `removed`: the drawn film edited not to show the finding, which
leads back to the film. Figures with 95 % intervals by drawing patients. The copied input is what an editor gets that
does nothing; the truth itself is the best that can be had.
"""
Found = Mapping[str, Any]


def write_report(report: dict[str, Any], sets: Sequence[Sequence[EditedPairs]], out: Path, seed: int) -> None:
    """Write metrics.json (NaN as null), index.html and results.md into `out`; `sets` editor by editor."""
    known = without_nan(report)
    texts = {
        "metrics.json": json.dumps(known, indent=1, allow_nan=False) + "\n",
        "index.html": page(known, sets, seed),
        "results.md": markdown(known),
    }
    for name, text in texts.items():
        with whole_file(out / name) as beside:
            beside.write_text(text, encoding="utf-8")


def markdown(report: Found) -> str:
    """The report as tables, the command that made it at the top."""
    about = report["about"]
    parts = [
        f"# {about['weights']} on drawn pairs, split {about['split']}\n",
        f"Made by `{about['command']}`.\n" * bool(about["command"]),
        f"Causaray {about['version']}, weights {about['digest'][:16]}, judge {about['judge'][:16]}, "
        f"seed {about['seed']}, strength {about['strength']}.\n",
        READING,
        f"{about['weights']} {ADDS_ONLY}\n" * bool(about["adds_only"]),
        "The editor, or the judge, has learned from these patients: not a held-out split.\n"
        * (about["split"] != "test"),
    ]
    for name, found in report["cohorts"].items():
        parts += [f"## {name}: {found['images']} pairs of {found['patients']} patients\n", *_cohort(found)]
    return "\n".join(part for part in parts if part)


def _cohort(found: Found) -> Iterator[str]:
    truth = found["truth"]
    if found["left_out"]:
        said = ", ".join(f"{name} ({n})" for name, n in found["left_out"].items())
        yield f"Left out, because the editor does not know the finding: {said}.\n"
    yield f"Error over the pixels that truly change, as a share of the copied input's: {span(truth['l1_to_copied'])}.\n"
    for way in WAYS:
        groups = {name: one[way] for name, one in truth.items() if name != "l1_to_copied" and way in one}
        if groups:
            yield f"### {way.capitalize()}\n"
            yield from (_distances(groups), _places(groups), _severities(groups), _signs(groups), _judged(groups))
    maps = {name: one["maps"] for name, one in truth.items() if name != "l1_to_copied" and one.get("maps")}
    if maps:
        yield "### The editor's own maps of the findings\n"
        yield _maps(maps)


def _maps(groups: Found) -> str:
    head = ["finding", "Dice with the true share", "seen in the film", "in the drawn film", "truly there"]
    keys = ("dice", "film", "drawn", "truth")
    return table(head, [[name, *(span(one[key]) for key in keys)] for name, one in groups.items()])


def _distances(groups: Found) -> str:
    head = ["finding", "pairs", "L1 where it changes", "of the copied", "share of the copied's", "PSNR", "SSIM",
            "correlation", "left as it was"]  # fmt: skip
    rows = []
    for name, one in groups.items():
        changed = one["changed"] or {}
        rows.append([
            name, str(one["unchanged"]["n"]), *(span(_at(changed, kind, "l1")) for kind in ("edited", "copied")),
            span(changed.get("l1_to_copied")), span(_at(changed, "edited", "psnr")),
            span(_at(changed, "edited", "ssim")), span(one["correlation"]), span(one["unchanged"]["value"]),
        ])  # fmt: skip
    return table(head, rows)


def _places(groups: Found) -> str:
    head = ["finding", "change within the finding's region", "the truth's own", "an even change",
            "on the side asked for", "the truth's own"]  # fmt: skip
    rows = [
        [name, *(span(one["localised"][kind]) for kind in ("edited", "truth", "even")),
         *(span(_at(one["side"], kind)) for kind in ("edited", "truth"))]
        for name, one in groups.items()
    ]  # fmt: skip
    return table(head, rows)


def _severities(groups: Found) -> str:
    head = ["finding", "severity", "share of the copied's error", "correlation"]
    rows = [
        [name, word, span(one["l1_to_copied"]), span(one["correlation"])]
        for name, group in groups.items()
        for word, one in group["severity"].items()
    ]
    return table(head, rows)


def _signs(groups: Found) -> str:
    head = ["finding", "sign", "input", "truth", "edit", "edit less truth", "absolute", "input to truth, absolute"]
    keys = ("copied", "truth", "edited", "error", "absolute_error", "copied_absolute_error")
    rows = [
        [name, sign.replace("_", " "), *(span(one[key]) for key in keys)]
        for name, group in groups.items()
        for sign, one in (group["signs"] or {}).items()
    ]
    return table(head, rows) if rows else ""


def _judged(groups: Found) -> str:
    head = ["finding", "judge on the input", "on the truth", "on the edit", "AUROC of the truth", "of the edit"]
    keys = ("copied", "truth", "edited", "auroc_truth", "auroc_edited")
    rows = [[name, *(span(one["judge"][key]) for key in keys)] for name, one in groups.items() if one["judge"]]
    return table(head, rows) if rows else ""


def _at(found: Found | None, *keys: str) -> Any:
    for key in keys:
        found = found.get(key) if found else None
    return found
