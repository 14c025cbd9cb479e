"""Measure what is drawn on patients: signs that move, order of severity, side, body, likeness to real disease, speed.

`python -m causaray.evaluation.drawing.drawn_findings COHORTS` writes drawing.md and drawing.json.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from PIL import Image, ImageDraw
from torch import Tensor

from causaray import __version__
from causaray.anatomy.drawing import AIR, Lesion, draw
from causaray.anatomy.editor import DrawnEditor, check_room
from causaray.anatomy.film import attenuation
from causaray.anatomy.reader import SHIPPED, Reading
from causaray.anatomy.requests import lesions
from causaray.anatomy.signs import SIDES, Signs
from causaray.cohorts import Cohort, open_cohorts
from causaray.counterfactual import MARK
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.evaluation.drawing.page import page
from causaray.evaluation.images.features import Extract, features, inception
from causaray.evaluation.measured import command_of, run, write_results
from causaray.evaluation.statistics.bootstrap import Estimate, known_mean, mean_interval
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.imagefiles.dicom.burn_in import burn_in
from causaray.writing import whole_file

SEVERITIES = ("mild", "moderate", "severe")
SIDED = ("Pleural Effusion", "Pneumothorax", "Consolidation", "Atelectasis", "Nodule", "Mass", "Fracture")
UNSIDED = ("Cardiomegaly", "Enlarged Cardiomediastinum", "Edema", "Emphysema")
WITH_SIGN = ("Cardiomegaly", "Pleural Effusion", "Pneumothorax")
"""Findings of which a sign tells whether they are there."""
GROWN, BLUNT, EMPTIED = 0.08, 0.5, 0.05
"""Growth of the cardiothoracic ratio, opacity of a blunt angle, and growth of a lung's lucency that count as drawn."""
GRID, SIDE = 8, 192
"""Films of the picture, and pixels a side of each."""


def asked(name: str, severity: str, side: str | None) -> Findings:
    """The request for a finding; consolidation lies in the lower lobe."""
    location = "lower lobe" if name == "Consolidation" else None
    return Findings([Finding(name, severity=severity, side=side, location=location)])


class Films:
    """Films of patients, their reading, and what is drawn on them."""

    def __init__(self, editor: DrawnEditor, cohort: Cohort, seed: int) -> None:
        images = torch.from_numpy(cohort.images(np.arange(len(cohort))))
        reading = editor.reader.read(images)
        self.kept = [i for i in range(len(images)) if reading.readable(i) and _has_room(reading.signs(i))]
        self.editor, self.seed = editor, seed
        self.images, self.reading = images[self.kept], _rows(reading, self.kept)
        self.patients = cohort.table["patient"].to_numpy()[self.kept]
        self.signs = [self.reading.signs(i) for i in range(len(self.kept))]
        self.sides = [SIDES[i % 2] for i in range(len(self.kept))]

    def drawn(self, name: str, severity: str) -> tuple[Tensor, Tensor]:
        """Each film with the finding, on its side where the finding has one: films and shares, (n, 1, S, S) each."""
        made = []
        for i, side in enumerate(self.sides):
            request = asked(name, severity, side if name in SIDED else None)
            place = self.reading.place.rows([i])
            made.append(draw(self.images[i : i + 1], place, lesions(request, self.seed + i), self.seed + i))
        return torch.cat([one.film for one in made]), torch.cat([one.share for one in made])

    def seen(self, images: Tensor) -> np.ndarray:
        """Inception's features of images (n, 1, S, S): (n, d)."""
        return features(self._inception, images)

    @cached_property
    def plain(self) -> np.ndarray:
        """The same of the films as they are."""
        return self.seen(self.images)

    @cached_property
    def _inception(self) -> Extract:
        return inception()

    def signs_of(self, images: Tensor) -> list[Signs]:
        """The signs of changed films, read anew."""
        reading = self.editor.reader.read(images)
        return [reading.signs(i) for i in range(len(images))]


def _has_room(signs: Signs) -> bool:
    """Whether the editor would draw every finding there: what is there already, and severe, is not drawn twice."""
    try:
        check_room(signs, [Lesion("Cardiomegaly", 1.0), Lesion("Pleural Effusion", 1.0, SIDES)])
    except BadInput:
        return False
    return True


def _rows(reading: Reading, kept: list[int]) -> Reading:
    return Reading(reading.films[kept], reading.place.rows(kept), reading.doubt[kept], reading.limit)


