"""What of an edit's options the editor that draws takes, checked before anything heavy is loaded."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from causaray import weightfiles
from causaray.anatomy.device_words import KINDS, devices_named
from causaray.editors.spec import ANATOMY
from causaray.editors.spec import DRAWN as EDITOR
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.scan import Scan
from causaray.vocabulary import DEVICE

WEIGHTS, DEFAULT = "anatomy-128", "cxr-128"
LARGEST = 500_000_000
"""Pixels of all films of one call: they and their counterfactuals are held in memory, eight bytes a pixel."""


def drawing_weights(weights: str | Path, editor: str | None) -> Path | None:
    """The folder of the net by which to draw, or None where another editor is meant.

    The editor that draws is meant by its name, and by its weights. Raises BadInput for its name with other weights, and
    for its weights with the name of another editor.
    """
    if editor != EDITOR:
        if weightfiles.is_stable(weights) or not _read_films(folder := weightfiles.find(weights)):
            return None
        if editor is not None:
            raise BadInput(f"{folder.name} draws findings, which is --editor {EDITOR}; {editor} needs a prior.")
        return folder
    folder = weightfiles.find(WEIGHTS if str(weights) == DEFAULT else weights)
    if not _read_films(folder):
        raise BadInput(f"--editor {EDITOR} draws by {WEIGHTS}, not by {folder.name}; leave --weights out.")
    return folder


def _read_films(folder: Path) -> bool:
    return weightfiles.config(folder).get("method") == ANATOMY


def check_options(others: Mapping[str, Any]) -> None:
    """Raises BadInput when one of the options is given that are not for the editor that draws."""
    given = [f"--{name}" for name, value in others.items() if value]
    if given:
        raise BadInput(
            f"{' and '.join(given)} cannot be given with the editor that draws; it takes --prompt, --strength, --seed, "
            "--mask and --support-device."
        )


def meant_device(prompt: str | Findings, request: Findings, device: str | None) -> str | None:
    """The kind of device to draw: the one of the option, else the one that the prompt names; None for any.

    Raises BadInput for a kind that cannot be drawn, for two kinds, and for a kind where no device is asked for.
    """
    if device is not None and device not in KINDS:
        raise BadInput(f'There is no device "{device}" to draw; the devices are {", ".join(KINDS)}.')
    if DEVICE not in request.present:
        if device is not None:
            raise BadInput(f'A {device} is named, but no device is asked for; say "support devices" in the prompt.')
        return None
    named = devices_named(prompt) if isinstance(prompt, str) else {}
    strange = [word for word, kind in named.items() if kind is None]
    if strange and device is None:
        raise BadInput(f'No device called "{strange[0]}" can be drawn; the devices are {", ".join(KINDS)}.')
    kinds = list(dict.fromkeys(kind for kind in (device, *named.values()) if kind))
    if len(kinds) > 1:
        raise BadInput(f"One edit draws devices of one kind, not {' and '.join(kinds)}; ask for one after the other.")
    return kinds[0] if kinds else None


def check_memory(scans: Sequence[Scan]) -> None:
    """Raises BadInput for more films than are held in memory at their own resolution."""
    pixels = sum(scan.pixels.size for scan in scans)
    if pixels > LARGEST:
        raise BadInput(
            f"The first {len(scans)} films are {pixels / 1e6:.0f} million pixels together, where at most "
            f"{LARGEST / 1e6:.0f} million are drawn on in one call; name fewer films at a time."
        )
