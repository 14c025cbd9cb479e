"""The verbs on the command line: read the arguments, call the function of the same name, print what it returns."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from causaray import __version__, weightfiles
from causaray.app.auditing import audit
from causaray.app.comparing import compare
from causaray.app.evaluating import evaluate
from causaray.app.network import deidentify, listen, send
from causaray.app.options import Force, Json, Out, Prompt, Seed, Strength, WeightsOption
from causaray.app.reading import read_reports
from causaray.app.reading_room import reading
from causaray.app.serving import serve
from causaray.app.terminal import command_line, only_json, progress_bar, say_facts, say_json
from causaray.app.traversing import traverse

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def causaray(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Counterfactual chest radiographs. Everything stays on this machine; results are marked as synthetic."""
    if version:
        print(__version__)
        raise typer.Exit


@app.command()
def demo(
    out: Out = Path("out/demo"), seed: Seed = 0, strength: Strength = 0.7, weights: WeightsOption = "cxr-128"
) -> None:
    """Edit the radiographs that come with the package."""
    from causaray.app.verbs.demo import GRID, demo

    for made in demo(out, seed=seed, strength=strength, weights=weights):
        print(made.text)
    print(f"Factual, counterfactual and difference, a row an edit: {out / GRID}")


@app.command()
def edit(
    inputs: Annotated[list[Path], typer.Argument(help="Images (DICOM, PNG, JPEG, TIFF) and folders of them.")],
    prompt: Annotated[
        str | None, typer.Option(help='What to show, such as "moderate left pleural effusion" or "no pneumonia".')
    ] = None,
    out: Out = Path("out"),
    seed: Seed = 0,
    strength: Strength = 0.7,
    weights: WeightsOption = "cxr-128",
    json: Json = False,
    report: Annotated[Path | None, typer.Option(help="Show what this radiology report says, instead.")] = None,
    dicom: Annotated[bool, typer.Option("--dicom", help="Write DICOM for other sources, too.")] = False,
    keep_identity: Annotated[bool, typer.Option("--keep-identity", help="Keep the patient in DICOM results.")] = False,
    force: Force = False,
    references: Annotated[
        list[Path] | None, typer.Option(help="Images, or a folder, of other patients with the rare finding asked for.")
    ] = None,
    engine: Annotated[
        str | None, typer.Option(help="Optimise the noise toward references: gradient, search or amortised.")
    ] = None,
    negative: Annotated[
        str | None, typer.Option(help="Findings to keep away from, instead of the opposite of the prompt.")
    ] = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Write what the interaction transformer looks at, too.")
    ] = False,
    caption: Annotated[
        str | None,
        typer.Option(help='With a prior, in place of a prompt: such as "30 year old woman".'),
    ] = None,
    instead_of: Annotated[str, typer.Option(help="Caption of what the image is.")] = "",
    editor: Annotated[
        str | None,
        typer.Option(
            help="How a prior given as --weights edits: prism, paired, drift or inpainting; or drawn, "
            "which draws findings at the film's own resolution."
        ),
    ] = None,
    filters: Annotated[
        str | None, typer.Option(help="Chest encoder by which prism keeps the best of five edits, such as encoder-128.")
    ] = None,
    mask: Annotated[
        Path | None, typer.Option(help="Picture of the same pixels as the images: only its bright half may change.")
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            help="Which support device to draw: pacemaker, central line, tracheal tube, feeding tube or drain."
        ),
    ] = None,
) -> None:
    """Show a patient's radiograph as it would be with, or without, a finding."""
    from causaray.app.verbs.edit import edits

    start, lines = time.monotonic(), list[str]()
    files, about, measured = list[Path](), dict[str, Any](), dict[str, Any]()
    with only_json(json), progress_bar("Editing") as progress:
        for one in edits(
            list(inputs), prompt, out, report=report, seed=seed, strength=strength, weights=weights,
            dicom=dicom, keep_identity=keep_identity, force=force, references=references or None, engine=engine,
            negative=negative, attention=attention, caption=caption, instead_of=instead_of,
            editor=editor, filters=filters, mask=mask, device=device, progress=progress,
        ):  # fmt: skip
            files += one.files
            lines.append(f"{one.files[0]}: {one.text}")
            about = {"request": one.asked, "seed": seed, "strength": strength, "weights": one.weights}
            about |= {"digest": one.digest, "judge": one.judge}
            measured[str(one.factual.source)] = one.measured
    if not json:
        print("\n".join(lines))
        return
    say_json({"files": files, **about, "seconds": round(time.monotonic() - start, 3), "measured": measured})


