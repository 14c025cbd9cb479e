"""The key of a reading set, kept from its readers: what each image is."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from causaray import __version__
from causaray.errors import BadInput
from causaray.evaluation.reading_room.films import DISEASED, UNTOUCHED, Film
from causaray.finding import Finding

KEY = "key.json"


@dataclass(frozen=True)
class Entry:
    """What an image of the set is: its file and patient (hashed), who made it, what it shows, and its own digest."""

    file: str
    patient: str
    source: str
    finding: Finding
    sha256: str

    @classmethod
    def of(cls, film: Film, image: Path) -> Self:
        """The entry of a film that was written as `image`."""
        patient = digest((film.patient or film.image).encode())[:16]
        return cls(str(film.file.resolve()), patient, film.source, film.finding, digest(image.read_bytes()))

    @property
    def edited(self) -> bool:
        """Whether an editor made it."""
        return self.source not in (UNTOUCHED, DISEASED)

    @property
    def shows(self) -> str:
        """What a reader should say: the name of the finding, or "no" and the name where it was taken out."""
        return self.finding.name if self.finding.state == "present" else f"no {self.finding.name}"


@dataclass(frozen=True)
class Key:
    """The key of the set `id`, whose images are named in `entries`; `about` says how it was made."""

    id: str
    about: Mapping[str, Any]
    entries: Mapping[str, Entry]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read key.json. Raises BadInput when it is missing or damaged."""
        try:
            said = json.loads((folder / KEY).read_text(encoding="utf-8"))
            entries = {name: _entry(one) for name, one in said.pop("images").items()}
            return cls(said.pop("set"), said, entries)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{folder} holds no readable {KEY}; score where the set was made.") from error

    def write(self, folder: Path) -> None:
        """Write key.json."""
        images = {name: _flat(entry) for name, entry in self.entries.items()}
        said = {"set": self.id, **self.about, "version": __version__, "images": images}
        (folder / KEY).write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")

    def check(self, folder: Path) -> None:
        """Raise BadInput unless the images in `folder` are those that the key speaks of."""
        for name, entry in self.entries.items():
            if not (folder / name).is_file() or digest((folder / name).read_bytes()) != entry.sha256:
                raise BadInput(f"{folder / name} is not the image that {KEY} speaks of; take the set as it was made.")


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return sha256(content).hexdigest()


def _flat(entry: Entry) -> dict[str, Any]:
    said = asdict(entry)
    finding = said.pop("finding")
    return {**said, "finding": finding.pop("name"), **finding}


def _entry(said: Mapping[str, Any]) -> Entry:
    finding = Finding(*(said[key] for key in ("finding", "state", "severity", "side", "location")))
    return Entry(said["file"], said["patient"], said["source"], finding, said["sha256"])
