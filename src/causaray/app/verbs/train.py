"""causaray train: weights from a recipe and prepared cohorts."""

from collections.abc import Sequence
from pathlib import Path

from causaray.errors import BadInput
from causaray.writing import check_folder


def train(
    recipe: str | Path,
    cohorts: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    seed: int | None = None,
    resume: bool = False,
) -> Path:
    """Train the editor, the prior or the judge of a recipe and return its weights folder, `out`/<name of the recipe>.

    Args:
        recipe: name of a recipe that comes with the package (such as cxr-128), or a YAML file.
        cohorts: folders that `prepare` has written, one or several; for a recipe of digits, the one set of digits.
        out: folder for checkpoints, logs and the weights.
        seed: instead of the recipe's.
        resume: go on from the checkpoints in `out`.

    Raises:
        BadInput: for a recipe or cohort that cannot be used, and for an `out` that holds files without `resume`.
    """
    check_folder(out)
    if not resume and Path(out).is_dir() and any(Path(out).iterdir()):
        raise BadInput(f"{out} is there already; go on with its training by --resume, or choose another folder.")
    folders = [cohorts] if isinstance(cohorts, str | Path) else cohorts

    from causaray.training.recipe import method_of

    data = [Path(folder) for folder in folders]
    method = method_of(recipe)
    if method == "causal-disentanglement":
        from causaray.systems.causal_disentanglement.training.train import train as train_radiographs

        return train_radiographs(recipe, data, Path(out), seed)
    if method == "chest-encoder":
        from causaray.classifiers.train_encoder import train as train_encoder

        return train_encoder(recipe, data, Path(out), seed)
    if method == "text-prior":
        from causaray.priors.train import train as train_prior

        return train_prior(recipe, data, Path(out), seed)
    if method == "anatomy":
        from causaray.anatomy.training.train import train as train_anatomy

        return train_anatomy(recipe, data, Path(out), seed)
    if method == "judge":
        from causaray.classifiers.train_judge import train as train_judge

        return train_judge(recipe, data, Path(out), seed)
    if method == "classifier":
        from causaray.classifiers.own_judge import train as train_own_judge

        return train_own_judge(recipe, data, Path(out), seed)
    from causaray.systems.causal_disentanglement.digits.digit_recipes import train as train_digits

    return train_digits(recipe, data, Path(out), seed)
