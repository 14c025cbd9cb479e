"""causaray reproduce: the papers' own experiments, on the cohorts and the prior given."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from causaray import weightfiles
from causaray.arguments import Cohorts, Out, folders_of
from causaray.errors import BadInput
from causaray.systems import declared
from causaray.systems.system import imported
from causaray.writing import check_folder


def reproduce(
    name: Annotated[
        str,
        typer.Argument(help=f"Experiment: {', '.join(declared('experiments'))}."),
    ],
    recipe: Annotated[
        str | Path | None, str, typer.Option(help="What the rows change: name of a recipe, or a YAML file.")
    ],
    cohorts: Cohorts,
    out: Out,
    *,
    prior: Annotated[
        str | Path | None, str, typer.Option(help="Name or folder of the prior that is experimented on.")
    ] = None,
    judge: Annotated[
        str, typer.Option(help="Name of a shipped judge, or the weights folder of another.")
    ] = weightfiles.JUDGE,
    references: Annotated[
        str | Path | None, str, typer.Option(help="Chest encoder with centroids, for the rows with L_P.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each row.")] = 3,
    limit: Annotated[int | None, typer.Option(min=8, help="At most so many images a cohort.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Of latent-drifting: updates of each fine-tuning.")] = 400,
    lr: Annotated[
        float | None, typer.Option(help="Of latent-drifting: peak learning rate, instead of the method's.")
    ] = None,
    methods: Annotated[
        Sequence[str],
        list[str],
        typer.Option(
            "--method",
            help="Of latent-drifting: a kind of fine-tuning, as of `finetune`; else full and lora. "
            "Of ladine: a backbone more. Of progemu: film or text, learned alone. Of ddpo: a rival; else all.",
        ),
    ] = (),
    work: Annotated[
        str | Path, Path, typer.Option(help="Folder of the trainings; a stopped run goes on from it.")
    ] = "runs",
    command: str = "",
    tell: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train and measure every row of an experiment of the paper; write <name>.json, .md and .png to `out`.

    The experiments on a prior, "trajectory" (which attribute moves along a change of caption) and "hidden-attributes"
    (a relation planted in phantoms), and "ladine" (a classifier under corruptions and attacks) write table.md,
    results.json and a picture.

    "ddpo" (a prior that is reinforced, and its rivals) runs on phantoms of its own; the judge is its second one, whose
    features compare images. "decodex" (counterfactuals that leave an artifact alone, and what a classifier learns from
    them) runs on phantoms.

    "diffusion-classifier" (accuracy over draws, rivals, groups, stopping, counterfactuals) runs on phantoms, or on the
    splits of the cohorts given. "debiasing" (a planted shortcut, SCLS, worst groups) runs on phantoms; `limit` is then
    how many each classifier learns from. "ladine-tuberculosis" is "ladine" on films of the first cohort, which all have
    it, and of the second, which have not. The cohorts of "neural-sde-visits" are folders of tables.

    Args:
        name: "table1" (quality of the images, beside baselines), "table2" (effect by finding, beside baselines),
            "table4" (each module of the method), "table5" (a classifier trained on what `augment` makes), "fig9"
            (latent channels by layers of T), "neural-sde" (forecasts of phantoms, and of the visits of a recipe and the
            pairs of films of cohorts), "neural-sde-visits" (those of a table of visits alone, of the recipe oasis when
            none is named; skipped where its file is not there), "progemu" (follow-ups of phantoms, films and texts) or
            "reports" (a prior told labels, refined reports or raw ones).
        recipe: what the rows change: name of a recipe, or a YAML file; experiments on a prior have none.
        cohorts: folders that `prepare` or `phantom` has written; trained on split train, measured on split test. Of
            "hidden-attributes" one of phantoms with the relation and one without; "trajectory" has none;
            "latent-drifting" fine-tunes on them; "ladine" draws phantoms where there are none.
        out: folder of the page.
        prior: name or folder of the prior that is experimented on.
        judge: name or folder of the judge's weights.
        references: chest encoder with centroids (name or folder), for the rows that optimise the noise; they are left
            out without it.
        seeds: how many trainings of each row.
        limit: at most so many images a cohort (of "ladine", of split test), patients to edit or fine-tune on, or noises
            that films start from.
        steps: of latent-drifting, updates of each fine-tuning.
        lr: of latent-drifting, peak learning rate of each fine-tuning, instead of its method's.
        methods: of latent-drifting, kinds of fine-tuning, as of `finetune`; "full" and "lora" when empty. Of ladine,
            backbones that are trained and measured beside it. Of progemu, "film" or "text": a model of that alone. Of
            ddpo, rivals: best-of, guidance, second-order, longer, rejection, plain-ratio; all when empty.
        work: folder of the trainings, which a stopped run goes on from.
        command: the command line, to be printed above the figures.
        tell: called with what is being done.

    Returns: row -> figure -> mean, deviation and values; nothing of an experiment that was skipped.

    Raises:
        BadInput: for an unknown experiment, and whatever `train` and `evaluate` refuse.
    """
    check_folder(out)
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise BadInput("The plots need matplotlib: `pip install 'causaray[research]'` brings it.") from error
    known = declared("experiments")
    if name not in known:
        raise BadInput(f"There is no experiment {name}; known are {', '.join(known)}.")

    from causaray.experiments.options import ExperimentOptions

    found: dict[str, Any] = imported(known[name])(
        ExperimentOptions(
            name, Path(out), recipe, tuple(folders_of(cohorts)), prior, judge, references, seeds, limit,
            steps, lr, tuple(methods), Path(work), command, tell,
        )
    )  # fmt: skip
    return found