def order(films: Films, name: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """How a finding grows from mild to severe, where it lies, and the films (n, 1, S, S) by severity."""
    made = {severity: films.drawn(name, severity) for severity in SEVERITIES}
    area = np.stack([(share > 0.2).float().mean((1, 2, 3)).numpy() for _, share in made.values()])
    change = np.stack([(film - films.images).abs().mean((1, 2, 3)).numpy() for film, _ in made.values()])
    air = attenuation(films.images) < AIR
    outside = max(float(((film - films.images).abs() * air).max()) for film, _ in made.values())
    found: dict[str, Any] = {
        "order_by_area": mean_interval(np.all(np.diff(area, axis=0) > 0, axis=0), films.patients),
        "order_by_change": mean_interval(np.all(np.diff(change, axis=0) > 0, axis=0), films.patients),
        "outside_body": outside,
        "mean_change": {severity: float(value) for severity, value in zip(SEVERITIES, change.mean(1), strict=True)},
    }
    if name in SIDED:
        found["on_its_side"] = mean_interval(_on_side(films, made["severe"][1]), films.patients)
    return found, {severity: film for severity, (film, _) in made.items()}


def _on_side(films: Films, share: Tensor) -> np.ndarray:
    """Whether most of the finding's own share lies on the side asked for."""
    left = films.reading.place.x > 0
    on_left = ((share * left).sum((1, 2, 3)) / share.sum((1, 2, 3)).clamp(min=1e-6)).numpy()
    return np.array(
        [part > 0.9 if side == "left" else part < 0.1 for part, side in zip(on_left, films.sides, strict=True)]
    )


def moved_signs(films: Films, name: str, made: Mapping[str, Tensor]) -> dict[str, Any]:
    """Share of films whose signs move as they should, severity by severity."""
    found: dict[str, Any] = {}
    for severity, images in made.items() if name in WITH_SIGN else ():
        after = films.signs_of(images)
        found[severity] = {what: known_mean(np.array(hits), films.patients) for what, hits in _hits(films, name, after)}
    return found


def _hits(films: Films, name: str, after: Sequence[Signs]) -> Iterator[tuple[str, list[float]]]:
    """What is asked of the signs of a finding, and of each film 1 or 0, or NaN where it is not asked."""
    before = films.signs
    if name == "Cardiomegaly":
        ratios = [(a.cardiothoracic_ratio, b.cardiothoracic_ratio) for a, b in zip(before, after, strict=True)]
        yield "ratio grows by 0.08", [float(b - a >= GROWN) if a and b else np.nan for a, b in ratios]
    elif name == "Pleural Effusion":
        for whose, pairs in _by_side(films, [s.angle_blunting for s in before], [s.angle_blunting for s in after]):
            yield (
                f"{whose} angle blunt, where it was not",
                [float(b >= BLUNT) if a < BLUNT else np.nan for a, b in pairs],
            )
    elif name == "Pneumothorax":
        for whose, pairs in _by_side(films, [s.lucency for s in before], [s.lucency for s in after]):
            yield f"{whose} lung loses markings", [float(b - a >= EMPTIED) for a, b in pairs]


Sided = Sequence[tuple[float, float] | None]


def _by_side(films: Films, before: Sided, after: Sided) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """A sign before and after on the side of each finding ("own"), and on the other."""
    nothing = (np.nan, np.nan)
    for whose, other in (("own", 0), ("other", 1)):
        places = [(SIDES.index(side) + other) % 2 for side in films.sides]
        yield whose, [((a or nothing)[k], (b or nothing)[k]) for a, b, k in zip(before, after, places, strict=True)]


def likeness(films: Films, cohort: Cohort, name: str, made: Tensor, fewest: int = 15) -> dict[str, Estimate] | None:
    """KID x 1000 to the real films of a finding: of the films with it drawn, and of the films as they were.

    None where fewer than `fewest` films show the finding.
    """
    from causaray.evaluation.measures.realism import kid_interval

    rows = cohort.frontal()
    shown = rows.labels([name])[:, 0] == 1
    if shown.sum() < fewest:
        return None
    rows = rows.subset(mask=shown)
    real = films.seen(torch.from_numpy(rows.images(np.arange(len(rows)))))
    people = rows.table["patient"].to_numpy()
    drawn, plain = (kid_interval(seen, real, people) for seen in (films.seen(made), films.plain))
    return {"drawn": drawn, "undrawn": plain}


def write_grid(films: Tensor, made: Mapping[str, Tensor], path: Path) -> None:
    """One picture: a column a film, below it the film with each finding, marked SYNTHETIC."""
    rows = [[_tile(film[0].numpy(), "factual" if i == 0 else "", "") for i, film in enumerate(films)]]
    for name, drawn in made.items():
        rows.append([_tile(film[0].numpy(), name.lower() if i == 0 else "", MARK) for i, film in enumerate(drawn)])
    sheet = np.concatenate([np.concatenate(row, 1) for row in rows])
    with whole_file(path) as beside:
        Image.fromarray(np.rint(sheet * 255).astype(np.uint8)).save(beside, "PNG", optimize=True)


def _tile(film: np.ndarray, caption: str, mark: str) -> np.ndarray:
    """A film enlarged to SIDE pixels, with a mark burned in and words in its corner."""
    large = np.asarray(Image.fromarray(film).resize((SIDE, SIDE), Image.Resampling.BICUBIC)).clip(0, 1)
    marked = burn_in(large, mark) if mark else large
    picture = Image.fromarray(np.rint(marked * 255).astype(np.uint8))
    ImageDraw.Draw(picture).text((3, 2), caption, fill=255, stroke_width=1, stroke_fill=0)
    return np.asarray(picture, np.float32) / 255


def speed(editor: DrawnEditor) -> dict[str, float]:
    """Films a second on one core at 128 px, each read and drawn on, and processor seconds for 3,000 x 2,500."""
    from causaray.cohorts.phantom import World

    torch.set_num_threads(1)
    world = World(size=128, common=0.0, devices=0.0).sample(16, seed=5).images
    request = asked("Pleural Effusion", "moderate", "left")
    editor.edit(world[:1], EditRequest(request))
    start = time.process_time()
    editor.edit(world, EditRequest(request))
    small = (time.process_time() - start) / len(world)
    large = torch.nn.functional.interpolate(world[:1], size=(3000, 2500), mode="bicubic").clamp(0, 1)
    start = time.process_time()
    editor.edit(large, EditRequest(request))
    return {"films_a_second": 1 / small, "seconds_3000_x_2500": time.process_time() - start}


def main(
    cohorts: Annotated[list[Path], typer.Argument(help="Prepared cohorts; films without a finding are drawn on.")],
    weights: Annotated[str, typer.Option(help="Net of coordinates: a shipped name, or a weights folder.")] = SHIPPED,
    out: Annotated[Path, typer.Option(help="Folder for drawing.md and drawing.json.")] = Path("docs/results"),
    split: Annotated[str, typer.Option(help="Rows that are drawn on.")] = "test",
    limit: Annotated[int, typer.Option(min=8, help="At most so many films.")] = 200,
    kid: Annotated[bool, typer.Option(help="Compare with real films of each finding (extra vision).")] = True,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Measure, and write both files."""
    editor, cohort = DrawnEditor.load(weights), open_cohorts(cohorts)
    rows = cohort.subset(split=split).frontal()
    rows = rows.subset(mask=rows.labels(["No Finding"])[:, 0] == 1)
    chosen = np.random.default_rng(seed).permutation(len(rows))[:limit]
    films = Films(editor, rows.subset(mask=np.isin(np.arange(len(rows)), chosen)), seed)
    found: dict[str, Any] = {
        "about": {
            "command": command_of("drawing.drawn_findings"),
            "version": __version__, "weights": weights, "digest": editor.digest, "seed": seed, "split": split,
            "films": len(films.kept), "patients": len(np.unique(films.patients)),
        },
        "speed": speed(editor),
        "findings": {},
    }  # fmt: skip
    rows_of_grid: dict[str, Tensor] = {}
    for name in (*SIDED, *UNSIDED):
        print(name, flush=True)
        found["findings"][name], made = order(films, name)
        found["findings"][name]["signs"] = moved_signs(films, name, made)
        if kid:
            found["findings"][name]["kid_x1000"] = likeness(films, cohort, name, made["moderate"])
        rows_of_grid[name] = made["severe" if name in ("Nodule", "Fracture") else "moderate"][:GRID]
    write_results(out, "drawing", found, page(found))
    write_grid(films.images[:GRID], rows_of_grid, out / "drawing.png")


if __name__ == "__main__":
    run(main)
