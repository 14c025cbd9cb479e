"""The verbs on the command line: each has a module here, which says what is typed and prints what comes of it."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Any

import typer

from causaray import __version__
from causaray.app.commandline import Command, LateCommand, ShowingGroup

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
VERBS = {
    "demo": "Edit the radiographs that come with the package.",
    "edit": "Show a patient's radiograph as it would be with, or without, a finding.",
    "generate": "Make new radiographs that show what a prompt asks for.",
    "train": "Train weights from a recipe and prepared cohorts.",
    "finetune": "Teach a prior another domain by a few of its images; a stopped one is gone on with.",
    "distill": "One call of a network in place of an edit's denoisings, or (--references) of the search for better "
    "noise.",
    "prepare": "Read a cohort once and store it ready for training.",
    "draw": "Draw findings on a cohort's films, as pairs whose true counterfactuals are known.",
    "augment": "Balance a cohort: counterfactuals of its training patients, as a cohort beside it.",
    "phantom": "Make a cohort of phantom chests, of which every true counterfactual is known.",
    "evaluate": "Measure an editor on patients it has never seen: metrics.json, and index.html to read.",
    "classify": "Tell which findings images show, how probable each is, and where the classifier is not sure.",
    "audit": "Audit a classifier: does it answer to the disease, or to devices and letters beside it?",
    "compare": "Measure several editors on the same patients: effect, identity, realism, truth, seconds, network "
    "calls.",
    "read-reports": "Read radiology reports: which findings, where, how severe, and what changed.",
    "serve": "Serve edits over HTTP, for a page in the browser and for programs.",
    "send": "Send DICOM files to a server, a PACS for example.",
    "listen": "Be a DICOM server: take radiographs, and store or send back each as it would be under a prompt.",
    "deidentify": "Write DICOM images without their patient, by DICOM's basic profile; text in the pixels stays.",
    "traverse": "Film the way from one caption to another through the latents of a prior.",
    "forecast": "Show what may come of a patient under each treatment: curves with intervals, and films.",
    "follow-up": "Draw a film as it is when what a prompt tells comes about, and write what changed.",
    "reproduce": "Run an experiment of the paper: train and measure every row, and write the table and its plot.",
    "is-synthetic": "Tell whether image files are synthetic, by their metadata, their visible mark or their watermark.",
    "plan": "Reckon what a cohort takes: hours, disk, memory, from what one film takes, measured.",
    "info": "Describe an image, a cohort, weights, or the program.",
}
READING = {
    "make": "Make a blinded set: films of different patients that only their look can tell apart, and a key apart.",
    "serve": "Show the set to a reader, on this machine alone; worked by the keyboard, stopped and gone on with at "
    "will.",
    "score": "Score what readers said: how often they named what is there, how real it looked, how far they agree.",
}
WEIGHTS = {
    "show": "List the weights that come along, or print a model card; `causaray weights NAME` is the same.",
    "export": "Write weights in the layout of model hubs, with sums of all files.",
    "fetch": "Copy weights from a folder or a mirror, each file held to its sum.",
}
BATCH = {
    "edit": "Edit every frontal film of a cohort: another cohort, of the same studies as they would be.",
    "classify": "Tell how probable each finding is on every film of a cohort, as Parquet.",
    "draw": "Draw a finding on every film of a cohort, as pairs whose true counterfactuals are known.",
    "augment": "Balance a cohort as `augment` does.",
    "evaluate": "Measure what `batch edit` made: what a judge sees before and after each edit.",
}


@app.callback(invoke_without_command=True)
def causaray(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Counterfactual chest radiographs. Everything stays on this machine; results are marked as synthetic."""
    if version:
        print(__version__)
        raise typer.Exit


def _of(module: str, function: str) -> Callable[[], Command]:
    def imported() -> Command:
        return getattr(import_module(f"{__name__}.{module}"), function)

    return imported


def _group(module: str, about: str, commands: Mapping[str, str], **options: Any) -> typer.Typer:
    """Commands of one module under its name."""
    group = typer.Typer(rich_markup_mode=None, **options)
    group.callback(help=about)(lambda: None)
    for name, line in commands.items():
        group.command(name, cls=LateCommand, help=line)(_of(module, name))
    return group


for verb, about in VERBS.items():
    function = verb.replace("-", "_")
    app.command(verb, cls=LateCommand, help=about)(_of(function, function))
ROOM = "Blinded reader studies: make a set of films, show it to readers, score what they say."
app.add_typer(_group("reading", ROOM, READING, no_args_is_help=True), name="reading")
LISTED = "List the weights that come along, print a model card, write or fetch a folder of weights."
app.add_typer(_group("weights", LISTED, WEIGHTS, cls=ShowingGroup), name="weights")
ALL = "The same with every study of a cohort, in shards, on any number of machines."
app.add_typer(_group("batch", ALL, BATCH, no_args_is_help=True), name="batch")
