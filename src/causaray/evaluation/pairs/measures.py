"""How near edits come to the known truth of drawn pairs, as metrics.json holds it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from causaray.evaluation.edits.edited_cohort import Progress
from causaray.evaluation.images.distances import l1
from causaray.evaluation.measures.effect import separation
from causaray.evaluation.measures.truth import change_correlation, distance_to_truth, truly_changed
from causaray.evaluation.pairs.edits import EditedPairs
from causaray.evaluation.pairs.pairs import ALL, Asked, Pairs
from causaray.evaluation.pairs.place import localised, on_side, overlap, region
from causaray.evaluation.pairs.seen import Observer, Seen
from causaray.evaluation.statistics.bootstrap import Estimate, known_mean, mean_interval, ratio_of_means
from causaray.vocabulary import SEVERITIES

Figures = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Values:
    """One way round: all images, what is seen on them, and the figures of each pair (n,)."""

    asked: Asked
    made: Tensor
    seen: dict[str, Seen]
    by_pair: dict[str, np.ndarray]
    patients: np.ndarray
    severities: np.ndarray
    added: bool


def measure(edited: EditedPairs, observer: Observer, seed: int, tell: Progress) -> Figures:
    """ALL and each finding -> "added", "removed" and "maps"; and "l1_to_copied" of all together, over changed pixels.

    Figures have intervals by patient. "copied" is the input itself, "truth" the true image, where either says how an
    editor would fare that does nothing, or all.
    """
    values = {way: _values(edited, way, asked, made, observer) for way, asked, made in edited.ways()}
    found: Figures = {}
    groups = list(edited.pairs.groups())
    for done, (group, rows) in enumerate(groups):
        tell(f"truth: {group}", done, len(groups))
        found[group] = {way: _group(one, rows, group, seed) for way, one in values.items()}
        if edited.seen is not None:
            found[group]["maps"] = _maps(edited.seen, edited.pairs, rows, seed)
    return {**found, "l1_to_copied": _l1_to_copied(list(values.values()), seed)}


def _values(edited: EditedPairs, way: str, asked: Asked, made: Tensor, observer: Observer) -> Values:
    pairs, film, drawn = edited.pairs, observer.film, observer.drawn
    copied, truth = (film, drawn) if way == "added" else (drawn, film)
    seen = {"copied": copied, "truth": truth, "edited": observer.see(made)}
    severities = np.array([one.severity or "" for one in pairs.requests])
    return Values(
        asked, made, seen, _by_pair(asked, made, edited, observer), pairs.patients, severities, way == "added"
    )


def _by_pair(asked: Asked, made: Tensor, edited: EditedPairs, observer: Observer) -> dict[str, np.ndarray]:
    where, changed = region(edited.pairs.share), truly_changed(asked.before, asked.truth)
    changes = {"edited": made - asked.before, "truth": asked.truth - asked.before}
    sided = edited.pairs.requests
    return {
        "l1_edited": l1(made, asked.truth, changed).numpy(),
        "l1_copied": l1(asked.before, asked.truth, changed).numpy(),
        "correlation": change_correlation(made, asked.truth, asked.before).numpy(),
        "unchanged": (changes["edited"] == 0).all(3).all(2).all(1).numpy(),
        "even": where.float().mean((1, 2, 3)).numpy(),
        **{f"localised_{name}": localised(change, where) for name, change in changes.items()},
        **{f"side_{name}": on_side(change, observer.left_half, sided) for name, change in changes.items()},
    }


def _group(values: Values, rows: np.ndarray, group: str, seed: int) -> Figures:
    people, asked = values.patients[rows], values.asked
    by_pair = {name: value[rows] for name, value in values.by_pair.items()}
    seen = {name: one.rows(rows) for name, one in values.seen.items()}
    distances = distance_to_truth(values.made[rows], asked.truth[rows], asked.before[rows], None, people, seed)
    shares = {name: by_pair[f"localised_{name}"] for name in ("edited", "truth")} | {"even": by_pair["even"]}
    sides = {name: known_mean(by_pair[f"side_{name}"], people, seed=seed) for name in ("edited", "truth")}
    return {
        **distances,
        "localised": {name: known_mean(share, people, seed=seed) for name, share in shares.items()},
        "side": sides if sides["truth"] else None,
        "signs": None if group == ALL else _signs(seen, people, seed),
        "judge": _judge(seen, people, values.added, seed),
        "severity": _by_severity(by_pair, values.severities[rows], people, seed),
        "unchanged": mean_interval(by_pair["unchanged"], people, seed=seed),
    }


def _maps(seen: tuple[Tensor, Tensor], pairs: Pairs, rows: np.ndarray, seed: int) -> Figures:
    """How well the editor's own maps, of films and of drawn films, tell where the finding is.

    "dice" of its map of the drawn film with the true share; "film" and "drawn", the part of the image that it takes for
    the finding before and after it is drawn; "truth", the part that truly is.
    """
    film, drawn = seen
    parts = {"film": film, "drawn": drawn, "truth": pairs.share}
    by_pair = {"dice": overlap(drawn, pairs.share)}
    by_pair |= {name: part.mean((1, 2, 3)).numpy() for name, part in parts.items()}
    people = pairs.patients[rows]
    return {name: known_mean(value[rows], people, seed=seed) for name, value in by_pair.items()}


def _signs(seen: dict[str, Seen], people: np.ndarray, seed: int) -> Figures | None:
    """Sign -> its means, and how far those of the edit are from those of the truth; None for findings without one."""
    found = {}
    for name in seen["truth"].signs:
        three = {kind: one.signs[name] for kind, one in seen.items()}
        known = np.isfinite(list(three.values())).all(0)
        if known.any():
            found[name] = _sign({kind: value[known] for kind, value in three.items()}, people[known], seed)
    return found or None


def _sign(three: dict[str, np.ndarray], people: np.ndarray, seed: int) -> dict[str, Estimate]:
    error = three["edited"] - three["truth"]
    values = {
        **three,
        "error": error,
        "absolute_error": np.abs(error),
        "copied_absolute_error": np.abs(three["copied"] - three["truth"]),
    }
    return {name: mean_interval(value, people, seed=seed) for name, value in values.items()}


def _judge(seen: dict[str, Seen], people: np.ndarray, added: bool, seed: int) -> Figures | None:
    """The judge's mean probability, and its AUROC of telling the truth, and the edit, from the input."""
    known = np.isfinite(seen["truth"].judge)
    if not known.any():
        return None
    scores, people = {name: one.judge[known] for name, one in seen.items()}, people[known]
    found: Figures = {name: mean_interval(score, people, seed=seed) for name, score in scores.items()}
    for name in ("truth", "edited"):
        pair = (scores[name], scores["copied"]) if added else (scores["copied"], scores[name])
        found[f"auroc_{name}"] = separation(*pair, people, seed=seed)
    return found


def _by_severity(by_pair: dict[str, np.ndarray], severities: np.ndarray, people: np.ndarray, seed: int) -> Figures:
    found = {}
    for word in (word for word in SEVERITIES if (severities == word).any()):
        rows = severities == word
        top, bottom = by_pair["l1_edited"][rows], by_pair["l1_copied"][rows]
        found[word] = {
            "l1_to_copied": _ratio(top, bottom, people[rows], seed),
            "correlation": known_mean(by_pair["correlation"][rows], people[rows], seed=seed),
        }
    return found


def _l1_to_copied(ways: list[Values], seed: int) -> Estimate | None:
    edited, copied = (np.concatenate([one.by_pair[f"l1_{name}"] for one in ways]) for name in ("edited", "copied"))
    return _ratio(edited, copied, np.concatenate([one.patients for one in ways]), seed)


def _ratio(top: np.ndarray, bottom: np.ndarray, people: np.ndarray, seed: int) -> Estimate | None:
    """Of the pairs that truly change; None where none does."""
    known = np.isfinite(bottom)
    return ratio_of_means(top[known], bottom[known], people[known], seed=seed) if known.any() else None
