"""Who trains, who chooses, who judges: always whole patients, never single images."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b

from causaray.errors import BadInput
from causaray.study import Study

SPLIT_SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}
FOLD_SHARES = {"guide": 0.5, "judge": 0.5}


def split_patients(
    patients: Iterable[str], fractions: Mapping[str, float] = SPLIT_SHARES, seed: int = 0
) -> dict[str, str]:
    """Give every patient a part: {patient: name of the part}, `fractions` {name: share of the patients}, summing to 1.

    A patient's part depends on the identifier and the seed alone, so adding patients moves nobody, and the shares
    are met only on average. Raises BadInput when the shares are not positive or do not sum to 1.
    """
    if abs(sum(fractions.values()) - 1) > 1e-6 or min(fractions.values(), default=0) <= 0:
        raise BadInput(f"The shares {dict(fractions)} must be positive and sum to 1, as in {SPLIT_SHARES}.")
    return {patient: _part(_uniform(f"{seed}:{patient}"), fractions) for patient in set(patients)}


def complete_parts(studies: Sequence[Study], where: str) -> list[Study]:
    """The same studies with no split left open: a patient's images follow one that has it, the rest are drawn by hash.

    So with the fold, which only training patients have. Raises BadInput for a patient in two splits or folds; `where`
    is the table that it names.
    """
    splits = _complete([study.split for study in studies], studies, SPLIT_SHARES, 0, f"splits of {where}")
    folds = _complete([study.fold or None for study in studies], studies, FOLD_SHARES, 1, f"folds of {where}")
    return [
        replace(study, split=split, fold=fold if split == "train" else "")
        for study, split, fold in zip(studies, splits, folds, strict=True)
    ]


def _complete(
    given: list[str | None], studies: Sequence[Study], shares: Mapping[str, float], seed: int, where: str
) -> list[str]:
    first: dict[str, tuple[str, str]] = {}
    for part, study in zip(given, studies, strict=True):
        if part is None:
            continue
        known, image = first.setdefault(study.patient, (part, study.image.name))
        if known != part:
            raise BadInput(
                f"{image} is in {known!r} and {study.image.name} in {part!r} of the {where}, "
                "but both are of one patient, whose images all belong together."
            )
    drawn = split_patients([study.patient for study in studies], shares, seed)
    return [first[study.patient][0] if study.patient in first else drawn[study.patient] for study in studies]


def _uniform(text: str) -> float:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) / 2**64


def _part(position: float, fractions: Mapping[str, float]) -> str:
    for name, share in fractions.items():
        if position < share:
            return name
        position -= share
    return name
