"""causaray weights: what ships, and the model cards."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from causaray import weightfiles


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
