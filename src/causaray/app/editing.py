"""Editing radiographs: the editor changes them, the judge says what it sees before and after."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.app.films import FilmReader, open_films
from causaray.app.fullsize import laid, uncovered
from causaray.app.inputs import Region
from causaray.app.judging import judged
from causaray.app.signs import observed
from causaray.classifiers.judge import Judge
from causaray.counterfactual import Counterfactual
from causaray.devices import AUTO
from causaray.editors.edit import EditRequest
from causaray.editors.protocol import ATTENTION, Attentive, Editor, finest, segmenter
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.ood.mahalanobis import Typical
from causaray.imagefiles import Panel
from causaray.scan import Scan

JUDGE = weightfiles.JUDGE


@dataclass(frozen=True)
class EditingPipeline:
    """An editor, the judge that watches it, what is typical of the editor's images, and what reads signs off films."""

    editor: Editor
    judge: Judge
    typical: Typical | None = None
    films: FilmReader | None = None

    @classmethod
    def open(cls, spec: EditorSpec, device: str = AUTO) -> "EditingPipeline":
        """Load an editor and the shipped judge. Raises BadInput when something cannot be read."""
        judge = Judge.load(weightfiles.find(JUDGE))
        films, editor = open_films(judge), spec.open(device)
        return cls(editor, judge, None if spec.kind else Typical.load(spec.folder, judge), films)

    def edit(self, scans: Sequence[Scan], request: EditRequest, region: Region | None = None) -> list[Counterfactual]:
        """One batch of films of any shape: the edits are made of square copies, and laid on the films' own pixels.

        region: where the films may change, at their own pixels. Raises BadInput for a strength outside [0, 1], for
        findings, or words, that the weights do not know, and for options that are not of the editor.
        """
        images = as_tensor([scan.square(self.size) for scan in scans])
        if region is not None:
            request = replace(request, mask=torch.from_numpy(region.square(self.size))[None, None])
        edit = self.editor.edit(images, request)
        whole = None if region is None else region.whole()
        made = [laid(scan, images[i], edit, i, whole) for i, scan in enumerate(scans)]
        said = judged(self.judge, images, edit.counterfactual, [f.name for f in request.findings])
        seen = observed(self.films, scans, made)
        typicality = self.typical.told(images) if self.typical else [None] * len(scans)
        notes = edit.notes or [{}] * len(scans)
        named = [edit.shares.asked(request.findings, i) if edit.shares else {} for i in range(len(scans))]
        done = [
            Counterfactual(
                factual=scan,
                counterfactual=made[i],
                request=request.findings,
                method=self.editor.method,
                weights=self.editor.weights,
                digest=self.editor.digest,
                seed=request.first_seed,
                strength=request.strength,
                judge=f"{JUDGE} {self.judge.digest}",
                **said[i],
                **seen[i].told,
                typicality=typicality[i],
                negative=request.negative,
                edited_at=self.size,
                words=request.captions,
                mask=None if whole is None else float(whole.mean()),
                **notes[i],
                shares={name: uncovered(scan, sheet, self.size) for name, sheet in named[i].items()},
            )
            for i, scan in enumerate(scans)
        ]
        return [one.judged_by(its.evidence) for one, its in zip(done, seen, strict=True)]

    @property
    def size(self) -> int:
        """Side in pixels of the square copies that are edited: the finest that the editor takes."""
        side = finest(self.editor)
        if side is None:
            raise BadInput(f"{self.editor.name} draws findings on whole films; `causaray edit` and `draw` do that.")
        return side

    @property
    def segments(self) -> bool:
        """Whether the editor tells where the findings are."""
        return segmenter(self.editor) is not None

    def attention(self, scan: Scan) -> list[list[Panel]]:
        """What the editor looks at in a scan: a row a layer, for `imagefiles.write_grid`.

        Orange is more than even attention, blue less. No rows where the editor cannot tell, or has no layers.
        """
        if not isinstance(self.editor, Attentive):
            return []
        square = scan.square(self.editor.size or self.size)
        (layers,) = self.editor.attention(as_tensor([square]))
        return [
            [Panel(square.pixels, "factual"), Panel(acted, f"layer {i}: {ATTENTION[0]}"), Panel(looking, ATTENTION[1])]
            for i, (acted, looking) in enumerate(layers, 1)
        ]


def as_tensor(scans: Sequence[Scan]) -> Tensor:
    """Square scans of one size as float32 (B, 1, S, S) in [0, 1]."""
    return torch.stack([torch.from_numpy(scan.pixels) for scan in scans])[:, None]


def as_scan(image: Tensor, like: Scan) -> Scan:
    """A synthetic image (1, S, S) in [0, 1] as a Scan, with spacing and view of `like` but nobody's identity."""
    return Scan(image[0].numpy(), spacing=like.spacing, view=like.view)