@app.command()
def generate(
    prompt: Prompt,
    n: Annotated[int, typer.Option("-n", min=1, help="How many images.")] = 4,
    out: Out = Path("out"),
    seed: Seed = 0,
    identity: Annotated[Path | None, typer.Option(help="Image, or folder to draw from, for the anatomy.")] = None,
    weights: WeightsOption = "cxr-128",
    json: Json = False,
    force: Force = False,
) -> None:
    """Make new radiographs that show what a prompt asks for."""
    from causaray.app.verbs.generate import generate

    start = time.monotonic()
    with only_json(json):
        made = generate(prompt, n, out, seed=seed, identity=identity, weights=weights, force=force)
    if json:
        facts = {"request": made.request.to_text(), "seed": seed, "weights": made.weights, "digest": made.digest}
        say_json({"files": made.files, **facts, "seconds": round(time.monotonic() - start, 3)})
    else:
        print(f"{made.request.to_text()}: {n} synthetic images, side by side in {made.files[0]}")


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="Name of a recipe, such as cxr-128, or a YAML file.")],
    cohorts: Annotated[list[Path], typer.Option(help="Folder written by `prepare`; may be given several times.")],
    out: Out,
    seed: Annotated[int | None, typer.Option(min=0, help="Instead of the recipe's.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoints in the folder.")] = False,
) -> None:
    """Train weights from a recipe and prepared cohorts."""
    from causaray.app.verbs.train import train

    folder = train(recipe, cohorts, out, seed=seed, resume=resume)
    print(f"The weights are in {folder}.")


@app.command()
def finetune(
    prior: Annotated[str, typer.Argument(help="Name or folder of a prior, or a Stable Diffusion folder.")],
    cohorts: Annotated[list[Path], typer.Option(help="Folder written by `prepare`; may be given several times.")],
    out: Out,
    method: Annotated[str, typer.Option(help="full, lora, textual-inversion or dreambooth.")] = "full",
    drift: Annotated[
        str | None, typer.Option(help="Latent Drifting: delta, as one number or one a channel, or `learned`.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Optimiser updates.")] = 400,
    lr: Annotated[float | None, typer.Option(help="Peak learning rate, instead of the method's.")] = None,
    seed: Seed = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many patients.")] = None,
) -> None:
    """Teach a prior another domain by a few of its images; a stopped one is gone on with."""
    from causaray.app.verbs.finetune import finetune

    folder = finetune(
        prior, cohorts, out, method=method, drift=drift, steps=steps, lr=lr, seed=seed, limit=limit
    )  # fmt: skip
    print(f"The prior is in {folder}.")


@app.command()
def distill(
    weights: Annotated[str, typer.Argument(help="Name of shipped weights, or a weights folder, made by `train`.")],
    cohorts: Annotated[list[Path], typer.Option(help="Folder written by `prepare`; may be given several times.")],
    out: Out,
    references: Annotated[
        str | None, typer.Option(help="Chest encoder: learn to propose noise toward its centroids, instead.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from what is in the folder.")] = False,
) -> None:
    """One call of a network in place of an edit's denoisings, or (--references) of the search for better noise."""
    from causaray.app.verbs.distill import distill

    folder = distill(weights, cohorts, out, references=references, resume=resume)
    option = f"--weights {folder}" if references is None else f"--weights {weights} --engine {folder}"
    print(f"The weights are in {folder}; edit with `causaray edit ... {option}`.")


@app.command()
def prepare(
    source: Annotated[Path, typer.Argument(help="Cohort: a folder of images with a CSV table, or folders of such.")],
    out: Out,
    size: Annotated[int, typer.Option(min=32, help="Side of the images in pixels.")] = 128,
    columns: Annotated[Path | None, typer.Option(help="YAML file that says which column is what.")] = None,
    open_only: Annotated[bool, typer.Option("--open-only", help="Only images with an open licence.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Images read at a time.")] = 2,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out unreadable images, however many.")] = False,
) -> None:
    """Read a cohort once and store it ready for training."""
    from causaray.cohorts import prepare

    said: list[str] = []
    with progress_bar("Preparing") as progress:
        cohort = prepare(source, out, size, columns, open_only, jobs, skip_bad, progress, said.append)
    for sentence in said:
        print(sentence)
    print(f"{out}: {len(cohort)} images of {cohort.name} at {size} x {size}")


@app.command()
def draw(
    cohort: Annotated[Path, typer.Argument(help="Folder written by `prepare`, on whose frontal films is drawn.")],
    findings: Annotated[
        list[str],
        typer.Option(help='What to draw, such as "moderate left pleural effusion"; may be given several times.'),
    ],
    out: Out,
    weights: Annotated[
        str, typer.Option(help="Net of coordinates: a shipped name, or a weights folder.")
    ] = "anatomy-128",
    split: Annotated[str | None, typer.Option(help="Draw on one split alone: train, val or test.")] = None,
    per_film: Annotated[int, typer.Option(min=0, help="Requests a film; 0 draws every one on every film.")] = 1,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many films.")] = None,
    images: Annotated[bool, typer.Option("--images", help="Write the pairs as PNG files, too.")] = False,
    seed: Seed = 0,
) -> None:
    """Draw findings on a cohort's films, as pairs whose true counterfactuals are known."""
    from causaray.app.verbs.draw import draw

    with progress_bar("Drawing") as progress:
        made = draw(
            cohort, findings, out, weights=weights, split=split, per_film=per_film, limit=limit, images=images,
            seed=seed, progress=progress,
        )  # fmt: skip
    print(f"{out}: {len(made)} pairs of {made.name} at {made.size} x {made.size}")


