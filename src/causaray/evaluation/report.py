"""What an evaluation leaves behind: metrics.json, results.md, and grids to look at."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from causaray.evaluation.edits import EditedCohort
from causaray.imagefiles import burn_in
from causaray.writing import whole_file

ROWS = 10


def write_report(report: dict[str, Any], sets: Sequence[EditedCohort], out: Path, seed: int) -> None:
    """Write metrics.json (NaN as null), results.md and a grid a finding into `out`."""
    text = json.dumps(json.loads(json.dumps(report), parse_constant=lambda _: None), indent=1)
    with whole_file(out / "metrics.json") as beside:
        beside.write_text(text + "\n", encoding="utf-8")
    for edited in sets:
        for finding in edited.pairs:
            with whole_file(out / grid_name(edited.name, finding)) as beside:
                Image.fromarray(grid(edited, finding, seed)).save(beside, format="PNG", optimize=True)
    with whole_file(out / "results.md") as beside:
        beside.write_text(markdown(report), encoding="utf-8")


def grid_name(cohort: str, finding: str) -> str:
    return f"{cohort}-{finding.lower().replace(' ', '-')}.png"


def grid(edited: EditedCohort, finding: str, seed: int, rows: int = ROWS) -> np.ndarray:
    """uint8 (rows * S, 5 * S) of a draw of images: factual, reconstructed, removed, added, difference of the two."""
    added, removed = edited.pairs[finding]
    chosen = np.random.default_rng(seed).permutation(len(added))[:rows]
    lines = [
        torch.cat([edited.factual[i], edited.reconstruction[i], _marked(removed[i]), _marked(added[i]),
                   ((added[i] - removed[i]) * 1.5 + 0.5)], dim=2)
        for i in chosen
    ]  # fmt: skip
    return (torch.cat(lines, dim=1)[0].clamp(0, 1) * 255).round().to(torch.uint8).numpy()


def _marked(image: Tensor) -> Tensor:
    return torch.from_numpy(burn_in(image[0].numpy(), "SYNTHETIC"))[None]


def span(value: dict[str, Any] | float | None) -> str:
    """A figure with its interval, "0.912 (0.880-0.940)"; "-" for what was not measured."""
    if value is None:
        return "-"
    if not isinstance(value, dict):
        return f"{value:.3f}"
    return f"{value.get('value', value.get('auroc')):.3f} ({value['low']:.3f} to {value['high']:.3f})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def markdown(report: dict[str, Any]) -> str:
    """The report as tables. Intervals are 95 %, by drawing patients; KID's are quantiles over subsets."""
    about = report["about"]
    parts = [
        f"# {about['weights']} on split {about['split']}\n",
        f"Made by `{about['command']}`.\n" * bool(about["command"]),
    ]
    parts.append(
        f"Causaray {about['version']}, weights {about['digest'][:16]}, judge {about['judge']}, seed {about['seed']}, "
        f"strength {about['strength']}, guidance {about['guidance']}. Figures with 95 % intervals by drawing patients; "
        "those of KID are quantiles over subsets of 100. The judge shares no patient with the guide.\n"
    )
    for name, found in report["cohorts"].items():
        parts += [f"## {name}: {found['images']} images of {found['patients']} patients\n", *_cohort(name, found)]
    return "\n".join(parts)


def _cohort(name: str, found: dict[str, Any]) -> list[str]:
    parts = [
        f"Null edit equals the reconstruction exactly: {'yes' if found['null edit equals reconstruction'] else 'NO'}.\n"
    ]
    if "reconstruction" in found:
        r = found["reconstruction"]
        parts.append(f"Reconstruction: PSNR {span(r['psnr'])} dB, SSIM {span(r['ssim'])}.\n")
    if "effect" in found:
        parts += _effects(name, found["effect"])
    if "identity" in found:
        i = found["identity"]
        parts.append(
            f"Nearest real image is of the own patient: edited {span(i['edited'])} (n {i['edited']['n']}), reconstructed "
            f"{span(i['reconstructed'])}; control, shuffled patients: {i['control shuffled patients']:.3f}.\n"
        )
    if "realism" in found:
        parts.append(_realism(found["realism"]))
    return parts


def _effects(name: str, effects: dict[str, Any]) -> list[str]:
    copies = ("as edited", "low-passed", "noised", "shifted")
    head = [
        "finding",
        "judge on real images",
        "on reconstructions",
        *copies,
        "raised",
        "control copied",
        "control shuffled",
    ]
    rows = [
        [f"[{f}]({grid_name(name, f)})", span(e["judge on real images"]), span(e["judge on reconstructions"]),
         *(span(e[c]) for c in copies), span(e["raised"]), span(e["control copied input"]),
         span(e["control shuffled sides"]["value"])]
        for f, e in effects.items()
    ]  # fmt: skip
    mean = np.mean([e["as edited"]["value"] for e in effects.values()])
    text = (
        "Effect: AUROC of the judge on the images edited to show the finding against the same images edited not to "
        f"(`raised`: share of images whose score is higher with it). Mean {mean:.3f}.\n"
    )
    return [text, _table(head, rows)]


def _realism(found: dict[str, Any]) -> str:
    kid = found["KID x 1000 to real"]
    power = found["power above half Nyquist, edited / reconstructed"]
    return (
        f"KID x 1000 to the real images: edited {span(kid['edited'])} (n {kid['edited']['n']}), reconstructed "
        f"{span(kid['reconstructed'])} (n {kid['reconstructed']['n']}), ratio {found['KID ratio']:.3f}; "
        f"control, real against real: {found['control real against real, x 1000']:.3f}. Power above half the Nyquist frequency: edited / "
        f"reconstructed {span(power)}, reconstructed / real "
        f"{found['power above half Nyquist, reconstructed / real']:.3f}.\n"
    )
