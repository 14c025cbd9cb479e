"""What an editor made of drawn pairs, and which of them it can be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from causaray.errors import BadInput
from causaray.evaluation.edits.candidates import Candidate
from causaray.evaluation.edits.edited_cohort import Progress
from causaray.evaluation.pairs.pairs import WAYS, Asked, Pairs


@dataclass(frozen=True, eq=False)
class EditedPairs:
    """Pairs, and the edits (n, 1, S, S) of each way; `removed` is None of an editor that only adds.

    seen: how much of each place of film and drawn film the editor takes for the finding of the pair, (n, 1, p, p) each;
    None of an editor that does not tell.
    """

    pairs: Pairs
    added: Tensor
    removed: Tensor | None
    seen: tuple[Tensor, Tensor] | None = None

    def ways(self) -> list[tuple[str, Asked, Tensor]]:
        """(way, what was asked, the edits) of all that was asked."""
        edits = (self.added, self.removed)
        return [(way, self.pairs.asked(way), made) for way, made in zip(WAYS, edits, strict=True) if made is not None]


def edit_pairs(one: Candidate, pairs: Pairs, work: Path, progress: Progress) -> EditedPairs:
    """All edits of an editor; what `work` holds of a stopped run is not made again."""
    made = [
        one.answers(pairs.rows, asked.before, asked.requests, work, progress)
        for asked in map(pairs.asked, WAYS[:1] if one.adds_only else WAYS)
    ]
    names = [request.name for request in pairs.requests]
    film, drawn = (one.segmented(images, names) for images in (pairs.film, pairs.drawn))
    seen = None if film is None or drawn is None else (film, drawn)
    return EditedPairs(pairs, made[0], made[1] if len(made) > 1 else None, seen)


def answerable(candidates: Sequence[Candidate], pairs: Pairs) -> tuple[Pairs, dict[str, int]]:
    """The pairs whose finding all candidates know, and finding -> how many of the others were left out.

    Raises BadInput when none is left, or an edit of a folder is missing.
    """
    known = np.logical_and.reduce([one.answerable(pairs.rows, pairs.requests) for one in candidates])
    names = [request.name for request, knows in zip(pairs.requests, known, strict=True) if not knows]
    if not known.any():
        who = " and ".join(one.name for one in candidates)
        raise BadInput(
            f"{who} cannot be asked for any finding of {pairs.name}, which holds {', '.join(sorted(set(names)))}."
        )
    left = pairs if known.all() else Pairs.of(pairs.name, pairs.rows.subset(mask=known))
    return left, {name: names.count(name) for name in sorted(set(names))}
