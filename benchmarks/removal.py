"""`python -m benchmarks.removal COHORT`: devices taken out of phantoms, beside the true image without them.

COHORT was made by `causaray phantom` at 64 px. Writes docs/results/removal.md and removal.png.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from causaray import weightfiles
from causaray.classifiers.judge import Judge
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import truth
from causaray.editors.edit import EditRequest
from causaray.evaluation.images.distances import l1
from causaray.evaluation.measures.truth import truly_changed
from causaray.evaluation.statistics.bootstrap import ratio_of_means
from causaray.findings import parse_prompt
from causaray.imagefiles import Panel, write_grid
from causaray.priors.text_prior import load_prior
from causaray.systems.baselines.inpainting import InpaintingEditor
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor
from causaray.systems.prism.prism import Config, PrismEditor

FINDING, REQUEST, IMAGES, STRENGTH = "Support Devices", parse_prompt("no support devices"), 48, 1.0
AROUND = 2
"""Pixels around the true device that a mask holds, as a hand would draw it."""
OUT = Path(__file__).parent.parent / "docs" / "results"
HEAD = """\
# Devices taken out of phantoms

Made by `python -m benchmarks.removal COHORT`: {n} patients of split test who have a device, asked for "no support
devices" at strength {strength:g}. Distance to the true image without it as a share of the untouched image's, with 95 %
intervals by patient: over the pixels that truly change, and over the whole image. Below 1 is nearer to the truth than
to do nothing. Devices are small: what an editor changes elsewhere weighs heavily over the whole image. With a mask the
device's surroundings of {around} pixels alone may change. The judge's mean probability of a device: {before:.2f}
before, {after:.2f} on the truth. Guidance and strength were chosen on 24 patients of split val.

| | truly changed pixels | whole image | judge |
|---|---|---|---|
"""


def main(folder: str) -> None:
    """Measure every way and write the page."""
    cohort = with_devices(Cohort.open(folder).subset(split="test"))
    images = torch.from_numpy(cohort.images(np.arange(len(cohort))))
    true, judge, people = truth(cohort, REQUEST), Judge.load("judge-phantom-64"), cohort.table["patient"].to_numpy()
    where = truly_changed(images, true)
    mask = nn.functional.max_pool2d(where.float(), 2 * AROUND + 1, 1, AROUND) > 0
    made = {name: edit(images) for name, edit in ways(mask).items()}

    def share(image: Tensor, region: Tensor | None) -> str:
        far, copied = (l1(x, true, region).numpy() for x in (image, images))
        known = np.isfinite(copied)
        one = ratio_of_means(far[known], copied[known], people[known])
        return f"{one['value']:.2f} ({one['low']:.2f} to {one['high']:.2f})"

    def seen(image: Tensor) -> float:
        return float(judge.predict(image)[:, judge.names.index(FINDING)].mean())

    head = HEAD.format(n=len(cohort), strength=STRENGTH, around=AROUND, before=seen(images), after=seen(true))
    lines = [f"| {name} | {share(x, where)} | {share(x, None)} | {seen(x):.2f} |" for name, x in made.items()]
    (OUT / "removal.md").write_text(head + "\n".join(lines) + "\n\n![removal](removal.png)\n", encoding="utf-8")
    shown = {"factual": images, "truth": true, **made}
    rows = [[Panel(x[i, 0].numpy(), name) for name, x in shown.items()] for i in range(4)]
    write_grid(rows, OUT / "removal.png")


def with_devices(cohort: Cohort) -> Cohort:
    """The first IMAGES rows that show a device."""
    rows = np.flatnonzero(cohort.labels([FINDING])[:, 0] == 1)[:IMAGES]
    return cohort.subset(mask=np.isin(np.arange(len(cohort)), rows))


def ways(mask: Tensor) -> Mapping[str, Callable[[Tensor], Tensor]]:
    """Each way of taking devices out: images (N, 1, S, S) -> images."""
    prior, ours = load_prior("prior-phantom-64"), CausalDisentanglementEditor.load(weightfiles.find("phantom-64"))
    prism, inpainting = PrismEditor(prior, Config(guidance=4.0)), InpaintingEditor(prior)
    null_text = PrismEditor(prior, Config("null-text", guidance=4.0))
    return {
        "copied input": lambda x: x.clone(),
        "inpainting in the mask": lambda x: (
            inpainting.edit(x, EditRequest(REQUEST, strength=STRENGTH, mask=mask)).counterfactual
        ),
        "PRISM in the mask": lambda x: prism.edit(x, EditRequest(REQUEST, strength=STRENGTH, mask=mask)).counterfactual,
        "PRISM": lambda x: prism.edit(x, EditRequest(REQUEST, strength=STRENGTH)).counterfactual,
        "PRISM, null text": lambda x: null_text.edit(x, EditRequest(REQUEST, strength=STRENGTH)).counterfactual,
        "system 1": lambda x: ours.edit(x, EditRequest(REQUEST, strength=0.7)).counterfactual,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
