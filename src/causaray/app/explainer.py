"""CounterfactualExplainer: what a classifier would have to see to say otherwise, as libraries of Python ask for it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from torch import Tensor

from causaray.app.fullsize import laid
from causaray.devices import AUTO
from causaray.editors.edit import Edit, EditRequest
from causaray.editors.protocol import Editor, finest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.audit.audit import common
from causaray.evaluation.audit.classifier import Classifier, answers_of
from causaray.evaluation.audit.interface import OUTPUTS, Interface
from causaray.evaluation.audit.named import architecture_of
from causaray.evaluation.audit.opening import open_classifier
from causaray.findings import Finding, Findings
from causaray.ranges import from_range
from causaray.scan import Scan
from causaray.weightfiles import MODEL

BATCH = 16
Net = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Explanation:
    """One image and one finding: the counterfactual that a classifier answers to.

    Attributes:
        finding: that is asked about, and `state` what the counterfactual was asked to show: "present" where the
            classifier had said no, "absent" where it had said yes.
        factual, counterfactual: float32 (H, W) in [0, 1], bone bright, of the image's own pixels.
        before, after: the classifier's probability of the finding on them.
        flipped: whether its reading changed, and `strength` of the edit: the weakest tried that changed it, or else the
            one that moved it most.
    """

    finding: str
    state: str
    factual: np.ndarray
    counterfactual: np.ndarray
    before: float
    after: float
    flipped: bool
    strength: float

    @property
    def asked(self) -> str:
        """What the counterfactual was asked to show, in words."""
        return f"{'no ' if self.state == 'absent' else ''}{self.finding.lower()}"

    @property
    def difference(self) -> np.ndarray:
        """Counterfactual minus factual, float32 (H, W) in [-1, 1]."""
        return self.counterfactual - self.factual


class CounterfactualExplainer(BaseEstimator):
    """Explains a classifier of chest radiographs: `CounterfactualExplainer(net, findings=[...]).explain(images)`.

    Parameters are read and set as scikit-learn has it (`get_params`, `set_params`, `clone`).

    Args:
        classifier: a torch module (or function) from images (B, channels, side, side) in `range` to outputs (B, n); an
            ONNX file; a folder of a trained classifier; or the name of the shipped judge, "judge-224".
        findings: what the outputs are, in order; needed of a module. A file or folder says it itself.
        range: of the grey values that the classifier takes, and that `explain` is given: a name of
            `causaray.ranges.RANGES`. Of a file or folder None, for what it says itself.
        output: of a module, "probability" or "logit" (each finding apart: a sigmoid, no softmax).
        threshold: the probability from which on it says yes: None for what a file or folder says, else 0.5.
        side: of the square images that a module takes, in pixels; None for any.
        channels: that a module takes, 1 or 3 equal ones.
        editor: weights that edit, as `causaray evaluate --weights` names them.
        strengths: tried one after the other, until the reading changes.
        seed: of the noise.
        device: where the editor runs. A module runs where it is, and its images are on the CPU.
    """

    def __init__(
        self,
        classifier: Net | str | Path = "judge-224",
        *,
        findings: Sequence[str] | None = None,
        range: str | None = None,
        output: str = "probability",
        threshold: float | None = None,
        side: int | None = None,
        channels: int = 1,
        editor: str | Path = "cxr-128",
        strengths: Sequence[float] = (0.35, 0.7, 1.0),
        seed: int = 0,
        device: str = AUTO,
    ) -> None:
        self.classifier, self.findings, self.range = classifier, findings, range
        self.output, self.threshold, self.side, self.channels = output, threshold, side, channels
        self.editor, self.strengths, self.seed, self.device = editor, strengths, seed, device

    def explain(self, images: "np.ndarray | Tensor", findings: Sequence[str] = ()) -> list[list[Explanation]]:
        """For each image an explanation of each finding.

        Args:
            images: (B, C, H, W) or one (C, H, W), frontal, in the classifier's range: what it is given, too. They may
                have any size, and are not inverted nor rescaled.
            findings: which to explain; all that classifier and editor both know when none is named.

        Raises BadInput for images of another range, findings that either does not know, and outputs that are no answer.
        """
        if not self.strengths or not all(0 < one <= 1 for one in self.strengths):
            raise BadInput("The strengths of an explainer are one or several numbers above 0 and up to 1.")
        spec = EditorSpec.read(self.editor)
        with self._opened() as classifier:
            pixels = _grey(images, classifier.interface.range)
            editor = spec.open(self.device)
            columns = common(classifier.interface.findings, editor.names, findings)
            if (side := finest(editor)) is None:
                raise BadInput(f"{editor.name} draws findings on whole films; name weights that edit, such as cxr-128.")
            asking = _Asking(classifier, editor, side, sorted(self.strengths), self.seed)
            by_finding = [asking.explain(pixels, finding, column) for finding, column in columns.items()]
        return [list(row) for row in zip(*by_finding, strict=True)]

    @contextmanager
    def _opened(self) -> Iterator[Classifier]:
        if not isinstance(self.classifier, str | Path):
            yield self._of_net(self.classifier)
            return
        path, stated = Path(self.classifier), self._stated()
        architecture = None if path.is_file() and path.name != MODEL else architecture_of(path)
        with open_classifier(path, architecture, stated) as classifier:
            yield classifier

    def _of_net(self, net: Any) -> Classifier:
        if self.findings is None:
            raise BadInput("Name what the outputs of the classifier are, in order, by findings=[...].")
        if self.output not in OUTPUTS:
            raise BadInput(f"The output {str(self.output)[:40]} of a classifier is none of {', '.join(OUTPUTS)}.")
        if isinstance(net, torch.nn.Module) and net.training:
            raise BadInput("The classifier is in training mode, in which it answers by the batch; call its eval().")
        threshold = 0.5 if self.threshold is None else self.threshold
        interface = Interface(tuple(self.findings), self.range or "unit", self.output, threshold)
        name = type(net).__name__ if isinstance(net, torch.nn.Module) else getattr(net, "__name__", "classifier")
        return Classifier(name, "", interface, self.side, self.channels, answers_of(net))

    def _stated(self) -> dict[str, str]:
        named = json.dumps(list(self.findings)) if self.findings is not None else None
        threshold = str(self.threshold) if self.threshold is not None else None
        said = {"range": self.range, "threshold": threshold, "findings": named}
        return {key: value for key, value in said.items() if value is not None}


@dataclass(frozen=True)
class _Asking:
    """Edits and asks; `side` is that of the square copies that the editor takes."""

    classifier: Classifier
    editor: Editor
    side: int
    strengths: Sequence[float]
    seed: int

    def explain(self, images: Tensor, finding: str, column: int) -> list[Explanation]:
        """Of images (B, 1, H, W) in [0, 1] what changes an output, a batch at a time."""
        return [one for part in images.split(BATCH) for one in self._explain(part, finding, column)]

    def _explain(self, images: Tensor, finding: str, column: int) -> list[Explanation]:
        threshold = self.classifier.interface.threshold
        films = [Scan(image[0].numpy()) for image in images]
        squares = torch.stack([torch.from_numpy(film.square(self.side).pixels) for film in films])[:, None]
        before = self.classifier.predict(images)[:, column]
        states = ["absent" if p >= threshold else "present" for p in before]
        best: list[Explanation | None] = [None] * len(films)
        for strength in self.strengths:
            for state in ("present", "absent"):
                rows = [i for i, one in enumerate(best) if states[i] == state and not (one and one.flipped)]
                if not rows:
                    continue
                request = EditRequest(Findings((Finding(finding, state),)), self.seed, strength)
                made = self.editor.edit(squares[rows], request)
                whole = self._whole([films[i] for i in rows], squares[rows], made)
                after = self.classifier.predict(whole)[:, column]
                for i, image, p in zip(rows, whole, after, strict=True):
                    flipped = (p >= threshold) != (before[i] >= threshold)
                    said = float(before[i]), float(p), bool(flipped)
                    one = Explanation(finding, state, films[i].pixels, image[0].numpy(), *said, strength)
                    best[i] = one if _moves_more(one, best[i]) else best[i]
        return [one for one in best if one is not None]

    @staticmethod
    def _whole(films: Sequence[Scan], squares: Tensor, made: Edit) -> Tensor:
        """The edits at the films' own pixels: (B, 1, H, W)."""
        laid_out = [laid(film, squares[i], made, i).pixels for i, film in enumerate(films)]
        return torch.from_numpy(np.stack(laid_out))[:, None]


def _moves_more(one: Explanation, other: Explanation | None) -> bool:
    if other is None or one.flipped:
        return True
    toward = 1 if one.state == "present" else -1
    return toward * one.after > toward * other.after


def _grey(images: "np.ndarray | Tensor", range: str) -> Tensor:
    """float32 (B, 1, H, W) in [0, 1]."""
    given = torch.as_tensor(images).detach().cpu().float()
    if given.ndim not in (3, 4):
        raise BadInput(f"The images are {tuple(given.shape)}, where (B, C, H, W) or (C, H, W) was expected.")
    return from_range(given if given.ndim == 4 else given[None], range).contiguous()
