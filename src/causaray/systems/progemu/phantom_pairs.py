"""Phantoms followed up under each treatment: four films of a patient, any two of which are a pair."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from causaray.cohorts.phantom import FINDINGS, Phantoms
from causaray.cohorts.phantom.changes import told
from causaray.cohorts.phantom.phrases import NO_CHANGE
from causaray.cohorts.phantom.progression import TREATMENTS
from causaray.cohorts.phantom.time import follow
from causaray.cohorts.phantom.wording import chooser
from causaray.experiments.results import kept_array
from causaray.findings import Findings
from causaray.progression import Change, changed
from causaray.systems.progemu.pairs import Pair
from causaray.systems.progemu.progress_prompt import to_prompt, varied, wishes_of_changes

DAYS = (3, 7, 14, 30, 60)
"""A patient is seen again after one of these, by lot."""
STATES = 1 + len(TREATMENTS)
"""Films of a patient: day 0, and the later day under each treatment, on one Brownian path."""

_VISIT = 20  # a stream of (seed, index), apart from those of the phantom world and of the trial of system 8


@dataclass(frozen=True, eq=False)
class PhantomPairs:
    """pixels: uint8 (P, STATES, S, S); findings: what each film shows; days (P,); patients (P,): their names;
    phantoms: of day 0. still: share of drawn pairs that are one film twice."""

    pixels: np.ndarray
    findings: list[tuple[Findings, ...]]
    days: np.ndarray
    phantoms: Phantoms
    still: float = 0.0
    free: bool = False
    names: tuple[str, ...] = FINDINGS

    def __len__(self) -> int:
        return len(self.days)

    @property
    def count(self) -> int:
        return len(self) * STATES

    @property
    def patients(self) -> np.ndarray:
        """A name for each patient (P,)."""
        return np.array([f"phantom-{self.phantoms.seed}-{index:06d}" for index in self.phantoms.indices])

    def films(self, rows: np.ndarray) -> Tensor:
        flat = self.pixels.reshape(-1, 1, *self.pixels.shape[2:])
        return torch.from_numpy(flat[rows]).float() / 255

    def changes(self, i: int, before: int, after: int) -> tuple[Change, ...]:
        """What changed in patient i between two of the films."""
        return changed(self.findings[i][before], self.findings[i][after])

    def draw(self, i: int, rng: np.random.Generator) -> Pair:
        before, after = rng.permutation(STATES)[:2]
        if rng.random() < self.still:
            after = before
        found = self.changes(i, before, after)
        prompt = to_prompt(varied(wishes_of_changes(found), rng))
        return Pair(i * STATES + int(before), i * STATES + int(after), prompt, interpretation(found, rng))

    def tested(self, i: int) -> Pair:
        """The one pair of patient i that is measured: day 0 and the later day under a treatment by lot, told fully."""
        rng = np.random.default_rng((self.phantoms.seed, int(self.phantoms.indices[i]), _VISIT, 1))
        after = 1 + int(rng.integers(len(TREATMENTS)))
        found = self.changes(i, 0, after)
        prompt = to_prompt(wishes_of_changes(found))
        return Pair(i * STATES, i * STATES + after, prompt, interpretation(found, rng))


def interpretation(found: tuple[Change, ...], rng: np.random.Generator) -> str:
    """What changed, by the grammar of phantom reports; what stayed is not told."""
    sentences = [told(change, rng) for change in found if change.kind not in ("unchanged", "persistent")]
    return " ".join(sentences) or chooser(rng)(NO_CHANGE)


def follow_up(phantoms: Phantoms, still: float = 0.0, work: Path | None = None) -> PhantomPairs:
    """The pairs of phantoms; the films are kept in the folder `work`, where one is given."""
    lots = [np.random.default_rng((phantoms.seed, int(index), _VISIT)) for index in phantoms.indices]
    day = np.array([int(rng.integers(len(DAYS))) for rng in lots])
    arms = [follow(phantoms, arm, DAYS) for arm in TREATMENTS]
    by_day = [(np.flatnonzero(day == d), [arm[d] for arm in arms]) for d in range(len(DAYS))]

    def drawn() -> np.ndarray:
        pixels = np.empty((len(phantoms), STATES, phantoms.world.size, phantoms.world.size), np.uint8)
        pixels[:, 0] = _bytes(phantoms.images)
        for rows, states in by_day:
            for arm, state in enumerate(states, 1):
                pixels[rows, arm] = _bytes(state.rows(rows).images)
        return pixels

    findings = [[one] for one in phantoms.findings]
    for rows, states in by_day:
        for state in states:
            for row, found in zip(rows, state.rows(rows).findings, strict=True):
                findings[row].append(found)
    key = ["pairs", vars(phantoms.world), phantoms.seed, phantoms.indices.tolist()]
    pixels = drawn() if work is None else kept_array(work, key, drawn)
    return PhantomPairs(pixels, [tuple(one) for one in findings], np.array(DAYS)[day], phantoms, still)


def _bytes(images: Tensor) -> np.ndarray:
    return (images[:, 0] * 255).round().to(torch.uint8).numpy()
