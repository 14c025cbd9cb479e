"""causaray edit: what would this same patient look like with ...?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from causaray.app.drawing_options import check_options, drawing_weights, meant_device
from causaray.app.inputs import (
    ATTENTION,
    RESULT,
    Region,
    as_findings,
    as_request,
    scan_files,
    square_side,
)
from causaray.app.outputs import check_outputs, stems
from causaray.app.verbs.edit_drawn import edit_drawn
from causaray.app.whole_films import Films
from causaray.arguments import Device, Force, Out, Prompt, Seed, Strength, Watermark, Weights
from causaray.counterfactual import FILES, Counterfactual
from causaray.devices import AUTO
from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.imagefiles import read_scan, write_grid
from causaray.writing import check_folder

BATCH = 16
P = ParamSpec("P")


def edits(
    inputs: Annotated[
        str | Path | Sequence[str | Path],
        list[Path],
        typer.Argument(help="Images (DICOM, PNG, JPEG, TIFF) and folders of them."),
    ],
    prompt: Prompt | None = None,
    out: Out | None = None,
    *,
    report: Annotated[
        str | Path | None, Path, typer.Option(help="Show what this radiology report says, instead.")
    ] = None,
    seed: Seed = 0,
    strength: Strength = 0.7,
    weights: Weights = "cxr-128",
    dicom: Annotated[bool, typer.Option("--dicom", help="Write DICOM for other sources, too.")] = False,
    keep_identity: Annotated[bool, typer.Option("--keep-identity", help="Keep the patient in DICOM results.")] = False,
    force: Force = False,
    references: Annotated[
        str | Path | Sequence[str | Path] | None,
        list[Path],
        typer.Option(help="Images, or a folder, of other patients with the rare finding asked for."),
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="Optimise the noise toward references: gradient, search or amortised.")
    ] = None,
    negative: Annotated[
        str | Findings | None,
        str,
        typer.Option(help="Findings to keep away from, instead of the opposite of the prompt."),
    ] = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Write what the interaction transformer looks at, too.")
    ] = False,
    caption: Annotated[
        str | None, typer.Option(help='With a prior, in place of a prompt: such as "30 year old woman".')
    ] = None,
    instead_of: Annotated[str, typer.Option(help="Caption of what the image is.")] = "",
    editor: Annotated[
        str | None,
        typer.Option(
            help="How a prior given as --weights edits: prism, paired, drift or inpainting; or drawn, which draws "
            "findings at the film's own resolution."
        ),
    ] = None,
    filters: Annotated[
        str | Path | None,
        str,
        typer.Option(help="Chest encoder by which prism keeps the best of five edits, such as encoder-128."),
    ] = None,
    lesions: Annotated[
        bool,
        typer.Option("--lesions", help="Write where the findings asked for are: PNG, and DICOM beside DICOM."),
    ] = False,
    sr: Annotated[
        bool, typer.Option("--sr", help="Write what was measured as a DICOM structured report beside DICOM, too.")
    ] = False,
    watermark: Watermark = False,
    mask: Annotated[
        str | Path | None,
        Path,
        typer.Option(help="Picture of the same pixels as the images: only its bright half may change."),
    ] = None,
    device: Device = AUTO,
    support_device: Annotated[
        str | None,
        typer.Option(
            help="Which support device to draw: pacemaker, central line, tracheal tube, feeding tube or drain."
        ),
    ] = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Counterfactual]:
    """Edit radiographs to show what `prompt` (or a report) asks for, each as it would be edited alone.

    Args:
        inputs: image files, and folders of them. Folders are searched; earlier results in them are passed over.
        prompt: such as "moderate left pleural effusion" or "no pneumonia", or Findings.
        report: file of a radiology report, in place of a prompt: what it says is present is shown, what it denies
            removed.
        out: folder for <name>-counterfactual.png and .json, and .dcm for a DICOM source; None writes nothing. Beside
            them <name>-counterfactual-film.png, the synthetic film alone at its own pixels, and -difference.png.
        seed: of the noise; the same seed gives the same image.
        strength: in [0, 1], how much may change; 0 gives the input back.
        weights: name of shipped weights, or a weights folder; a prior, or a Stable Diffusion folder, edits by words.
        dicom: write DICOM for other sources, too.
        keep_identity: keep the patient of a DICOM source in the DICOM result.
        force: replace results that are there already.
        references: images, or a folder of them, of other patients with the one finding asked for: the noise is
            optimised toward what they have in common (for findings that are rare in training).
        engine: of that optimisation, "gradient", "search", "amortised" or the weights folder of such a one; without
            `references` toward those that come along.
        negative: findings to keep away from, in place of the opposite of what is asked for ("pleural effusion").
        attention: write <name>-attention.png, too: what the interaction transformer looks at, a row a layer.
        caption: in place of a prompt, for a prior: what the image is to be ("60 year old woman").
        instead_of: caption of what the image is; nothing by default.
        editor: how a prior edits: "prism" (also when None), "paired", "drift" or "inpainting". Or "drawn", also meant
            by the weights anatomy-128: findings are drawn on the film at its own resolution, and only added.
        filters: chest encoder (name or folder) by which prism tries five edits and keeps the best.
        lesions: write <name>-counterfactual-lesions.png, too, white where the findings asked for are, or were; and
            .dcm, a DICOM segmentation, where DICOM is written.
        sr: write <name>-counterfactual-sr.dcm, too, a DICOM structured report of what was measured, and the DICOM image
            that it refers to.
        watermark: put the invisible watermark into film and DICOM. It changes pixels all over the picture, by little,
            those that the edit leaves as they are, too.
        mask: picture of the same pixels as each input: nothing but its bright half may change.
        device: where models run, as `devices.resolved` reads it.
        support_device: which "support devices" are: "pacemaker", "central line", "tracheal
            tube", "feeding tube" or "drain"; where neither it nor the prompt says, one is drawn by lot from the seed.
        progress: called with (steps done, steps in all) after each image read, and after each batch edited.

    Returns: the counterfactuals in the order of the files, each with the `files` written. `edit` gives a list of them,
    `edits` one after the other as they are made, so that not all need be held in memory.

    Raises:
        BadInput: for what cannot be read, asked for or written; nothing has been written then.
    """
    tell = progress or (lambda done, total: None)
    if (drawing := drawing_weights(weights, editor)) is not None:
        check_options({"report": report, "references": references, "engine": engine, "negative": negative,
                       "attention": attention, "caption": caption is not None, "filters": filters})  # fmt: skip
        yield from edit_drawn(
            inputs, prompt, out, weights=drawing, seed=seed, strength=strength, support_device=support_device,
            mask=mask, dicom=dicom, keep_identity=keep_identity, lesions=lesions, sr=sr, watermark=watermark,
            force=force, tell=tell,
        )  # fmt: skip
        return
    spec = EditorSpec.of(weights, editor, filters)
    words = None if caption is None else (instead_of, caption)
    if words and (prompt is not None or report is not None):
        raise BadInput("A caption takes the place of a prompt and of a report; give one of the three.")
    request, files = Findings() if words else as_request(prompt, report, spec.names), scan_files(inputs)
    unwanted = as_findings(negative) if negative is not None else None
    if out is not None:
        check_folder(out)
    size, films = square_side(spec), Films()
    region = Region(mask) if mask is not None else None
    if region:
        region.square(size)
    for file in files:
        films.add(file, region)
        tell(len(films), 2 * len(files))
    names = [stem + RESULT for stem in stems(files)]
    if out is not None:
        written = [films.formats(i, dicom, lesions, sr) for i in range(len(films))]
        planned = [Path(out) / (n + FILES[f]) for n, formats in zip(names, written, strict=True) for f in formats]
        planned += [Path(out) / (stem + ATTENTION + ".png") for stem in stems(files) if attention]
        check_outputs(planned, force, inputs=files)

    shown = [read_scan(file, size) for file in scan_files(references)] if references is not None else []

    from causaray.app.editing import EditingPipeline  # torch takes seconds to import: only once all else is in order

    pipeline, done = EditingPipeline.open(spec, device), 0
    pull = None
    if spec.kind and (shown or engine is not None or unwanted or attention):
        name = spec.folder.name
        raise BadInput(f"References, engine, negative and attention are for system 1; {name} holds a prior.")
    if lesions and not pipeline.segments:
        raise BadInput(f"{pipeline.editor.name} does not tell where findings are; cxr-128 does.")
    if words and not spec.kind:
        raise BadInput(f"Captions are for priors; {spec.folder.name} holds none, so ask for findings by --prompt.")
    if shown or engine is not None:
        from causaray.app.references import pull_toward

        pull = pull_toward(shown, [films[i].square(size) for i in range(len(films))], request, engine or "search")
    kind = support_device  # refused by an editor that takes none
    if prompt is not None and "support_device" in pipeline.editor.takes:
        kind = meant_device(prompt, request, support_device)
    asked = EditRequest(
        request, seed, strength, negative=unwanted, references=pull, captions=words, support_device=kind
    )
    for start in range(0, len(films), BATCH):
        batch = [films[i] for i in range(start, min(start + BATCH, len(films)))]
        for made in pipeline.edit(batch, asked, region):
            made = replace(made, watermark=watermark)
            if out is not None:
                files_made = made.save(out, names[done], written[done], keep_identity)
                if attention and (looked := pipeline.attention(made.factual)):
                    files_made.append(Path(out) / (stems(files)[done] + ATTENTION + ".png"))
                    write_grid(looked, files_made[-1])
                made = replace(made, files=tuple(files_made))
            done += 1
            yield made
        tell(len(files) + done, 2 * len(files))


def _listed(make: Callable[P, Iterator[Counterfactual]]) -> Callable[P, list[Counterfactual]]:
    @wraps(make)
    def listed(*args: P.args, **kwargs: P.kwargs) -> list[Counterfactual]:
        return list(make(*args, **kwargs))

    return listed


edit = _listed(edits)
