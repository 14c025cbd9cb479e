"""causaray weights: what ships, the model cards, and weights on their way to and from a hub or a mirror."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from causaray import weightfiles, weighttransfer
from causaray.arguments import Out


@dataclass(frozen=True)
class Weights:
    """One weights folder: its size in bytes, SHA-256 in hexadecimal, licence, and model card in Markdown."""

    name: str
    folder: Path
    size: int
    digest: str
    licence: str
    card: str


def weights(
    name: Annotated[
        str | Path | None, str, typer.Argument(help="Whose model card to print; none lists what ships.")
    ] = None,
) -> list[Weights]:
    """The weights that come with the package, or the one called `name` (or a folder) alone.

    Raises BadInput for an unknown name or a folder without safetensors.
    """
    folders = weightfiles.shipped() if name is None else [weightfiles.find(name)]
    return [
        Weights(
            name=folder.name,
            folder=folder,
            size=(folder / weightfiles.MODEL).stat().st_size,
            digest=weightfiles.digest(folder),
            licence=weightfiles.licence(folder),
            card=weightfiles.card(folder),
        )
        for folder in folders
    ]


def weights_export(
    name: Annotated[str | Path, str, typer.Argument(help="Name of shipped weights, or a weights folder.")], out: Out
) -> Path:
    """Write weights as the new folder `out` in the layout of model hubs: config.json, safetensors, README, SHA256SUMS.

    Nothing is pushed. Returns `out`. Raises BadInput as `weighttransfer.export`.
    """
    return weighttransfer.export(name, out)


def weights_fetch(
    source: Annotated[str | Path, str, typer.Argument(help="Folder, or the http(s) address of one, with SHA256SUMS.")],
    out: Out,
    *,
    digest: Annotated[
        str | None, typer.Option(help="SHA-256 that model.safetensors must have, from whoever made it.")
    ] = None,
) -> Path:
    """Copy a weights folder from a folder or a mirror to the new folder `out`, every file held to its sum.

    No other server is asked than the one named. Returns `out`. Raises BadInput as `weighttransfer.fetch`.
    """
    return weighttransfer.fetch(source, out, digest)
