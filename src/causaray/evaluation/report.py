"""What an evaluation leaves behind: metrics.json, results.md, and grids to look at."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from causaray.evaluation.edits.edited_cohort import EditedCohort
from causaray.evaluation.edits.grids import grid_name, write_grids
from causaray.evaluation.judges import belief
from causaray.evaluation.measures.effect import COPIES
from causaray.evaluation.page.page import ADDS_ONLY, page
from causaray.writing import whole_file, without_nan

READING = """\
Figures with 95 % intervals by drawing patients. The judge shares no patient with the guide, and reads each cohort's
real images (its own AUROC stands beside each effect). `low passed`, `noised` and `shifted` are copies of the edits that
an eye would read alike. Each finding links to a draw of edits (factual, reconstructed, removed, added, difference) and
to those where the judge changed most, middling and least.
"""


NULL = {True: "yes", False: "NO", None: "not known"}


def write_report(report: dict[str, Any], sets: Sequence[Sequence[EditedCohort]], out: Path, seed: int) -> None:
    """Write metrics.json (NaN as null), index.html, results.md and the grids into `out`; `sets` editor by editor."""
    with whole_file(out / "metrics.json") as beside:
        beside.write_text(json.dumps(without_nan(report), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    for edited in sets[0]:
        write_grids(edited, out, seed)
    with whole_file(out / "index.html") as beside:
        beside.write_text(page(without_nan(report), sets), encoding="utf-8")
    with whole_file(out / "results.md") as beside:
        beside.write_text(markdown(report), encoding="utf-8")


def span(value: dict[str, Any] | float | None) -> str:
    """A figure with its interval, "0.912 (0.880 to 0.940)"; "-" for what was not measured."""
    if value is None:
        return "-"
    if not isinstance(value, dict):
        return f"{value:.3f}"
    return f"{value['value']:.3f} ({value['low']:.3f} to {value['high']:.3f})"


def counted(value: dict[str, Any] | None) -> str:
    """A figure with its interval and what it rests on."""
    return f"{span(value)}, n {value['n']} of {value['patients']} patients" if value else "-"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def markdown(report: dict[str, Any]) -> str:
    """The report as tables, the command that made it at the top."""
    about = report["about"]
    parts = [
        f"# {about['weights']} on split {about['split']}\n",
        f"Made by `{about['command']}`.\n" * bool(about["command"]),
        f"Causaray {about['version']}, weights {about['digest'][:16]}, judge {about['judge'][:16]}, "
        f"seed {about['seed']}, strength {about['strength']}, guidance {about['guidance']}.\n",
        READING,
        f"{about['weights']} {ADDS_ONLY}\n" * bool(about.get("adds_only")),
        "The editor, or the judge, has learned from these patients: not a held-out split.\n"
        * (about["split"] != "test"),
    ]
    for name, found in report["cohorts"].items():
        parts += [
            f"## {name}: {found['images']} images of {found['patients']} patients\n",
            *_cohort(name, found, about),
        ]
    return "\n".join(parts)


def _cohort(name: str, found: dict[str, Any], about: dict[str, Any]) -> list[str]:
    parts = [f"Null edit gives the input back exactly: {NULL[found['null_edit_equal']]}.\n"]
    if left := {finding: n for finding, n in found.get("unchanged", {}).items() if n}:
        parts.append(f"Left as they were when the finding was to be added: {left_alone(left)}.\n")
    if found.get("reconstruction"):
        r = found["reconstruction"]
        parts.append(f"Reconstruction: PSNR {span(r['psnr'])} dB, SSIM {span(r['ssim'])}.\n")
    if "effect" in found:
        parts += [*_effects(name, found["effect"], found["mean_effect"]), f"{belief.said(about, found)}\n"]
    if "identity" in found:
        parts += ["### Identity\n", _identity(found["identity"])]
    if "realism" in found:
        parts += ["### Realism\n", _realism(found["realism"])]
    return parts


def left_alone(counts: dict[str, int]) -> str:
    """How many images of each finding."""
    return ", ".join(f"{n} of {finding}" for finding, n in counts.items())


def _words(key: str) -> str:
    return key.replace("_", " ")


def _effects(name: str, effects: dict[str, Any], mean: dict[str, Any]) -> list[str]:
    judged = [
        [f"[{f}]({grid_name(name, f)}), [extremes]({grid_name(name, f, True)})", span(e["judge_real"]),
         span(e["judge_reconstructed"]), *(span(e[copy]) for copy in COPIES)]
        for f, e in effects.items()
    ]  # fmt: skip
    beside = [
        [f, span(e["raised"]), span(e["flipped"]), span(e["change_asked"]),
         span(e["change_other"]), span(e["control_copied"]), span(e["control_shuffled"])]
        for f, e in effects.items()
    ]  # fmt: skip
    return [
        "### Effect\n",
        "AUROC of the judge on the images edited to show the finding against the same images edited not to. "
        f"Mean {span(mean)}.\n",
        table(["finding", "judge on real images", "on reconstructions", *map(_words, COPIES)], judged),
        "`raised`: images whose score is higher with the finding than without; `flipped`: images read as showing it "
        "with and not without; then the mean change of the judge's probability. Controls are to be 0.5.\n",
        table(["finding", "raised", "flipped", "change", "of other findings", "copied input", "shuffled"], beside),
    ]


def _identity(found: dict[str, Any]) -> str:
    head = ["nearest real image is of the own patient", "edited", "reconstructed", "real"]
    rows = _identity_rows(found, "") + _identity_rows(found["low_passed"], ", both low passed")
    note = (
        "Low passed, queries and gallery alike, sharpness is no evidence: else what the autoencoder blurs, edited or "
        "not, is near to whichever real image is blurred."
    )
    return table(head, rows) + f"\n{note}\n"


def _identity_rows(found: dict[str, Any], how: str) -> list[list[str]]:
    out = found["source_left_out"]
    among = f"among {found['gallery']} real images{how} ({found['control_shuffled']:.3f} with patients shuffled)"
    return [
        [among, counted(found["edited"]), counted(found["reconstructed"]), "1"],
        [f"source image left out{how}", *(counted(out[side]) for side in ("edited", "reconstructed", "real"))],
    ]


def _realism(found: dict[str, Any]) -> str:
    kid, fid = found["kid_x1000"], found["fid"]
    missing = "- (more images than features are needed)"
    rows = [
        ["KID x 1000 to real", counted(kid["edited"]), counted(kid["reconstructed"]), span(found["kid_ratio"]),
         span(found["kid_x1000_control_real"])],
        ["FID to real", *(missing if fid[side] is None else span(fid[side]) for side in ("edited", "reconstructed")),
         "-", "-"],
        ["power above half Nyquist / real", span(found["power_edited_to_real"]),
         span(found["power_reconstructed_to_real"]),
         span(found["power_edited_to_reconstructed"]), "1"],
    ]  # fmt: skip
    note = f"KID over pairs of different patients; with all pairs its ratio is {span(found['kid_ratio_all_pairs'])}."
    return table(["", "edited", "reconstructed", "edited / reconstructed", "real against real"], rows) + f"\n{note}\n"
