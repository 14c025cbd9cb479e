"""Phantoms to look at: `python -m causaray.cohorts.phantom.picture docs/phantom.png`."""

from pathlib import Path
from typing import Annotated

import typer

from causaray.cohorts.phantom.model import UNSIDED, WORLD_NAMES
from causaray.cohorts.phantom.request import Setting
from causaray.cohorts.phantom.world import World
from causaray.imagefiles.grid import Panel, diverging, write_grid

SIZE = 256
SEVERITY = 0.75
_MARK = "PHANTOM"


def panels(world: World, row: int, name: str, seed: int) -> list[Panel]:
    """Phantom number `row` of `seed`, how it truly would be with a finding, and the difference."""
    patient = world.at(seed, [row])
    setting = Setting(None if name == "Support Devices" else SEVERITY, None if name in UNSIDED else "left")
    shown = world.counterfactual(patient, {name: setting})
    before, after = (phantoms.images[0, 0].numpy() for phantoms in (patient, shown))
    about = patient.causes.iloc[0]
    words = f"{'man' if about['male'] else 'woman'} of {about['age']:.0f}, {'AP' if about['anteroposterior'] else 'PA'}"
    return [
        Panel(before, words, _MARK),
        Panel(after, next(finding.to_text() for finding in shown.findings[0] if finding.name == name), _MARK),
        Panel(diverging(after - before, 0.5), "difference"),
    ]


def main(
    out: Annotated[Path, typer.Argument(help="The PNG to write.")] = Path("docs/phantom.png"),
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Every finding of the phantom world in a healthy phantom, with the difference it makes, two findings a row."""
    world = World(size=SIZE, common=0, devices=0)
    rows = [panels(world, i, name, seed) for i, name in enumerate(WORLD_NAMES)]
    rows.append([Panel(image[0].numpy(), "as sampled", _MARK) for image in World(size=SIZE).sample(3, seed + 1).images])
    write_grid([one + other for one, other in zip(rows[::2], rows[1::2], strict=True)], out)


if __name__ == "__main__":
    typer.run(main)
