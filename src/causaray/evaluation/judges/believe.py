"""Which findings does a judge see, and which do the signs see? Measured on drawn pairs.

`python -m causaray.evaluation.judges.believe --pairs FOLDER --judge NAME --out docs/results/believe` writes believe.md
and believe.json there, and beside the judge's weights what `causaray evaluate` reads of it (`belief`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from causaray import __version__, weightfiles
from causaray.anatomy.reader import AnatomyReader
from causaray.classifiers.judge import SHIPPED, Judge
from causaray.cohorts import Cohort, open_cohorts
from causaray.cohorts.drawn import is_drawn
from causaray.errors import BadInput
from causaray.evaluation.judges import belief
from causaray.evaluation.measured import command_of, run, write_results
from causaray.evaluation.measures.effect import separation
from causaray.evaluation.pairs.pairs import ALL, Pairs
from causaray.evaluation.pairs.seen import Observer
from causaray.evaluation.report import span, table
from causaray.evaluation.statistics.bootstrap import Estimate, mean_interval
from causaray.vocabulary import SEVERITIES

DECIDING = "moderate"
"""The severity at which a finding has to be seen."""


def measured(cohort: Cohort, judge: Judge, reader: AnatomyReader, seed: int = 0) -> dict[str, Any]:
    """Finding -> severity, or ALL -> how well drawn films are told from the films that they were drawn on.

    Each holds "n", "judge" (AUROC, and "raised", the share of pairs in which the drawn film scores higher; None where
    the judge does not know the finding) and "signs" (sign -> AUROC), with intervals by patient. Raises BadInput when
    the cohort is none of pairs, or their truth is missing.
    """
    if not len(cohort) or not is_drawn(cohort):
        raise BadInput(f"{cohort.name} holds no drawn pairs in that split; draw some with `causaray draw`.")
    observer = Observer(Pairs.of(cohort.name, cohort), judge, reader)
    people = (cohort.table["cohort"] + "/" + cohort.table["patient"]).to_numpy()
    severity = np.array([one.severity for one in observer.pairs.requests], object)
    found: dict[str, Any] = {}
    for name, rows in observer.pairs.groups():
        if name != ALL:
            groups = {word: rows[severity[rows] == word] for word in SEVERITIES} | {ALL: rows}
            found[name] = {word: _seen(observer, one, people, seed) for word, one in groups.items() if len(one)}
    return found


def _seen(observer: Observer, rows: np.ndarray, people: np.ndarray, seed: int) -> dict[str, Any]:
    film, drawn, whose = observer.film.rows(rows), observer.drawn.rows(rows), people[rows]
    signs = {name: _told_apart(drawn.signs[name], film.signs[name], whose, seed) for name in drawn.signs}
    auroc, judge = _told_apart(drawn.judge, film.judge, whose, seed), None
    if auroc:
        judge = {"auroc": auroc, "raised": mean_interval(drawn.judge > film.judge, whose, seed=seed)}
    return {"n": len(rows), "judge": judge, "signs": {name: one for name, one in signs.items() if one}}


def _told_apart(drawn: np.ndarray, film: np.ndarray, people: np.ndarray, seed: int) -> Estimate | None:
    """AUROC over the pairs of which both are known, patients drawn with both of theirs; None where none is."""
    known = np.isfinite(drawn) & np.isfinite(film)
    return separation(drawn[known], film[known], people[known], seed=seed) if known.any() else None


def deciding(found: Mapping[str, Any]) -> dict[str, float]:
    """Finding -> AUROC of the judge on its drawn films of moderate severity, where it was measured."""
    asked = {name: (one.get(DECIDING) or {}).get("judge") for name, one in found.items()}
    return {name: judge["auroc"]["value"] for name, judge in asked.items() if judge}


def page(found: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    about = found["about"]
    head = ["finding", "severity", "pairs", "judge", "scores the drawn film higher", "signs"]
    return f"""# Whom to believe

Made by `{about["command"]}`. Causaray {__version__}, judge {about["name"]} {about["judge"][:16]}, split
{about["split"]}.

A finding was drawn on real films. AUROC of telling the drawn films from the films they were drawn on, by the judge's
probability of the finding and by the signs that grow with it; 95 % intervals by drawing patients, each with its film
and its drawn film. A finding of which the judge's AUROC at {DECIDING} severity is below {belief.LEAST}, or was not
measured, is not to be believed where this judge says it of an edited film.

{table(head, _rows(found["findings"]))}"""


def _rows(findings: Mapping[str, Any]) -> Iterator[list[str]]:
    trusted = deciding(findings)
    for name, groups in findings.items():
        doubt = "" if trusted.get(name, 0.0) >= belief.LEAST else ", **not to be believed**"
        for word, one in groups.items():
            judge = one["judge"] or {}
            signs = "; ".join(f"{sign.replace('_', ' ')} {span(value)}" for sign, value in one["signs"].items()) or "-"
            yield [f"{name}{doubt}", word, str(one["n"]), span(judge.get("auroc")), span(judge.get("raised")), signs]


def main(
    pairs: Annotated[list[Path], typer.Option(help="Folder of drawn pairs; may be given several times.")],
    judge: Annotated[str, typer.Option(help="A judge: a shipped name, or a weights folder.")] = SHIPPED,
    out: Annotated[Path, typer.Option(help="Folder for believe.md and believe.json.")] = Path("docs/results/believe"),
    split: Annotated[str, typer.Option(help="Rows to measure on: of patients that the judge has not seen.")] = "test",
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Measure, write both files, and keep beside the judge's weights which findings it sees."""
    folder, reader = weightfiles.find(judge), Judge.load(judge)
    findings = measured(open_cohorts(pairs).subset(split=split), reader, AnatomyReader.load(), seed)
    command = command_of("judges.believe")
    about = {"command": command, "name": folder.name, "judge": reader.digest, "split": split, "seed": seed}
    found = {"about": about, "findings": findings}
    write_results(out, "believe", found, page(found))
    belief.write(folder, reader.digest, deciding(findings))


if __name__ == "__main__":
    run(main)
