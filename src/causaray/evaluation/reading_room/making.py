"""Making a reading set: choose the films, make them alike, and part what readers may know from the key."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from causaray.cohorts.store import check_free, written_whole
from causaray.errors import BadInput
from causaray.evaluation.reading_room.blinding import Progress, detail, shuffled, write_alike
from causaray.evaluation.reading_room.choice import choose
from causaray.evaluation.reading_room.films import (
    DISEASED,
    UNTOUCHED,
    WANTED,
    Film,
    diseased_films,
    edited_films,
    untouched_films,
    with_patients,
)
from causaray.evaluation.reading_room.key import Entry, Key, digest
from causaray.evaluation.reading_room.reader_set import NOTICE, READER, ReaderSet, choices
from causaray.scan import SMALLEST_SIDE
from causaray.vocabulary import canonical_name


def make(
    edited: Mapping[str, Path],
    out: Path,
    untouched: Path | None,
    diseased: Path | None,
    findings: Sequence[str],
    state: str,
    per_finding: int | None,
    seed: int,
    side: int,
    progress: Progress,
) -> Key:
    """Write a set to `out`, whole or not at all; the arguments are those of the verb. Returns its key."""
    _check(edited, state, per_finding, side)
    check_free(out)
    films = choose(_films(edited, untouched, diseased, findings, state), per_finding, seed)
    named, coarsest = shuffled(films, seed), detail(films)
    with written_whole(out) as folder:
        reader = folder / READER
        reader.mkdir()
        write_alike(named, reader, side, coarsest, progress)
        entries = {name: Entry.of(film, reader / name) for name, film in named.items()}
        id = digest("".join(entry.sha256 for entry in entries.values()).encode())[:16]
        ReaderSet(reader, id, tuple(named), choices(film.finding.name for film in films)).write(side)
        key = Key(id, {"seed": seed, "side": side, "detail": coarsest}, entries)
        key.write(folder)
        (folder / "README.txt").write_text(f"{NOTICE}\nGive readers the folder {READER}, not the key.\n")
    return key


def _check(edited: Mapping[str, Path], state: str, per_finding: int | None, side: int) -> None:
    taken = {UNTOUCHED, DISEASED} & set(edited)
    if not edited or taken or not all(edited):
        raise BadInput(f"Name at least one editor, and none {UNTOUCHED} or {DISEASED}, as in --edited ours=FOLDER.")
    if state not in WANTED:
        raise BadInput(f"There is no state {state}; it is one of {', '.join(WANTED)}.")
    if per_finding is not None and per_finding < 1:
        raise BadInput(f"{per_finding} films of each finding make no set; ask for at least 1.")
    if not SMALLEST_SIDE <= side <= 4096:
        raise BadInput(f"Images of {side} pixels cannot be read; the side should be from {SMALLEST_SIDE} to 4096.")


def _films(
    edited: Mapping[str, Path], untouched: Path | None, diseased: Path | None, findings: Sequence[str], state: str
) -> list[Film]:
    """All films that may be chosen: of the findings that every editor has edited, or of those named."""
    made = {name: edited_films(name, Path(folder), state) for name, folder in edited.items()}
    asked = _asked(made, findings)
    real = [] if diseased is None else [film for film in diseased_films(Path(diseased)) if film.finding.name in asked]
    normal = [] if untouched is None else untouched_films(Path(untouched))
    for folder, found, what in ((diseased, real, f"only one of {', '.join(asked)}"), (untouched, normal, "no finding")):
        if folder is not None and not found:
            raise BadInput(f"{folder} holds no frontal film with {what}; name another folder, or leave it out.")
    films = [film for one in made.values() for film in one if film.finding.name in asked]
    return with_patients([*films, *real, *normal])


def _asked(made: Mapping[str, Sequence[Film]], findings: Sequence[str]) -> list[str]:
    """The findings of the set, by name. Raises BadInput unless every editor has edited them."""
    known = [{film.finding.name for film in films} for films in made.values()]
    shared = sorted(set.intersection(*known))
    asked = sorted({canonical_name(name) for name in findings}) or shared
    if not shared or set(asked) - set(shared):
        wrong = next(iter(sorted(set(asked) - set(shared))), "any one finding")
        raise BadInput(f"Not every editor has edited {wrong}; they share {', '.join(shared) or 'none'}.")
    return asked
