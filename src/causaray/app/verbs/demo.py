"""causaray demo: edits of the radiographs that come with the package."""

from dataclasses import replace
from pathlib import Path

from causaray.app.outputs import check_outputs
from causaray.arguments import Device, Out, Seed, Strength, Weights
from causaray.counterfactual import Counterfactual
from causaray.devices import AUTO
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.findings import parse_prompt
from causaray.imagefiles import read_scan, write_grid

DEMO = Path(__file__).parents[1] / "demo"
EDITS = {
    "left-effusion": ("adult.jpg", "moderate left pleural effusion"),
    "right-effusion": ("adult-2.jpg", "moderate right pleural effusion"),
    "pneumothorax": ("adult-3.jpg", "severe right pneumothorax"),
    "cardiomegaly": ("adult-4.jpg", "severe cardiomegaly"),
    "edema": ("adult-2.jpg", "severe edema"),
    "consolidation": ("adult-3.jpg", "severe right upper lobe consolidation"),
    "child-pneumonia": ("child.jpg", "severe left lower lobe consolidation"),
    "no-effusion": ("adult-effusion.jpg", "no pleural effusion"),
    "no-cardiomegaly": ("adult-large-heart.jpg", "no cardiomegaly"),
    "child-no-pneumonia": ("child-pneumonia.jpg", "no pneumonia"),
}
SIDE = 256
"""Pixels a side of the films as they are shown, however many the weights work at."""
GRID = "demo.png"


def demo(
    out: Out | None = "out/demo",
    *,
    seed: Seed = 0,
    strength: Strength = 0.7,
    weights: Weights = "cxr-128",
    device: Device = AUTO,
) -> list[Counterfactual]:
    """Edit the radiographs that come with the package (real, from the test splits of their data sets).

    Writes `out`/demo.png with a row an edit, and the picture and record of each; what an earlier demo has written is
    replaced. Raises BadInput when `out` cannot be written to or the weights cannot be loaded.
    """
    spec = EditorSpec.read(weights)
    if out is not None:
        check_outputs([Path(out) / GRID], force=True)

    from causaray.app.editing import EditingPipeline

    pipeline, made = EditingPipeline.open(spec, device), []
    for stem, (image, prompt) in EDITS.items():
        scan = read_scan(DEMO / image).square(SIDE)
        (one,) = pipeline.edit([scan], EditRequest(parse_prompt(prompt), seed, strength))
        made.append(replace(one, files=tuple(one.save(out, stem, ("png", "json")))) if out is not None else one)
    if out is not None:
        write_grid([one.panels() for one in made], Path(out) / GRID)
    return made
