"""Weights on disk: folders with model.safetensors, config.json and a model card, shipped or the user's own."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from causaray.digests import digest_of
from causaray.errors import BadInput

JUDGE = "judge-224"
"""Name of the judge that ships, which judges where none is named."""
SHIPPED = Path(__file__).parent / "weights"
MODEL, CONFIG, CARD = "model.safetensors", "config.json", "README.md"
STABLE = "model_index.json"
"""The file that tells a Stable Diffusion folder in the layout of diffusers from others."""
STABLE_SIZE = 512
"""Side in pixels of the images that such a folder is shown, where nobody says another."""
PICKLES = frozenset({".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"})


def shipped() -> list[Path]:
    """The weights folders that come with the package, by name."""
    return sorted(model.parent for model in SHIPPED.glob(f"*/{MODEL}"))


def find(name_or_folder: str | Path) -> Path:
    """The weights folder that is meant: the name of a shipped one, or a folder of the user's.

    Nothing is unpickled, ever. Raises BadInput for an unknown name and for a folder without safetensors.
    """
    known = {folder.name: folder for folder in shipped()}
    if str(name_or_folder) in known:
        return known[str(name_or_folder)]
    folder = Path(name_or_folder)
    if folder.suffix in PICKLES or (folder.is_dir() and not (folder / MODEL).is_file()):
        raise BadInput(_refusal(folder))
    if not folder.is_dir():
        raise BadInput(f"There are no weights called {name_or_folder}; {_advice(str(name_or_folder), list(known))}")
    return folder


def is_stable(folder: str | Path) -> bool:
    """Whether a folder is one of Stable Diffusion."""
    return (Path(folder) / STABLE).is_file()


def config(folder: Path) -> dict[str, Any]:
    """What config.json says of the weights. Raises BadInput when there is none, or no JSON object in it."""
    try:
        values = json.loads(_text(folder / CONFIG, (folder / CONFIG).stat().st_mtime_ns))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder / CONFIG} cannot be read; a weights folder says there what it holds.") from error
    if not isinstance(values, dict):
        raise BadInput(f"{folder / CONFIG} holds no JSON object; a weights folder says there what it holds.")
    return values


@lru_cache(maxsize=32)
def _text(path: Path, changed: int) -> str:
    """What a file says; read once as long as it was not `changed`, a time in nanoseconds."""
    return path.read_text(encoding="utf-8")


def digest(folder: Path) -> str:
    """SHA-256 of model.safetensors, in hexadecimal."""
    return digest_of(folder / MODEL)


def card(folder: Path) -> str:
    """The model card (Markdown), or "" when the folder has none."""
    path = folder / CARD
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def licence(folder: Path) -> str:
    """What the line `license: ...` of the model card says, or "unknown"."""
    line = re.search(r"^licen[cs]e:\s*(.+)$", card(folder), re.MULTILINE | re.IGNORECASE)
    return line[1].strip() if line else "unknown"


def _refusal(folder: Path) -> str:
    files = [folder] if folder.is_file() else sorted(folder.glob("*"))
    pickled = next((file for file in files if file.suffix in PICKLES), None)
    if pickled:
        return f"{pickled} is a pickle; only safetensors are loaded, so name a folder with {MODEL} and {CONFIG}."
    return f"{folder} is no weights folder; it should hold {MODEL} and {CONFIG}."


def _advice(name: str, known: list[str]) -> str:
    import difflib  # only a mistake pays for it

    close = difflib.get_close_matches(name, known, n=2)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"shipped are {', '.join(known) or 'none'}, or name a folder with {MODEL} and {CONFIG}."
