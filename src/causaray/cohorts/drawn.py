"""Pairs of a real film and the same film with a drawn finding: a cohort whose true counterfactuals are known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor

from causaray.anatomy.device_words import devices_named
from causaray.anatomy.drawing import Drawn
from causaray.anatomy.editor import DrawnEditor
from causaray.anatomy.requests import PLACED, SEVERITY, UNSIDED, lesions
from causaray.cohorts.cohort import PIXELS, Cohort
from causaray.cohorts.stacked import Stacked
from causaray.cohorts.store import check_free, describe, written_whole
from causaray.digests import digest_of
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import NAMES, Findings, parse_prompt
from causaray.study import Study
from causaray.vocabulary import DEVICE

TRUTH, SHARE, PAIRS = "truth.npy", "share.npy", "pairs.json"
PREFIX = "drawn-"
_BATCH = 16
_ZONES = ["upper zone", "middle zone", "lower zone"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Asked:
    """A finding to be drawn, and of support devices the kind, where it is named."""

    finding: Finding
    device: str | None = None


@dataclass(frozen=True)
class Pair:
    """One pair to be made: row of the source, what is asked for, and the seed of what that leaves open."""

    row: int
    asked: Asked
    seed: int


def prepare_pairs(
    cohort: str | Path,
    findings: Sequence[str],
    out: str | Path,
    *,
    weights: str | Path = "anatomy-128",
    split: str | None = None,
    per_film: int = 1,
    limit: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Cohort:
    """Draw findings on the frontal films of a prepared cohort, and write film, request, truth and share as pairs.

    Every row of the new cohort is an input film with one request; `truth.npy` holds the same film with the finding, and
    `share.npy` how much of each pixel is the finding's, both uint8 (n, S, S). A finding is not drawn on a film that is
    labelled with it, has it already and severe, or cannot be read; pairs.json counts what was passed over and why.

    Args:
        cohort: prepared cohort folder.
        findings: requests such as "moderate left pleural effusion". What one leaves open (severity, side, place) is
            drawn by lot for each film.
        out: folder of the pairs.
        weights: the net of coordinates, name or folder.
        split: rows to draw on; all when None.
        per_film: requests a film, each film its own; 0 draws every request on every film.
        limit: at most so many films.
        seed: of all that is left to chance; the same seed gives the same bytes.
        progress: called with (pairs made, in all).

    Raises:
        BadInput: for a request that cannot be drawn, and when nothing could be drawn.
    """
    out, source = Path(out), Cohort.open(cohort)
    check_free(out)
    editor, asked = DrawnEditor.load(weights), [one_request(text) for text in findings]
    for one in asked:
        editor.check(one.finding)
    rows = _chosen(source.subset(split=split).frontal(), limit, seed)
    plan = list(_plan(rows, asked, per_film, seed))
    with written_whole(out) as folder:
        sheets = _Sheets(folder, len(plan), source.size)
        for start in range(0, len(plan), _BATCH):
            part = plan[start : start + _BATCH]
            sheets.add(editor, rows, part)
            if progress is not None:
                progress(start + len(part), len(plan))
        sheets.close(source.name, editor)
        about = {"of": source.name, "findings": list(findings), "seed": seed, "weights": editor.digest}
        about |= {"refused": sheets.refused, "digest": {name: digest_of(folder / name) for name in (TRUTH, SHARE)}}
        (folder / PAIRS).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return Cohort.open(out)


class _Sheets:
    """The arrays of pairs as they are made, and why some were not."""

    def __init__(self, folder: Path, most: int, size: int) -> None:
        shape = (max(most, 1), size, size)
        self.folder, self.size = folder, size
        self.arrays = {name: open_memmap(folder / name, "w+", np.uint8, shape) for name in (PIXELS, TRUTH, SHARE)}
        self.studies: list[Study] = []
        self.refused: dict[str, int] = {}

    def add(self, editor: DrawnEditor, rows: Cohort, pairs: Sequence[Pair]) -> None:
        """Draw some pairs, whose films are read as one batch; where one is refused, count why."""
        images = torch.from_numpy(rows.images([pair.row for pair in pairs]))
        reading = editor.read(images)
        for i, pair in enumerate(pairs):
            asked = lesions(Findings([pair.asked.finding]), pair.seed, device=pair.asked.device)
            try:
                made = editor.draw_on(images[i : i + 1], reading, i, asked, pair.seed)
            except BadInput as error:
                why = str(error).split(" (")[0].rstrip(".")  # without the figures of one film
                self.refused[why] = self.refused.get(why, 0) + 1
                continue
            self._write(images[i : i + 1], made)
            kind = asked[0].where if pair.asked.finding.name == DEVICE else None
            self.studies.append(drawn_study(rows, replace(pair, asked=replace(pair.asked, device=kind))))

    def _write(self, film: Tensor, made: Drawn) -> None:
        for name, sheet in ((PIXELS, film), (TRUTH, made.film), (SHARE, made.share)):
            self.arrays[name][len(self.studies)] = (sheet[0, 0] * 255).round().clamp(0, 255).to(torch.uint8).numpy()

    def close(self, source: str, editor: DrawnEditor) -> None:
        """Write table and card. Raises BadInput when no pair was made."""
        if not self.studies:
            why = ", ".join(self.refused) or "it holds none"
            raise BadInput(f"No finding could be drawn on any film of {source}: {why}.")
        for name, array in self.arrays.items():
            array.flush()
            cut(self.folder / name, len(self.studies))
        describe(self.folder, self.studies, self.size, f"{source}, drawn on by {editor.name}")


def is_drawn(cohort: Cohort) -> bool:
    """Whether every row is one of a cohort of pairs. Raises BadInput where only some are."""
    drawn = [card["name"].startswith(PREFIX) for card in cohort.cards]
    if any(drawn) and not all(drawn):
        raise BadInput(f"{cohort.name} holds drawn pairs beside other films; measure them one after the other.")
    return all(drawn)


def truths(cohort: Cohort) -> tuple[np.ndarray, np.ndarray]:
    """The films with their findings, and the findings' shares: float32 (N, 1, S, S) in [0, 1] each.

    Raises BadInput when a cohort is none of pairs, or its truth is missing or of another length.
    """
    return sheet_of(cohort, TRUTH)[:, None], sheet_of(cohort, SHARE)[:, None]


def requests(cohort: Cohort) -> list[Findings]:
    """What each row asks for."""
    return [parse_prompt(json.loads(row)["request"]) for row in cohort.table["row"]]


def devices(cohort: Cohort) -> list[str | None]:
    """The kind of support device that was drawn in each row; None where it was another finding, or is not told."""
    return [json.loads(row).get("device") for row in cohort.table["row"]]


def sheet_of(cohort: Cohort, name: str) -> np.ndarray:
    """The rows' part of an array that lies beside the pixels, float32 (N, S, S), or (N, K, S, S), in [0, 1].

    Raises BadInput when it is missing or of another length.
    """
    found = None
    for number, shard in enumerate(cohort.shards):
        file = Path(getattr(shard, "filename", None) or "").parent / name
        rows = cohort.shard == number
        try:
            if isinstance(shard, Stacked):
                sheet = shard.beside(name)
            else:
                sheet = np.load(file, mmap_mode="r", allow_pickle=False)
            if (len(sheet), *sheet.shape[-2:]) != shard.shape:
                raise ValueError(f"{len(sheet)} images for {len(shard)} films")
        except (OSError, ValueError, EOFError) as error:
            raise BadInput(
                f"{file}, the truth of {cohort.name}, cannot be read ({error}); draw the pairs again."
            ) from error
        if found is None:
            found = np.empty((len(cohort), *sheet.shape[1:]), np.float32)
        found[rows] = sheet[cohort.place[rows]].astype(np.float32) / 255
    return np.empty((0, cohort.size, cohort.size), np.float32) if found is None else found


def one_request(text: str) -> Asked:
    """The one finding that a text asks for. Raises BadInput for none and for several."""
    said = list(parse_prompt(text))
    if len(said) != 1:
        raise BadInput(f'"{text}" asks for {len(said)} findings; name one a request, and several requests.')
    named = [kind for kind in devices_named(text).values() if kind]
    return Asked(said[0], named[0] if named else None)


def _chosen(rows: Cohort, limit: int | None, seed: int) -> Cohort:
    """At most so many rows, drawn at random."""
    if limit is None or limit >= len(rows):
        return rows
    chosen = np.random.default_rng((seed, 0)).choice(len(rows), limit, replace=False)
    return rows.subset(mask=np.isin(np.arange(len(rows)), chosen))


def _plan(rows: Cohort, asked: Sequence[Asked], per_film: int, seed: int) -> Iterator[Pair]:
    """Film by film, so many requests each, in a drawn order that gives every request about as often."""
    for row in range(len(rows)):
        rng = np.random.default_rng((seed, 1, row))
        count = min(per_film or len(asked), len(asked))
        for k in range(count):
            one = asked[(row * count + k) % len(asked)]
            if rows.table[one.finding.name].iloc[row] != 1:
                yield Pair(row, replace(one, finding=filled(one.finding, rng)), int(rng.integers(2**31)))


def filled(request: Finding, rng: np.random.Generator) -> Finding:
    """The request with severity, side and place drawn by lot where it leaves them open; a device has none of them, but
    a kind, which its lesion draws."""
    if request.name == DEVICE:
        return request
    severity = request.severity or str(rng.choice([word for word in SEVERITY if word]))
    side, location = request.side, request.location
    if location is None and request.name in PLACED:
        location = str(rng.choice(["upper lobe", "lower lobe"] if request.name == "Consolidation" else _ZONES))
    if side is None and request.name not in UNSIDED:
        side = "right" if location == "middle lobe" else str(rng.choice(["right", "left"]))
    return replace(request, severity=severity, side=side, location=location)


def drawn_study(rows: Cohort, pair: Pair) -> Study:
    """The study of a pair: the film of a row, and in its `row` what is asked for."""
    row = rows.table.iloc[pair.row]
    states = {1.0: "present", 0.0: "absent", -1.0: "uncertain"}
    said = Findings(Finding(name, states[float(row[name])]) for name in NAMES if np.isfinite(row[name]))
    asked, device = pair.asked.finding.to_text(), {"device": pair.asked.device} if pair.asked.device else {}
    image = Path(row["image"])
    return Study(
        Path(f"{image.stem}--{asked.replace(' ', '-')}.png"), said, row["patient"], PREFIX + row["cohort"],
        None if np.isnan(row["age"]) else float(row["age"]), row["sex"], row["view"], split=row["split"],
        fold=row["fold"], open=bool(row["open"]),
        row={"drawn": "true", "of": row["image"], "request": asked, "seed": str(pair.seed), **device},
    )  # fmt: skip


def cut(file: Path, count: int) -> None:
    """Leave out the rows at the end of an array that nothing was written to."""
    whole = np.load(file, mmap_mode="r")
    if len(whole) > count:
        np.save(file, np.array(whole[:count]), allow_pickle=False)
