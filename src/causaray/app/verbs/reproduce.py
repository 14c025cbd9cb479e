"""causaray reproduce: the papers' own experiments, on the cohorts and the prior given."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from causaray import weightfiles
from causaray.errors import BadInput
from causaray.writing import check_folder

ON_PRIORS = ("trajectory", "hidden-attributes", "latent-drifting")
"""The experiments on a prior."""


def reproduce(
    name: str,
    recipe: str | Path | None,
    cohorts: Sequence[str | Path],
    out: str | Path,
    *,
    prior: str | Path | None = None,
    judge: str = weightfiles.JUDGE,
    references: str | Path | None = None,
    seeds: int = 3,
    limit: int | None = None,
    steps: int = 400,
    lr: float | None = None,
    methods: Sequence[str] = (),
    work: str | Path = "runs",
    command: str = "",
    tell: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Train and measure every row of an experiment of the paper; write <name>.json, .md and .png to `out`.

    The experiments on a prior, "trajectory" (which attribute moves along a change of caption) and "hidden-attributes"
    (a relation planted in phantoms), write table.md, results.json and a picture.

    Args:
        name: "table1" (quality of the images, beside baselines), "table2" (effect by finding, beside baselines),
            "table4" (each module of the method), "table5" (a classifier trained on what `augment` makes), "fig9"
            (latent channels by layers of T) or "reports" (a prior told labels, refined reports or raw ones).
        recipe: what the rows change: name of a recipe, or a YAML file; experiments on a prior have none.
        cohorts: folders that `prepare` or `phantom` has written; trained on split train, measured on split test. Of
            "hidden-attributes" one of phantoms with the relation and one without; "trajectory" has none;
            "latent-drifting" fine-tunes on them.
        out: folder of the page.
        prior: name or folder of the prior that is experimented on.
        judge: name or folder of the judge's weights.
        references: chest encoder with centroids (name or folder), for the rows that optimise the noise; they are left
            out without it.
        seeds: how many trainings of each row.
        limit: at most so many images a cohort, patients to edit or fine-tune on, or noises that films start from.
        steps: of latent-drifting, updates of each fine-tuning.
        lr: of latent-drifting, peak learning rate of each fine-tuning, instead of its method's.
        methods: of latent-drifting, kinds of fine-tuning, as of `finetune`; "full" and "lora" when empty.
        work: folder of the trainings, which a stopped run goes on from.
        command: the command line, to be printed above the figures.
        tell: called with what is being done.

    Returns: row -> figure -> mean, deviation and values.

    Raises:
        BadInput: for an unknown experiment, and whatever `train` and `evaluate` refuse.
    """
    check_folder(out)
    folders = [Path(folder) for folder in cohorts]
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise BadInput("The plots need matplotlib: `pip install 'causaray[research]'` brings it.") from error
    if name in ON_PRIORS:
        return _on_prior(
            name, prior, folders, Path(out), judge, seeds, limit, steps, lr, methods, Path(work), command, tell
        )

    from causaray.systems.causal_disentanglement.experiments.ablation import Setting
    from causaray.systems.causal_disentanglement.experiments.ablation_page import write_table
    from causaray.systems.causal_disentanglement.experiments.tables import EXPERIMENTS

    if name not in EXPERIMENTS:
        raise BadInput(f"There is no experiment {name}; known are {', '.join([*EXPERIMENTS, *ON_PRIORS])}.")
    if recipe is None:
        raise BadInput(f"{name} compares what recipes make; name one with --recipe.")
    encoder = weightfiles.find(references) if references is not None else None
    setting = Setting.of(recipe, folders, judge, seeds, limit, Path(work), encoder)
    found, figures = EXPERIMENTS[name](setting, tell)
    about = {
        "command": command, "recipe": setting.recipe.name, "cohorts": ", ".join(f.name for f in folders),
        "judge": judge, "seeds": seeds, "limit": limit,
    }  # fmt: skip
    write_table(name, about, found, figures, Path(out))
    return dict(found)


def _on_prior(
    name: str, prior: str | Path | None, cohorts: Sequence[Path], out: Path, judge: str, seeds: int,
    limit: int | None, steps: int, lr: float | None, methods: Sequence[str], work: Path, command: str,
    tell: Callable[[str], None],
) -> dict[str, Any]:  # fmt: skip
    if prior is None:
        raise BadInput(f"{name} is an experiment on a prior; name one with --prior.")
    if name != "trajectory" and not cohorts:
        raise BadInput(f"{name} needs cohorts; name them with --cohorts.")
    if name == "latent-drifting":
        from causaray.priors.finetune import rate
        from causaray.systems.latent_drifting.experiment import METHODS, Setting, latent_drifting

        for method in methods:
            rate(method)  # refuses what is none
        setting = Setting(
            str(prior), tuple(cohorts), work / name, judge, seeds, limit or Setting.limit, steps=steps, lr=lr
        )
        return latent_drifting(setting, out, command, tell, methods or METHODS)
    about = {"command": command, "prior": weightfiles.find(prior).name}
    if name == "trajectory":
        from causaray.systems.trajectories import experiment as trajectory

        return trajectory.measure(prior, judge, out, work, about, limit or trajectory.SEEDS, tell)
    from causaray.systems.hidden_relations import experiment as hidden_attributes

    patients = limit or hidden_attributes.PATIENTS
    return hidden_attributes.measure(prior, cohorts, out, work, about, patients, seeds, tell)