@app.command()
def augment(
    cohort: Annotated[Path, typer.Argument(help="Folder written by `prepare`; its split train is balanced.")],
    out: Out,
    weights: WeightsOption = "cxr-128",
    findings: Annotated[
        list[str] | None, typer.Option("--finding", help="Which to balance; may be given several times.")
    ] = None,
    to: Annotated[
        int | None, typer.Option(min=1, help="Images to show each finding; else as many as the most.")
    ] = None,
    seed: Seed = 0,
    strength: Strength = 0.7,
    references: Annotated[
        str | None, typer.Option(help="Chest encoder with centroids: optimise the noise toward them.")
    ] = None,
    engine: Annotated[str, typer.Option(help="Of that optimisation: gradient, search or amortised.")] = "search",
) -> None:
    """Balance a cohort: counterfactuals of its training patients, as a cohort beside it."""
    from causaray.experiments.augment import augment

    with progress_bar("Making") as progress:
        made = augment(
            cohort,
            out,
            weights=weights,
            findings=findings or (),
            to=to,
            seed=seed,
            strength=strength,
            references=references,
            engine=engine,
            progress=progress,
        )
    print(
        f"{out}: {len(made)} synthetic images of {made.name}; train on them with `--cohorts {cohort} --cohorts {out}`"
    )


@app.command()
def phantom(
    out: Out,
    n: Annotated[int, typer.Option("-n", "--n", min=1, help="How many phantoms, one a patient.")] = 6000,
    size: Annotated[int, typer.Option(min=32, help="Side of the images in pixels.")] = 64,
    seed: Seed = 0,
    world: Annotated[list[str] | None, typer.Option(help="A setting such as tail=1.5; may be given again.")] = None,
) -> None:
    """Make a cohort of phantom chests, of which every true counterfactual is known."""
    from causaray.app.verbs.phantom import phantom

    with progress_bar("Drawing") as progress:
        cohort = phantom(out, n, size, seed, world or (), progress)
    print(f"{out}: {len(cohort)} phantoms at {size} x {size}")


app.command()(evaluate)
app.command()(audit)
app.command()(compare)
app.command()(read_reports)
app.add_typer(reading, name="reading")
app.command()(serve)
app.command()(send)
app.command()(listen)
app.command()(deidentify)
app.command()(traverse)


@app.command()
def reproduce(
    name: Annotated[
        str,
        typer.Argument(
            help="Experiment: table1, table2, table4, table5, fig9, reports; of a prior trajectory, "
            "hidden-attributes, latent-drifting."
        ),
    ],
    out: Out,
    recipe: Annotated[str | None, typer.Option(help="What the rows change: name of a recipe, or a YAML file.")] = None,
    cohorts: Annotated[
        list[Path] | None, typer.Option(help="Folder written by `prepare`; may be given several times.")
    ] = None,
    prior: Annotated[str | None, typer.Option(help="Name or folder of the prior that is experimented on.")] = None,
    judge: Annotated[
        str, typer.Option(help="Name of a shipped judge, or the weights folder of another.")
    ] = weightfiles.JUDGE,
    references: Annotated[str | None, typer.Option(help="Chest encoder with centroids, for the rows with L_P.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each row.")] = 3,
    limit: Annotated[int | None, typer.Option(min=8, help="At most so many images a cohort.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Of latent-drifting: updates of each fine-tuning.")] = 400,
    lr: Annotated[
        float | None, typer.Option(help="Of latent-drifting: peak learning rate, instead of the method's.")
    ] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(help="Of latent-drifting: a kind of fine-tuning, as of `finetune`; else full and lora."),
    ] = None,
    work: Annotated[Path, typer.Option(help="Folder of the trainings; a stopped run goes on from it.")] = Path("runs"),
) -> None:
    """Run an experiment of the paper: train and measure every row, and write the table and its plot."""
    from causaray.app.verbs.reproduce import reproduce

    reproduce(
        name, recipe, cohorts or (), out, prior=prior, judge=judge, references=references, seeds=seeds, limit=limit,
        steps=steps, lr=lr, methods=method or (), work=work, command=command_line(),
        tell=lambda what: print(f"== {what}", flush=True),
    )  # fmt: skip
    print(f"The table is in {out}.")


@app.command()
def info(
    target: Annotated[str | None, typer.Argument(help="Image, cohort folder or weights; none is the program.")] = None,
    json: Json = False,
    picture: Annotated[
        Path | None, typer.Option(help="PNG to write of an image: the film with the outlines that are read of it.")
    ] = None,
) -> None:
    """Describe an image, a cohort, weights, or the program."""
    from causaray.app.verbs.info import info

    facts = info(target, picture=picture)
    say_json(facts) if json else say_facts(facts)


@app.command()
def weights(
    name: Annotated[str | None, typer.Argument(help="Whose model card to print; none lists what ships.")] = None,
) -> None:
    """List the weights that come along, or print a model card."""
    from causaray.app.verbs.weights import weights

    found = weights(name)
    if name is not None:
        print(found[0].card or f"{name} has no model card.")
        return
    for one in found:
        print(f"{one.name}  {one.size / 2**20:.1f} MiB  {one.licence}  sha256 {one.digest}")
