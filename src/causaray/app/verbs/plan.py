"""causaray plan: what a cohort of one's own takes, by arithmetic from what one film takes."""

import json
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from causaray.arguments import Device
from causaray.devices import AUTO
from causaray.errors import BadInput
from causaray.writing import whole_file

if TYPE_CHECKING:
    from causaray.experiments.plan import Line


def plan(
    studies: Annotated[int, typer.Option(min=1, help="Films of the cohort.")] = 377_110,
    *,
    gpus: Annotated[int, typer.Option(min=0, help="GPUs on which nets work; 0 for cores alone.")] = 0,
    cores: Annotated[int, typer.Option(min=1, help="Cores on which films are read.")] = 16,
    size: Annotated[Sequence[int], list[int], typer.Option(min=32, help="Sides of the prepared images.")] = (128, 256),
    source: Annotated[str, typer.Option(help="What the films are: png, jpg, dicom or jpeg2000.")] = "png",
    epochs: Annotated[int, typer.Option(min=1, help="How often a training sees each film.")] = 10,
    price: Annotated[float | None, typer.Option(min=0, help="Of an hour of a GPU.")] = None,
    core_price: Annotated[float | None, typer.Option(min=0, help="Of an hour of a core.")] = None,
    units: Annotated[
        str | Path | None, Path, typer.Option(help="File written by --measure; else those that come along.")
    ] = None,
    measure: Annotated[
        str | Path | None, Path, typer.Option(help="Measure this machine first, for minutes, and write that here.")
    ] = None,
    device: Device = AUTO,
    tell: Callable[[str], object] = lambda text: None,
) -> "list[Line]":
    """The hours, bytes and costs of a cohort, each with its arithmetic. As `experiments.plan.plan`.

    Args:
        units: file of measured units; those that come along were measured on one core, and on no GPU.
        measure: measure this machine, and its `device`, first, and write the units to this file.
        tell: called with the name of each piece that is measured.

    Raises BadInput for a file that holds no units, and for a kind of film that there is none of.
    """
    from causaray.experiments.plan import FORMATS
    from causaray.experiments.plan import plan as reckon
    from causaray.experiments.units import check_units
    from causaray.experiments.units import measure as measured

    if source not in FORMATS:
        raise BadInput(f'There are no films of kind "{source[:40]}"; name one of {", ".join(FORMATS)}.')
    if measure is not None:
        with whole_file(measure) as beside:
            beside.write_text(json.dumps(measured(device, tell), indent=1) + "\n", encoding="utf-8")
        units = measure
    path = Path(str(files("causaray.experiments") / "units.json")) if units is None else Path(units)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{path} holds no units ({error}); write them by `causaray plan --measure units.json`."
        ) from error
    return reckon(check_units(told, path), studies, cores, gpus, size, source, epochs, price, core_price)
