"""Which films are read: as many of each kind, and no patient twice."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from causaray.errors import BadInput
from causaray.evaluation.reading_room.films import Film

Group = tuple[str, str, str]
"""Source, finding and state."""
Candidates = dict[Group, dict[str, list[Film]]]
"""Of each group the films of each patient."""


def choose(films: Sequence[Film], each: int | None = None, seed: int = 0) -> list[Film]:
    """`each` films of every source, finding and state, all of different patients; None is as many as there can be.

    Every film has a patient. Which films they are depends on the seed alone. Raises BadInput when there are too few
    patients, saying how many films there can be.
    """
    rng, groups = np.random.default_rng(seed), _grouped(films)
    network = Network.of(groups, rng)
    most = network.most()
    wanted = most if each is None else each
    if wanted > most or not wanted:
        raise BadInput(_too_few(groups, wanted, most))
    chosen = network.assigned(wanted) or []
    return [found[rng.integers(len(found))] for group, patient in chosen for found in [groups[group][patient]]]


@dataclass(frozen=True)
class Network:
    """Which group may have which patient, as (group, patient) numbers in `pairs` (N, 2)."""

    groups: list[Group]
    patients: list[str]
    pairs: np.ndarray

    @classmethod
    def of(cls, groups: Candidates, rng: np.random.Generator) -> Self:
        """The network of candidates, its patients in an order drawn by `rng`."""
        patients = sorted({patient for found in groups.values() for patient in found})
        patients = [patients[i] for i in rng.permutation(len(patients))]
        number = {patient: i for i, patient in enumerate(patients)}
        pairs = [(i, number[patient]) for i, found in enumerate(groups.values()) for patient in found]
        return cls([*groups], patients, np.array(pairs))

    def most(self) -> int:
        """The largest number of patients that every group can have."""
        low, high = 0, int(np.bincount(self.pairs[:, 0]).min())
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.assigned(middle) else (low, middle - 1)
        return low

    def assigned(self, each: int) -> list[tuple[Group, str]] | None:
        """`each` patients for every group and none for two, by a flow through groups and patients; None if too few."""
        groups, patients = len(self.groups), len(self.patients)
        source, sink = groups + patients, groups + patients + 1
        tails = [np.full(groups, source), self.pairs[:, 0], groups + np.arange(patients)]
        heads = [np.arange(groups), groups + self.pairs[:, 1], np.full(patients, sink)]
        most = np.concatenate([np.full(groups, each), np.ones(len(self.pairs) + patients, int)]).astype(np.int32)
        graph = csr_array((most, (np.concatenate(tails), np.concatenate(heads))), (sink + 1, sink + 1))
        flow = maximum_flow(graph, source, sink)
        if flow.flow_value < each * groups:
            return None
        found = zip(*flow.flow[:groups].nonzero(), strict=True)
        return [(self.groups[group], self.patients[head - groups]) for group, head in found if head < source]


def _grouped(films: Sequence[Film]) -> Candidates:
    groups: Candidates = defaultdict(lambda: defaultdict(list))
    for film in films:
        groups[film.source, film.finding.name, film.finding.state][film.patient or film.image].append(film)
    return groups


def _too_few(groups: Candidates, wanted: int, most: int) -> str:
    (source, finding, _), found = min(groups.items(), key=lambda one: len(one[1]))
    fewest = f"the fewest patients, {len(found)}, are those of {finding} from {source}"
    if not most:
        return f"There are too few patients for a set in which none appears twice; {fewest}."
    return (
        f"{wanted} films of each finding from each source were asked for, where no patient may appear twice and "
        f"{most} can be had ({fewest}); ask for --per-finding {most} or fewer, or add patients."
    )
