"""Weights on their way: out in the layout of model hubs, in from a folder or a mirror, every file held to its sum.

A folder that is sent holds config.json, safetensors, a README whose head tells the hub what it is, and SHA256SUMS.
Nothing here knows a server: the source is what the user names.
"""

import re
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

import yaml

from causaray import __version__, weightfiles
from causaray.digests import digest_of
from causaray.errors import BadInput
from causaray.writing import make_folder

SUMS = "SHA256SUMS"
"""Lists each file as `sha256sum` does: digest, two blanks, and the path within the folder."""
ENDINGS = (".safetensors", ".json", ".md", ".txt")
"""Of files that weights folders hold; nothing else is taken, and no pickle."""
_LINE = re.compile(r"([0-9a-f]{64}) [ *]((?:[\w-][\w.-]*/)*[\w-][\w.-]*)")
_SUMS_BYTES, _FILES, _CHUNK, _SECONDS = 2**16, 100, 2**20, 60
_LARGEST = 20 * 2**30
"""Bytes of a file."""
_HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


def export(name: str | Path, out: str | Path) -> Path:
    """Write weights (a shipped name, or a folder) as a folder `out` in the layout of model hubs, ready to be pushed.

    The head of its README says licence, library, task and tags as the Hugging Face Hub reads them.
    Raises BadInput for weights that there are not, and a folder that is there already or cannot be written.
    """
    folder = weightfiles.find(name)
    with _new_folder(Path(out)) as beside:
        for file in _files(folder):
            target = beside / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        config = weightfiles.config(folder)
        card = weightfiles.card(folder)
        text = f"---\n{yaml.safe_dump(_metadata(folder, config), sort_keys=False)}---\n" + _HEAD.sub("", card)
        (beside / weightfiles.CARD).write_text(text, encoding="utf-8")
        sums = "".join(f"{digest_of(file)}  {file.relative_to(beside).as_posix()}\n" for file in _files(beside))
        (beside / SUMS).write_text(sums, encoding="utf-8")
    return Path(out)


def fetch(source: str | Path, out: str | Path, digest: str | None = None) -> Path:
    """Copy a weights folder from `source`, a folder or the address of one (http or https), to the new folder `out`.

    Every file that its SHA256SUMS lists is taken and held to its sum. `digest` is what model.safetensors has to have
    besides, as who made it said it elsewhere: the sums say that nothing was damaged on the way, not who wrote it.
    Nothing is left behind when anything is wrong.

    Raises BadInput for a source without SHA256SUMS, files that are missing, too large or damaged, of kinds that are
    not taken, another `digest`, and a folder that is there already or cannot be written.
    """
    with _new_folder(Path(out)) as beside:
        listed = _listed(_read(source, SUMS, _SUMS_BYTES).decode("utf-8", "replace"), source)
        for name, expected in listed.items():
            target = beside / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                for chunk in _chunks(source, name, _LARGEST):
                    file.write(chunk)
            if digest_of(target) != expected:
                raise BadInput(f"{name} of {source} is not as its {SUMS} says; it was damaged, or is another file.")
        if not all((beside / name).is_file() for name in (weightfiles.MODEL, weightfiles.CONFIG)):
            raise BadInput(f"{source} is no weights folder; {SUMS} lists no {weightfiles.MODEL} and config.json.")
        weightfiles.config(beside)
        if digest is not None and weightfiles.digest(beside) != digest.lower():
            found = weightfiles.digest(beside)
            raise BadInput(f"{weightfiles.MODEL} of {source} has the digest {found}, where {digest} was expected.")
        (beside / SUMS).write_text("".join(f"{one}  {name}\n" for name, one in listed.items()), encoding="utf-8")
    return Path(out)


def _metadata(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """What the hub reads in the head of a README; what the card says already is kept."""
    head = _HEAD.match(weightfiles.card(folder))
    said = (yaml.safe_load(head[1]) if head else None) or {}
    tags = ["medical", "chest-radiograph", "counterfactual", str(config.get("method", "classifier"))]
    told = {"license": weightfiles.licence(folder).lower(), "library_name": "causaray", "tags": tags}
    if config.get("method") not in (None, "judge", "classifier"):
        told["pipeline_tag"] = "image-to-image"
    return told | {key: value for key, value in said.items() if key != "license"} | {"causaray_version": __version__}


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() and file.suffix in ENDINGS)


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A folder to fill beside `out`, whose name it takes when the block ends without an error."""
    if out.exists():
        raise BadInput(f"{out} is there already; name a new folder by --out.")
    make_folder(out.parent)
    try:
        with TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as parent:
            beside = Path(parent) / out.name
            beside.mkdir()
            yield beside
            beside.rename(out)
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}); name a folder you may write to.") from error


def _listed(text: str, source: str | Path) -> dict[str, str]:
    """{file: digest} of SHA256SUMS."""
    lines = [line for line in text.splitlines() if line.strip()]
    found = [_LINE.fullmatch(line) for line in lines]
    if not lines or len(lines) > _FILES or not all(found):
        raise BadInput(f"{SUMS} of {source} is no list of digests and files; `causaray weights export` writes one.")
    named = {match[2]: match[1] for match in found if match}
    if strange := [name for name in named if not name.endswith(ENDINGS)]:
        raise BadInput(f"{source} holds {strange[0]}, which is not taken; weights are {', '.join(ENDINGS)} files.")
    return named


def _read(source: str | Path, name: str, most: int) -> bytes:
    return b"".join(_chunks(source, name, most))


def _chunks(source: str | Path, name: str, most: int) -> Iterator[bytes]:
    """The content of a file of the source. Raises BadInput where it cannot be read, or has more than `most` bytes."""
    try:
        with _opened(source, name) as file:
            size = 0
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise BadInput(f"{name} of {source} has more than {most} bytes, which is more than is taken.")
                yield chunk
    except (URLError, TimeoutError, OSError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or "no answer"
        advice = f"it needs {SUMS}, as `causaray weights export` writes it" if name == SUMS else "try again"
        raise BadInput(f"{name} of {source} cannot be read ({reason}); {advice}.") from error


class _NoOtherHost(urllib.request.HTTPRedirectHandler):
    """The user has named one server; where that one sends us to another, nothing is asked of it."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            raise URLError(f"it leads to another server, {urlsplit(newurl).netloc}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opened(source: str | Path, name: str) -> Any:
    if re.match(r"https?://", str(source)):
        return urllib.request.build_opener(_NoOtherHost).open(f"{str(source).rstrip('/')}/{name}", timeout=_SECONDS)
    return (Path(source) / name).open("rb")
