"""The page of the experiment: table.md, results.json and follow-ups.png."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from causaray.counterfactual import MARK
from causaray.experiments.results import interval_cell, markdown_table, write_results
from causaray.imagefiles import Panel, write_grid
from causaray.writing import without_nan

PICTURE = "follow-ups.png"
FRAMES = ("prior", "ProgEmu", "true tokens", "true follow-up")
PAPER = (
    "The paper's own table was not readable by us. As quoted by others (README of UniMedVL): gFID 29.21, AUROC 0.792, "
    "F1 0.891, BLEU-3 0.124, METEOR 0.410, ROUGE-L 0.261, on ICG-CXR at 512 px with a model of 8 billion parameters; "
    "how they were measured is not told. Nothing here can be held against these numbers: these are phantoms."
)
READING = (
    "Intervals are of 95 %, by patient: of other patients, not of other trainings. One pair of each test patient is "
    "measured: day 0, and 3 to 60 days later under a treatment by lot, on the patient's own Brownian path."
)
FILMS = (
    "Closed: of the change of the judge's probability from prior to true follow-up, over all findings that were to "
    "change, the share that is made; asked for: 70 %. Distances are mean absolute ones to the true follow-up, as a "
    "share of the copied prior's: asked for 0.8 or less where a change is asked for, and 1.1 or less where none is. "
    "Correlation: of the change made with the true change. Bit for bit: pairs without a request whose film stays as it "
    "is."
)
TEXTS = (
    "F1 of the findings named and of the changes told (new, worse, better, resolved), as our reader of reports reads "
    "the texts, against what is known to have changed. BLEU-3, METEOR (same words alone) and ROUGE-L, by our own "
    "formulas, are against the one true text, which says the same in one of many ways."
)
AGREEMENT = (
    "Agrees: of the changes that a text tells, those that go the way in which the judge's probability goes between the "
    "two films; asked for: 85 %. A film that stays agrees with nothing, so that chance is below 50 %: the row of texts "
    "dealt out anew. F1: of changes up and down against those in which the judge's probability changes by at least "
    "{least:g} (chosen on split val)."
)


def write_page(
    out: Path, about: Mapping[str, Any], seeds: Sequence[Mapping[str, Any]], strips: Sequence[tuple[str, np.ndarray]]
) -> None:
    """Write the page into `out`; strips: what is written above, and frames (4, S, S)."""
    lines = [READING, "", PAPER, ""]
    for i, found in enumerate(seeds):
        lines += [f"## Seed {i}", "", *_seed(found)]
    lines += ["## Pictures", "", f"The first test patients of whom a change was asked: {', '.join(FRAMES)}.", ""]
    lines += [f"![follow-ups]({PICTURE})"]
    write_results(out, "ProgEmu: follow-ups as films and as texts", about, without_nan({"seeds": list(seeds)}), lines)
    write_grid([_panels(*strip) for strip in strips], out / PICTURE)


def _panels(words: str, frames: np.ndarray) -> list[Panel]:
    asked, told = words.split("\n")
    captions = [*wrap(asked, 46)[:1], *wrap(told, 46)[:3]]
    captions += [""] * (len(frames) - len(captions))
    return [Panel(frame, caption, "" if i in (0, 3) else MARK) for i, (frame, caption) in
            enumerate(zip(frames, captions, strict=True))]  # fmt: skip


def _seed(found: Mapping[str, Any]) -> Iterator[str]:
    how, took = found["sampling"], found["seconds"]
    yield from (
        f"Drawn with guidance {how['guidance']:g} by the prompt and temperature {how['temperature']:g}, chosen on "
        "split val: of those within 0.8 of the copy's distance the one that closes most; the nearest, where none is.",
        "",
    )  # fmt: skip
    tried = [[f"{one['guidance']:g}", f"{one['temperature']:g}", f"{one['distance']:.2f}", f"{100 * one['closed']:.0f}"]
             for one in how["tried"]]  # fmt: skip
    yield from (*markdown_table(["guidance", "temperature", "distance, change asked", "closed, %"], tried), "")
    yield from (
        f"The cache of keys and values changes no logit by more than {found['cache']:.1g}. {took['tokens']} tokens of "
        f"one film and text take {took['seconds']:.2f} s on the machine that made this page, by {took['threads']} "
        f"thread{'s' if took['threads'] > 1 else ''}.", "",
    )  # fmt: skip
    yield from ("### Films", "", FILMS, "", *_films(found["films"]), "")
    yield from ("### Films, finding by finding", "", *_findings(found["films"]), "")
    yield from ("### Texts", "", TEXTS, "", *_texts(found["texts"]), "")
    yield from ("### Do texts and films agree", "", AGREEMENT.format(least=found["least"]), "")
    rows = [[name, percent(one["agrees"]), interval_cell(one["f1"])] for name, one in found["agreement"].items()]
    yield from (*markdown_table(["text and films", "agrees, %", "F1 against the judge"], rows), "")


def _films(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    head = ["film", "closed, %", "distance, change asked", "where it changes", "correlation", "distance, none asked",
            "bit for bit, %"]  # fmt: skip
    rows = [
        [name, percent(one["closed"]), _cell(one["changed"]), _cell(one["where it changes"]), _cell(one["correlation"]),
         _cell(one["unchanged"]), percent(one["bit for bit"])]
        for name, one in found.items()
    ]  # fmt: skip
    return markdown_table(head, rows)


def _findings(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    own, ladder = found["ProgEmu"]["by finding"], ("copy of the prior", "ProgEmu", "true tokens", "true follow-up")
    head = ["finding", "pairs in which it changes", "change to make", "share closed by ProgEmu", "by true tokens",
            *(f"AUROC, {name}" for name in ladder)]  # fmt: skip
    rows = [
        [name, str(one["changed"]), _plain(one["to make"]), _plain(one["closed"]),
         _plain(found["true tokens"]["by finding"][name]["closed"]),
         *(f"{found[row]['by finding'][name]['auroc']:.2f}" for row in ladder)]
        for name, one in own.items()
    ]  # fmt: skip
    return markdown_table(head, rows)


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _texts(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rows = [
        [name, interval_cell(one["findings"]), interval_cell(one["changes"]),
         *(f"{one[measure]:.3f}" for measure in ("bleu3", "meteor", "rouge_l"))]
        for name, one in found.items()
    ]  # fmt: skip
    return markdown_table(["text", "F1 of findings", "F1 of changes", "BLEU-3", "METEOR", "ROUGE-L"], rows)


def _cell(figure: Mapping[str, float] | None) -> str:
    return "" if figure is None or not np.isfinite(figure["value"]) else interval_cell(figure)


def percent(figure: Mapping[str, float] | None) -> str:
    """A share with its interval, in %."""
    if figure is None or not np.isfinite(figure["value"]):
        return ""
    value, low, high = (100 * figure[key] for key in ("value", "low", "high"))
    return f"{value:.0f} ({low:.0f} to {high:.0f})"
