"""Edits made here and now, by weights."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts import Cohort
from causaray.cohorts.drawn import PREFIX, devices, is_drawn
from causaray.devices import AUTO
from causaray.editors.edit import EditRequest
from causaray.editors.protocol import Attentive, Editor, Writer, segmenter, takes_side
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.asked import ASKED, prompts
from causaray.evaluation.edits.edited_cohort import EditedCohort, Progress, kept
from causaray.finding import Finding
from causaray.findings import Findings, parse_prompt
from causaray.systems.causal_disentanglement.seed_optimisation import ReferenceGuidance
from causaray.writing import make_folder

BATCH = 16
LOOKED = 3
"""Images of which the page shows what the interaction transformer looks at."""


@dataclass(frozen=True)
class Settings:
    """How edits are made: seed of the noise, strength, steps of the denoisings (the weights' own when None), and a pull
    that optimises the noise toward references."""

    seed: int = 0
    strength: float = 0.7
    steps: int | None = None
    pull: ReferenceGuidance | None = None

    def about(self) -> dict[str, Any]:
        """What metrics.json says of them."""
        steps = {"steps": self.steps} if self.steps else {}
        pulled = {"pulled": f"{self.pull.engine_name} toward {self.pull.encoder_name}"} if self.pull else {}
        return {"strength": self.strength, **steps, **pulled}


@dataclass(frozen=True, eq=False)
class EditorCandidate:
    """A `Candidate` of weights; `cards` are those of the cohorts it was trained on."""

    editor: Editor
    cards: list[dict[str, Any]]
    settings: Settings

    @classmethod
    def open(cls, spec: EditorSpec, settings: Settings, device: str = AUTO) -> Self:
        """Open an editor. Raises BadInput when there is none, and for settings that are not for such a one."""
        editor = spec.open(device)
        wanted = {"steps": settings.steps, "references": settings.pull}
        for option, value in wanted.items():
            if value and option not in editor.takes:
                raise BadInput(f"{editor.name} takes no {option}; those are for weights of system 1.")
        return cls(editor, spec.cohorts, settings)

    @property
    def name(self) -> str:
        return self.editor.name

    @property
    def digest(self) -> str:
        return self.editor.digest

    @property
    def adds_only(self) -> bool:
        """Whether what is asked to be taken away comes back as it is."""
        return self.editor.adds_only

    def check(self, cohort: Cohort, split: str, allow_trained: bool) -> None:
        """Refuse images of another size, and patients that the weights may have learned from.

        A cohort is known by its name or the digests of its files, and pairs drawn on its films by their name; only the
        split test of such a cohort is held out.
        """
        if not takes_side(self.editor, cohort.size):
            raise BadInput(
                f"The cohorts were prepared at {cohort.size} px; {self.name} works at {self.editor.size} px."
            )
        known = [card["name"] for card in cohort.cards if any(_same(card, trained) for trained in self.cards)]
        if known and split != "test" and not allow_trained:
            raise BadInput(
                f"{self.name} was trained on {', '.join(known)}, where only split test was held out, not {split}; "
                "measure on that, or say --allow-trained."
            )

    def findings(self, name: str, rows: Cohort) -> tuple[str, ...]:
        """What is asked of that cohort as far as the weights know it."""
        return tuple(f for f in ASKED.get(name, self.editor.names) if f in self.editor.names)

    def about(self) -> dict[str, Any]:
        """Name, digest and settings."""
        guidance = self.editor.config.guidance
        about = {"weights": self.name, "digest": self.digest, "guidance": guidance, "adds_only": self.adds_only}
        return {**about, **self.settings.about()}

    def edits(self, name: str, rows: Cohort, findings: tuple[str, ...], work: Path, progress: Progress) -> EditedCohort:
        """Reconstruct and edit all rows; what `work` already holds of the same editor and images is not made again."""
        factual = torch.from_numpy(rows.images(np.arange(len(rows))))
        equal, reconstruction = torch.equal(factual, self.edit(factual, None)), self.reconstruct(factual)
        store = work / self._fingerprint(factual)
        make_folder(store)
        looked = self.editor.attention(factual[:LOOKED]) if isinstance(self.editor, Attentive) else []
        made = EditedCohort(name, rows, factual, reconstruction, equal, store, attention=looked)
        for finding in findings:
            added, removed = (
                kept(store / f"{finding}-{side}.npy", partial(self._answer, factual, prompt, progress))
                for side, prompt in zip(("added", "removed"), prompts(name, finding), strict=True)
            )
            made.pairs[finding] = (torch.from_numpy(added), torch.from_numpy(removed))
        return made

    def segmented(self, images: Tensor, names: Sequence[str]) -> Tensor | None:
        """The maps of the findings named, where the editor tells where findings are."""
        one = segmenter(self.editor)
        if one is None:
            return None
        maps = torch.cat([one.segment(part) for part in images.split(BATCH)])
        columns = torch.tensor([self.editor.names.index(name) for name in names])
        return maps[torch.arange(len(maps)), columns][:, None]

    def answerable(self, rows: Cohort, requests: Sequence[Finding]) -> np.ndarray:
        """Whether the weights know what each of the rows asks for: bool (N,)."""
        return np.array([one.name in self.editor.names for one in requests])

    def answers(
        self, rows: Cohort, images: Tensor, requests: Sequence[Finding], work: Path, progress: Progress
    ) -> Tensor:
        """Images (N, 1, S, S), each edited by its own request; those of one request are edited together."""
        made, asked = images.clone(), list(zip((one.to_text() for one in requests), self._devices(rows), strict=True))
        for prompt, device in dict.fromkeys(asked):
            which = np.flatnonzero([one == (prompt, device) for one in asked])
            store = work / self._fingerprint(images[which])
            make_folder(store)
            answer = partial(self._answer, images[which], prompt, progress, device)
            name = f"{prompt}, {device}" if device else prompt
            made[which] = torch.from_numpy(kept(store / f"{name}.npy", answer))
        return made

    def _devices(self, rows: Cohort) -> list[str | None]:
        """The kind of device that each row of drawn pairs was drawn with, for an editor that can be told."""
        told = "support_device" in self.editor.takes and is_drawn(rows)
        return devices(rows) if told else [None] * len(rows)

    def edit(
        self, images: Tensor, request: Findings | None, progress: Progress | None = None, device: str | None = None
    ) -> Tensor:
        """Counterfactuals of images (N, 1, S, S) at the strength and seed measured at; the null edit for None."""
        asked, made, how = request or Findings((Finding(self.editor.names[0]),)), [], self.settings
        strength = 0.0 if request is None else how.strength
        wanted = EditRequest(asked, how.seed, strength, steps=how.steps, references=how.pull, support_device=device)
        for part in images.split(BATCH):
            made.append(self.editor.edit(part, wanted).counterfactual)
            if progress:
                progress(f"editing: {asked.to_text()}", sum(len(m) for m in made), len(images))
        return torch.cat(made)

    def written(self, images: Tensor, request: Findings) -> list[str]:
        """What the editor itself writes of its edits of images (N, 1, S, S); nothing of one that does not write."""
        if not isinstance(self.editor, Writer):
            return []
        wanted = EditRequest(request, self.settings.seed, self.settings.strength)
        return [note["written"] for part in images.split(BATCH) for note in self.editor.edit(part, wanted).notes]

    def _answer(self, images: Tensor, prompt: str, progress: Progress, device: str | None = None) -> np.ndarray:
        return self.edit(images, parse_prompt(prompt), progress, device).numpy()

    def reconstruct(self, images: Tensor) -> Tensor:
        """What the decoder makes of images (N, 1, S, S)."""
        return torch.cat([self.editor.reconstruct(part) for part in images.split(BATCH)])

    def shown(self) -> Counter[str]:
        """Finding -> how many images of the cohorts trained on show it, in whichever split."""
        return sum((Counter(card["counts"]["present"]) for card in self.cards), Counter())

    def _fingerprint(self, factual: Tensor) -> str:
        """What the edits depend on, so that those of other weights, images or settings are never taken for these."""
        settings = (
            f"{self.digest} {self.name} {self.editor.config} {self.settings.seed} {self.settings.about()} ".encode()
        )
        return hashlib.sha256(settings + factual.numpy().tobytes()).hexdigest()[:16]


def _same(card: dict[str, Any], trained: dict[str, Any]) -> bool:
    names = {one["name"].removeprefix(PREFIX) for one in (card, trained)}
    return len(names) == 1 or card.get("digest") == trained["digest"]
