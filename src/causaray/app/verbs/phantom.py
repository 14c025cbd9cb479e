"""causaray phantom: a cohort of chests whose every cause is known."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from causaray.app.arguments import Out, Seed
from causaray.cohorts import Cohort
from causaray.cohorts.phantom.cohort import prepare_phantom
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
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Write `n` phantoms to the folder `out` as a prepared cohort; `world` holds settings such as "tail=1.5".

    Raises BadInput for a setting that the world does not have, or when `out` is there already.
    """
    written = dict(_parted(setting) for setting in world)
    return prepare_phantom(out, n, seed=seed, progress=progress, **({"size": size} | read_settings(written)))


def _parted(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals:
        raise BadInput(f"{setting!r} sets nothing in the phantom world; write it as in tail=1.5.")
    return name, value
