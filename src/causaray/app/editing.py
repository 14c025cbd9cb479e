"""Editing radiographs: the editor changes them, the judge says what it sees before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.counterfactual import Counterfactual
from causaray.evaluation.attention import TITLES, attention_pictures
from causaray.evaluation.judge import Judge
from causaray.findings import Findings
from causaray.imagefiles import Panel
from causaray.methods.editor import Editor
from causaray.methods.seed_optimisation import Optimised, Pull
from causaray.scan import Scan

JUDGE = "judge-128"


@dataclass(frozen=True)
class Workplace:
    """An editor with its method's name, and the judge that watches it."""

    editor: Editor
    method: str
    judge: Judge

    @classmethod
    def open(cls, weights: Path) -> "Workplace":
        """Load the weights folder `weights` and the shipped judge. Raises BadInput when either cannot be read."""
        method = weightfiles.config(weights).get("method", "causal-disentanglement")
        return cls(Editor.load(weights), method, Judge.load(weightfiles.find(JUDGE)))

    def edit(
        self,
        scans: Sequence[Scan],
        request: Findings,
        seed: int,
        strength: float,
        pull: Pull | None = None,
        negative: Findings | None = None,
    ) -> list[Counterfactual]:
        """One batch: `scans` are square, at the editor's size, and read as one tensor; `pull` optimises the noise, and
        `negative` is kept away from.

        Raises BadInput for a strength outside [0, 1] and for findings that the weights do not know.
        """
        images = as_tensor(scans)
        found = (
            pull.noise(self.editor, images, request, self.editor.noise(seed, 1), strength, negative) if pull else None
        )
        noise = found.noise if found else None
        edit = self.editor.edit(images, request, seed=seed, strength=strength, noise=noise, negative=negative)
        asked = [name for name in dict.fromkeys(f.name for f in request) if name in self.judge.names]
        before, after = (self._judged(shown, asked) for shown in (images, edit.counterfactual))
        return [
            Counterfactual(
                factual=scan,
                counterfactual=as_scan(edit.counterfactual[i], scan),
                request=request,
                method=self.method,
                weights=self.editor.name,
                digest=self.editor.digest,
                seed=seed,
                strength=strength,
                judge=f"{JUDGE} {self.judge.digest}",
                judged={name: (before[i][j], after[i][j]) for j, name in enumerate(asked)},
                negative=negative,
                pulled=pulled(pull, found, i) if pull and found else None,
            )
            for i, scan in enumerate(scans)
        ]

    def attention(self, scan: Scan) -> list[list[Panel]]:
        """What the interaction transformer looks at in a scan: a row a layer, for `imagefiles.write_grid`.

        Orange is more than even attention, blue less. No rows where the transformer has no layers.
        """
        (layers,) = attention_pictures(self.editor, as_tensor([scan]))
        return [
            [Panel(scan.pixels, "factual"), Panel(acting, f"layer {i}: {TITLES[0]}"), Panel(acted_on, TITLES[1])]
            for i, (acting, acted_on) in enumerate(layers, 1)
        ]

    def _judged(self, images: Tensor, names: Sequence[str]) -> list[list[float]]:
        columns = [self.judge.names.index(name) for name in names]
        return self.judge.predict(images)[:, columns].tolist()


def pulled(pull: Pull, found: Optimised, i: int) -> dict[str, Any]:
    """What the record of an edit says of its long-tail optimisation: engine, encoder, and L_P before and after."""
    distance = {"before": round(float(found.before[i]), 4), "after": round(float(found.loss[i]), 4)}
    return {"engine": pull.engine_name, "encoder": pull.encoder_name, "references": pull.count, "distance": distance}


def as_tensor(scans: Sequence[Scan]) -> Tensor:
    """Square scans of one size as float32 (B, 1, S, S) in [0, 1]."""
    return torch.stack([torch.from_numpy(scan.pixels) for scan in scans])[:, None]


def as_scan(image: Tensor, like: Scan) -> Scan:
    """A synthetic image (1, S, S) in [0, 1] as a Scan, with spacing and view of `like` but nobody's identity."""
    return Scan(image[0].numpy(), spacing=like.spacing, view=like.view)
