"""causaray phantom: a cohort of chests whose every cause is known."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from causaray.arguments import Out, Seed
from causaray.cohorts import Cohort
from causaray.cohorts.phantom.cohort import prepare_phantom, prepare_planted
from causaray.cohorts.phantom.planting import Planting
from causaray.cohorts.phantom.settings import read_settings
from causaray.errors import BadInput


def phantom(
    out: Out,
    n: Annotated[int, typer.Option("-n", "--n", min=1, help="How many phantoms, one a patient.")] = 6000,
    size: Annotated[int, typer.Option(min=32, help="Side of the images in pixels.")] = 64,
    seed: Seed = 0,
    world: Annotated[
        Sequence[str], list[str], typer.Option(help="A setting such as tail=1.5; may be given again.")
    ] = (),
    correlation: Annotated[
        float | None, typer.Option(min=0.5, max=1, help="How often a finding and an artifact go together.")
    ] = None,
    finding: Annotated[str | None, typer.Option(help="With --correlation: the finding (Pleural Effusion).")] = None,
    artifact: Annotated[str | None, typer.Option(help="With --correlation: pacemaker (the default) or mark.")] = None,
    split: Annotated[
        str | None, typer.Option(help="Put all into this split (train, val or test), with a seed of their own.")
    ] = None,
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Write `n` phantoms to the folder `out` as a prepared cohort; `world` holds settings such as "tail=1.5".

    With a correlation, `finding` and `artifact` go together in these n as `cohorts.planted` says, and 800 balanced ones
    are written beside them as split test. With `split` all are of it, such as a test set of a world of its own.
    Raises BadInput for a setting that the world does not have, for a finding or an artifact without a correlation or
    that cannot be planted, for a split beside a correlation or of another name, or when `out` is there already.
    """
    settings = {"size": size} | read_settings(dict(_parted(setting) for setting in world))
    if correlation is None:
        if finding is not None or artifact is not None:
            raise BadInput("Say by --correlation how often finding and artifact are to go together.")
        return prepare_phantom(out, n, seed=seed, split=split, progress=progress, **settings)
    if split is not None:
        raise BadInput("Phantoms of a planted correlation have their own splits; leave --split or --correlation out.")
    usual = Planting()
    planting = Planting(finding or usual.finding, artifact or usual.artifact)
    return prepare_planted(out, n, correlation, planting, seed=seed, progress=progress, **settings)


def _parted(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals:
        raise BadInput(f"{setting!r} sets nothing in the phantom world; write it as in tail=1.5.")
    return name, value
