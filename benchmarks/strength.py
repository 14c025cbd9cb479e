"""How much an edit changes at each strength: `python -m benchmarks.strength` writes docs/results/strength.md."""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.findings import parse_prompt
from causaray.imagefiles import read_scan

DEMO = Path(__file__).parent.parent / "src" / "causaray" / "app" / "demo"
OUT = Path(__file__).parent.parent / "docs" / "results" / "strength.md"
STRENGTHS = (0.05, 0.2, 0.35, 0.5, 0.7, 1.0)
PROMPTS = (
    *("edema", "left pleural effusion", "cardiomegaly", "right pneumothorax", "right lower lobe consolidation"),
    "left atelectasis",
)


def films(cohort: Path | None, side: int, most: int) -> Tensor:
    """Films (n, 1, side, side) of a cohort's validation split, or the adults of the demonstration."""
    if cohort is None:
        scans = [read_scan(file).square(side) for file in sorted(DEMO.glob("adult*.jpg"))[:most]]
        return torch.stack([torch.from_numpy(scan.pixels)[None] for scan in scans])
    rows = Cohort.open(cohort).subset(split="val").frontal()
    return torch.from_numpy(rows.images(np.arange(min(most, len(rows)))))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strength", description=__doc__)
    parser.add_argument("--cohort", type=Path, help="prepared at the edits' size; else the demonstration's adults")
    parser.add_argument("--films", type=int, default=3)
    parser.add_argument("--weights", default="cxr-128")
    given = parser.parse_args()
    editor = EditorSpec.of(given.weights).open("cpu")
    images = films(given.cohort, getattr(editor, "finest", None) or editor.size or 256, given.films)
    rows = []
    for prompt in PROMPTS:
        request = parse_prompt(prompt)
        made = [editor.edit(images, EditRequest(request, 0, strength)).counterfactual for strength in STRENGTHS]
        change = [float((one - images).abs().mean()) for one in made]
        share = [float(((one - images).abs() >= 0.02).float().mean()) for one in made]
        rows.append(
            f"| {prompt} | " + " | ".join(f"{a:.4f} ({b:.0%})" for a, b in zip(change, share, strict=True)) + " |"
        )
    heads = " | ".join(map(str, STRENGTHS))
    text, which = "\n".join(rows), given.cohort.name if given.cohort else "the adults of the demonstration"
    OUT.write_text(f"""# What a strength changes

Made by `python -m benchmarks.strength`, weights {given.weights} {editor.digest[:16]}, {len(images)} films
({which}). Mean absolute change, of a grey range of 1,
and the share of the pixels that change by 0.02 or more, at each strength.

| prompt | {heads} |
|{"---|" * (len(STRENGTHS) + 1)}
{text}
""")
    print(OUT.read_text())


if __name__ == "__main__":
    main()
