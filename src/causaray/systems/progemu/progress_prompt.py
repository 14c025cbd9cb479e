"""What is to happen, in words: "effusion larger, edema resolved" as wishes, and back in the words that are learned."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings, parse_prompt
from causaray.progression import Change

_SPELLINGS = {
    "new": "new, newly, develops, developed, appears, appeared",
    "worse": "worse, worsens, worsened, worsening, larger, bigger, increases, increased, increasing, progresses, "
    "progressed, progressing, progression, grows, grown",
    "better": "better, improves, improved, improving, smaller, less, decreases, decreased, decreasing, regresses, "
    "regressed, shrinks, shrunk",
    "resolved": "resolved, resolves, gone, cleared, clears, disappeared, disappears",
    "unchanged": "unchanged, stable, persistent, persists",
}
CHANGE_WORDS = {word: kind for kind, words in _SPELLINGS.items() for word in words.split(", ")}
_PARTS = re.compile(r"[,;.]|\band\b|\bbut\b|\bwith\b")
_NOTHING = re.compile(r"^\W*(no (interval )?change|unchanged|stable)?\W*$", re.IGNORECASE)
_EXAMPLE = 'such as "effusion larger, edema resolved"'
LEFT_OUT = 0.25
"""Probability in training that a wish is told without its severity, its side, its place, or the kind of its change."""


@dataclass(frozen=True)
class Wish:
    """What is to become of one finding: the kind of change, as of `progression.Change`, or None where only what is to
    be there afterwards is said; and the finding afterwards, or before where it is to be resolved."""

    kind: str | None
    finding: Finding

    def to_text(self) -> str:
        """Such as "worse severe left pleural effusion"."""
        return f"{self.kind or ''} {self.finding.to_text()}".strip()


def read_wishes(prompt: str) -> tuple[Wish, ...]:
    """The wishes of a prompt, what is to stay unchanged left out.

    Raises BadInput for a prompt that changes nothing, for a word that is not known, and for a part that names no
    finding or two changes.
    """
    wishes = [] if _NOTHING.match(prompt) else [_wish(part) for part in _PARTS.split(prompt.lower()) if part.strip()]
    changing = tuple(wish for wish in wishes if wish.kind != "unchanged")
    if not changing:
        raise BadInput(f'"{prompt.strip()}" changes nothing, so the follow-up is the prior film; say what is to '
                       f"happen, {_EXAMPLE}.")  # fmt: skip
    return changing


def _wish(part: str) -> Wish:
    words = part.split()
    kinds = {CHANGE_WORDS[word] for word in words if word in CHANGE_WORDS}
    if len(kinds) > 1:
        raise BadInput(f'"{part.strip()}" says that a finding is {" and ".join(sorted(kinds))}; say one, {_EXAMPLE}.')
    rest = " ".join(word for word in words if word not in CHANGE_WORDS)
    if not rest:
        raise BadInput(f'"{part.strip()}" names no finding; say what changes, {_EXAMPLE}.')
    (finding, *more) = parse_prompt(rest)
    if more:
        raise BadInput(f'"{part.strip()}" names two findings; put a comma between them, {_EXAMPLE}.')
    kind = next(iter(kinds), None)
    if finding.state == "absent" and kind in (None, "resolved"):
        return Wish("resolved", replace(finding, state="present"))
    if finding.state != "present":
        raise BadInput(f'"{part.strip()}" leaves open what is to happen; say it plainly, {_EXAMPLE}.')
    return Wish(kind, finding)


def wishes_of(request: Findings) -> tuple[Wish, ...]:
    """The wishes of a request of `causaray edit`: what is present is to be there, what is absent to be resolved."""
    there = [Wish(None, finding) for finding in request if finding.state == "present"]
    gone = [Wish("resolved", replace(one, state="present")) for one in request if one.state == "absent"]
    return (*there, *gone)


def wishes_of_changes(changes: Iterable[Change]) -> tuple[Wish, ...]:
    """What is to happen so that these changes come about, in their order; nothing of what stays."""
    wanted = [(one.kind, one.after or one.before) for one in changes if one.kind not in ("unchanged", "persistent")]
    return tuple(Wish("new" if kind == "moved" else kind, finding) for kind, finding in wanted if finding)


def to_prompt(wishes: Iterable[Wish]) -> str:
    """Wishes in the words that are learned; "" when nothing is to change."""
    return ", ".join(wish.to_text() for wish in wishes)


def varied(wishes: Sequence[Wish], rng: np.random.Generator) -> list[Wish]:
    """The wishes as a user might tell them: in any order, this or that left unsaid."""
    return [_told_less(wishes[i], rng) for i in rng.permutation(len(wishes))]


def _told_less(wish: Wish, rng: np.random.Generator) -> Wish:
    unsaid = rng.random(4) < LEFT_OUT
    told = {name: None for name, out in zip(("severity", "side", "location"), unsaid, strict=False) if out}
    kind = None if unsaid[3] and wish.kind != "resolved" else wish.kind
    return Wish(kind, replace(wish.finding, **told))  # type: ignore[arg-type]
