"""causaray train: weights from a recipe and prepared cohorts."""

from collections.abc import Sequence
from inspect import signature
from pathlib import Path

from causaray.devices import AUTO, resolved
from causaray.errors import BadInput
from causaray.systems import declared
from causaray.systems.system import imported
from causaray.writing import check_folder

RECIPES = {
    "chest-encoder": "causaray.classifiers.train_encoder:train",
    "judge": "causaray.classifiers.train_judge:train",
    "classifier": "causaray.classifiers.own_judge:train",
    "text-prior": "causaray.priors.train:train",
    "anatomy": "causaray.anatomy.training.train:train",
}
"""Method that a recipe says -> its training; those of the published systems stand with these (`System.recipes`)."""


def train(
    recipe: str | Path,
    cohorts: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    seed: int | None = None,
    resume: bool = False,
    device: str = AUTO,
) -> Path:
    """Train the editor, the prior or the judge of a recipe and return its weights folder, `out`/<name of the recipe>.

    Args:
        recipe: name of a recipe that comes with the package (such as cxr-128), or a YAML file.
        cohorts: folders that `prepare` has written, one or several; for a recipe of digits, the one set of digits.
        out: folder for checkpoints, logs and the weights.
        seed: instead of the recipe's.
        resume: go on from the checkpoints in `out`.
        device: where the training runs, as `devices.resolved` reads it.

    Raises:
        BadInput: for a recipe or cohort that cannot be used, and for an `out` that holds files without `resume`.
    """
    check_folder(out)
    if not resume and Path(out).is_dir() and any(Path(out).iterdir()):
        raise BadInput(f"{out} is there already; go on with its training by --resume, or choose another folder.")
    folders = [cohorts] if isinstance(cohorts, str | Path) else cohorts

    from causaray.training.recipe import method_of

    known, method = RECIPES | declared("recipes"), method_of(recipe)
    if method not in known:
        raise BadInput(f"{recipe} says method {method}; known are {', '.join(known)}, or none for radiographs.")
    run = imported(known[method])
    how = {"device": device} if "device" in signature(run).parameters else {}
    if not how and resolved(device).type != "cpu" and device != AUTO:
        raise BadInput(f"A recipe of method {method} is trained on the CPU; leave --device out.")
    folder: Path = run(recipe, [Path(one) for one in folders], Path(out), seed, **how)
    return folder
