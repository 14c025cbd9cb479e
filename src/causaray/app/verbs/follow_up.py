"""causaray follow-up: a film as it may be later, when what a prompt tells comes about, and what changed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from causaray.app.inputs import frontal
from causaray.app.outputs import check_outputs, stems
from causaray.arguments import Force, Out, Seed, Weights
from causaray.cohorts.values import read_time
from causaray.counterfactual import MARK
from causaray.errors import BadInput
from causaray.imagefiles import film_png, read_scan
from causaray.scan import Scan
from causaray.writing import make_folder, whole_file

if TYPE_CHECKING:
    from causaray.systems.progemu.model import ProgEmu
    from causaray.systems.progemu.sampling import Sampling

ENDINGS = ("-follow-up.json", "-follow-up.txt", "-follow-up.png")
STATEMENT = "A model's answer to what was asked, not what will be; the film is synthetic. For research and teaching."


@dataclass(frozen=True, eq=False)
class FollowedUp:
    """film: the synthetic follow-up at the prior's own pixels, None where a later film was described; text: what
    changed; prompt: what was asked, as the model was told it, "" where nothing was; guidance: how strongly the prompt
    counted, None where there was none; files: what was written."""

    film: Scan | None
    text: str
    prompt: str
    guidance: float | None
    weights: str
    digest: str
    seed: int
    files: tuple[Path, ...] = ()


def follow_up(
    prior: Annotated[str | Path, Path, typer.Argument(help="Radiograph of day 0.")],
    out: Out | None = None,
    *,
    prompt: Annotated[
        str | None, str, typer.Option(help='What is to happen, such as "effusion larger, edema resolved".')
    ] = None,
    later: Annotated[
        str | Path | None, Path,
        typer.Option(help="In place of a prompt: a later film of the patient, of which it is told what changed."),
    ] = None,
    weights: Weights,
    guidance: Annotated[
        float | None, typer.Option(min=0, help="How strongly the prompt counts; the weights' own when not given.")
    ] = None,
    seed: Seed = 0,
    force: Force = False,
) -> FollowedUp:  # fmt: skip
    """Draw the follow-up of a film when it happens that `prompt` tells, and write what changed.

    With `out`, writes NAME-follow-up.json, .txt and, with a prompt, .png, marked SYNTHETIC, at the film's own pixels.

    Raises:
        BadInput: unless one of `prompt` and `later` is given, and `guidance` with a prompt alone; for a prompt that
            changes nothing, is longer than the model reads, or of words that it never saw; for a later film of another
            patient, or older than the prior; for what cannot be read or written. Nothing has been written then.
    """
    if (prompt is None) == (later is None):
        raise BadInput("Say what is to happen by --prompt, or name a film of a later day by --later; one of the two.")
    if later is not None and guidance is not None:
        raise BadInput("--guidance is of a prompt; leave it out beside --later.")
    inputs = [Path(prior)] + ([] if later is None else [Path(later)])
    name = stems(inputs)[0]
    endings = ENDINGS if later is None else ENDINGS[:2]
    planned = [Path(out) / (name + ending) for ending in endings] if out is not None else []
    check_outputs(planned, force, inputs)
    scans = [frontal(read_scan(file)) for file in inputs]
    if later is not None:
        check_pair(*scans)

    from causaray.systems.progemu.model import ProgEmu

    model = ProgEmu.load(weights)
    asked = "" if prompt is None else model.prompt(prompt)
    how = model.guided(guidance)
    film, text = (None, _told(model, scans)) if prompt is None else _drawn(model, scans[0], asked, how, seed)
    scale = None if prompt is None else how.guidance.prompt
    made = FollowedUp(film, text, asked, scale, model.config.name, model.digest, seed, tuple(planned))
    if planned:
        _write(made)
    return made


def check_pair(prior: Scan, later: Scan) -> None:
    """Raises BadInput for films of two patients, and for a later film that is older, as far as their headers tell."""
    if prior.patient and later.patient and prior.patient != later.patient:
        raise BadInput(f"{prior.source} and {later.source} are films of two patients; name two of one patient.")
    days = [read_time(str(scan.header.get("StudyDate") or "")) if scan.header else None for scan in (prior, later)]
    if days[0] is not None and days[1] is not None and days[1] < days[0]:
        raise BadInput(f"{later.source} is older than {prior.source}; exchange the two.")


def _drawn(model: "ProgEmu", scan: Scan, prompt: str, how: "Sampling", seed: int) -> tuple[Scan, str]:
    from causaray.app.editing import as_tensor
    from causaray.app.fullsize import laid
    from causaray.editors.edit import Edit

    square = as_tensor([scan.square(model.config.shape.size)])
    made = model.follow_up(square, [prompt], [seed], how)
    return laid(scan, square[0], Edit(square, made.films), 0), made.texts[0]


def _told(model: "ProgEmu", scans: list[Scan]) -> str:
    """What changed between two films, the later of which is laid onto the earlier."""
    from causaray.app.editing import as_tensor
    from causaray.systems.progemu.registration import registered

    prior, later = as_tensor([scan.square(model.config.shape.size) for scan in scans])
    lying = registered(later, prior)
    if not lying.alike:
        raise BadInput(f"{scans[1].source} cannot be laid onto {scans[0].source}; name two films of one view.")
    return model.describe(prior[None], lying.film[None])[0]


def record(made: FollowedUp) -> dict[str, Any]:
    """What the JSON file says."""
    from causaray.reports.told_changes import read_changes

    return {
        "prompt": made.prompt, "text": made.text,
        "changes": [{"finding": name, "change": kind} for name, kind in sorted(read_changes(made.text))],
        "guidance": made.guidance, "weights": made.weights, "digest": made.digest, "seed": made.seed,
        "synthetic": made.film is not None, "statement": STATEMENT,
    }  # fmt: skip


def _write(made: FollowedUp) -> None:
    make_folder(made.files[0].parent)
    written = [json.dumps(record(made), indent=1).encode() + b"\n", made.text.encode() + b"\n"]
    if made.film is not None:
        written.append(film_png(made.film.pixels, MARK))
    for file, content in zip(made.files, written, strict=True):
        with whole_file(file) as beside:
            beside.write_bytes(content)
