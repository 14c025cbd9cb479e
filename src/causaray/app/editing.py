"""Editing radiographs: the editor changes them, the judge says what it sees before and after."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from causaray import weightfiles
from causaray.app.films import FilmReader, open_films
from causaray.app.fullsize import laid
from causaray.app.inputs import Region
from causaray.app.judging import judged
from causaray.app.signs import told_signs
from causaray.classifiers.judge import Judge
from causaray.counterfactual import Counterfactual
from causaray.editors.prior_editors import load_by_words
from causaray.errors import BadInput
from causaray.evaluation.ood.mahalanobis import Typical
from causaray.findings import Findings
from causaray.imagefiles import Panel
from causaray.priors.language_editor import LanguageEditor
from causaray.priors.text_prior import holds_prior
from causaray.scan import Scan
from causaray.systems.causal_disentanglement.attention_pictures import TITLES, attention_pictures
from causaray.systems.causal_disentanglement.editor import Edit, Editor
from causaray.systems.causal_disentanglement.seed_optimisation import Optimised, Pull
from causaray.systems.prism.filtered_prism import FilteredEdit

JUDGE = weightfiles.JUDGE


@dataclass(frozen=True)
class Workplace:
    """An editor with its method's name, the judge that watches it, what is typical of the editor's images, and what
    reads signs off films.
    """

    editor: Editor | LanguageEditor
    method: str
    judge: Judge
    typical: Typical | None = None
    films: FilmReader | None = None

    @classmethod
    def open(cls, weights: Path, kind: str | None = None, filters: str | Path | None = None) -> "Workplace":
        """Load the weights folder `weights` and the shipped judge.

        On a prior edits an editor by words: `kind` of BY_WORDS, PRISM when None, and its filters where they are named.
        Raises BadInput when something cannot be read, and for a kind or filters without a prior.
        """
        judge = Judge.load(weightfiles.find(JUDGE))
        films = open_films(judge)
        if holds_prior(weights):
            return cls(load_by_words(kind or "prism", weights, filters), kind or "prism", judge, films=films)
        if kind or filters:
            raise BadInput(f"Editors by words and filters need a prior, such as prior-128; {weights.name} holds none.")
        method = weightfiles.config(weights).get("method", "causal-disentanglement")
        return cls(Editor.load(weights), method, judge, Typical.load(weights, judge), films)

    def edit(
        self,
        scans: Sequence[Scan],
        request: Findings,
        seed: int,
        strength: float,
        pull: Pull | None = None,
        negative: Findings | None = None,
        mask: Region | None = None,
        words: tuple[str, str] | None = None,
    ) -> list[Counterfactual]:
        """One batch of films of any shape: the edits are made of square copies, and laid on the films' own pixels.

        `pull` optimises the noise, and `negative` is kept away from, both by system 1 alone. mask: where
        the films may change, at their own pixels. words: captions of source and target, in place of a
        request, for a prior. Raises BadInput for a strength outside [0, 1] and for findings, or words, that the weights
        do not know.
        """
        images = as_tensor([scan.square(self.size) for scan in scans])
        allowed = None if mask is None else torch.from_numpy(mask.square(self.size))[None, None]
        edit, found = self._made(images, request, seed, strength, pull, negative, allowed, words)
        whole = None if mask is None else mask.whole()
        made = [laid(scan, images[i], edit, i, whole) for i, scan in enumerate(scans)]
        said = judged(self.judge, images, edit.counterfactual, [f.name for f in request])
        signs = told_signs(self.films, scans, made)
        typicality = self.typical.told(images) if self.typical else [None] * len(scans)
        return [
            Counterfactual(
                factual=scan,
                counterfactual=made[i],
                request=request,
                method=self.method,
                weights=self.editor.prior.name if isinstance(self.editor, LanguageEditor) else self.editor.name,
                digest=self.editor.digest,
                seed=seed,
                strength=strength,
                judge=f"{JUDGE} {self.judge.digest}",
                **said[i],
                **signs[i],
                typicality=typicality[i],
                negative=negative,
                pulled=pulled(pull, found, i) if pull and found else None,
                words=words,
                mask=None if whole is None else float(whole.mean()),
                filtered=filtered(edit, i) if isinstance(edit, FilteredEdit) else None,
            )
            for i, scan in enumerate(scans)
        ]

    def _made(
        self, images: Tensor, request: Findings, seed: int, strength: float, pull: Pull | None,
        negative: Findings | None, mask: Tensor | None, words: tuple[str, str] | None,
    ) -> tuple[Edit, Optimised | None]:  # fmt: skip
        if isinstance(self.editor, LanguageEditor):
            how: dict[str, Any] = {"seed": seed, "strength": strength, "mask": mask}
            if words:
                return self.editor.edit_words(images, *words, **how), None
            return self.editor.edit(images, request, **how), None
        found = None
        if pull:
            asked = self.editor.resolved(request, seed)  # as the edit will read it
            found = pull.noise(self.editor, images, asked, self.editor.noise(seed, 1), strength, negative)
        noise = found.noise if found else None
        edit = self.editor.edit(images, request, seed=seed, strength=strength, noise=noise, negative=negative)
        if mask is not None:
            edit = replace(edit, counterfactual=torch.where(mask, edit.counterfactual, images))
        return edit, found

    @property
    def size(self) -> int:
        """Side in pixels of the square copies that are edited."""
        return self.editor.size

    @property
    def by_words(self) -> bool:
        """Whether the editor is one on a prior."""
        return isinstance(self.editor, LanguageEditor)

    def attention(self, scan: Scan) -> list[list[Panel]]:
        """What the interaction transformer looks at in a scan: a row a layer, for `imagefiles.write_grid`.

        Orange is more than even attention, blue less. No rows where there is no transformer, or one without layers.
        """
        if isinstance(self.editor, LanguageEditor):
            return []
        square = scan.square(self.size)
        (layers,) = attention_pictures(self.editor, as_tensor([square]))
        return [
            [Panel(square.pixels, "factual"), Panel(acting, f"layer {i}: {TITLES[0]}"), Panel(acted_on, TITLES[1])]
            for i, (acting, acted_on) in enumerate(layers, 1)
        ]


def pulled(pull: Pull, found: Optimised, i: int) -> dict[str, Any]:
    """What the record of an edit says of its long-tail optimisation: engine, encoder, and L_P before and after."""
    distance = {"before": round(float(found.before[i]), 4), "after": round(float(found.loss[i]), 4)}
    return {"engine": pull.engine_name, "encoder": pull.encoder_name, "references": pull.count, "distance": distance}


def filtered(edit: FilteredEdit, i: int) -> dict[str, Any]:
    """What the record of an edit says of PRISM's filters: their scores, and which edit they kept."""
    return {**edit.scores.told(i), "own": round(float(edit.own[i]), 2)}


def as_tensor(scans: Sequence[Scan]) -> Tensor:
    """Square scans of one size as float32 (B, 1, S, S) in [0, 1]."""
    return torch.stack([torch.from_numpy(scan.pixels) for scan in scans])[:, None]


def as_scan(image: Tensor, like: Scan) -> Scan:
    """A synthetic image (1, S, S) in [0, 1] as a Scan, with spacing and view of `like` but nobody's identity."""
    return Scan(image[0].numpy(), spacing=like.spacing, view=like.view)
