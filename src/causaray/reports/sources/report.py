"""One report as published, and what files of text have in common."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from causaray.errors import BadInput

LONGEST = 1 << 20  # bytes; a report has a few thousand


@dataclass(frozen=True)
class Report:
    """The text of one report with what its source says of it.

    `key` names the report within its source: a study or report identifier, else the file name or row number. `patient`
    is None where the source does not say whose it is, and `order`, the report's place among those of its patient,
    where it says no time. `majors` are the MeSH terms that people gave it (Indiana University alone). `source` is the
    file it was read from; neither the text nor the patient is printed.
    """

    text: str = field(repr=False)
    source: Path
    key: str
    patient: str | None = field(default=None, repr=False)
    order: float | None = None
    majors: tuple[str, ...] = ()


def composed(sections: Iterable[tuple[str, str]]) -> str:
    """A text of (heading, words), one a line, such that `sections` finds them; those without words are left out."""
    return "\n".join(f"{heading}: {words.strip()}" for heading, words in sections if words.strip())


def decoded(raw: bytes, where: object) -> str:
    """The text of a file, its line ends made one; `where` names it in an error.

    Raises BadInput when it is too long, empty, binary or not in UTF-8.
    """
    if len(raw) > LONGEST:
        raise BadInput(f"{where} is too large for a report (over {LONGEST >> 20} MiB); it should hold one.")
    if not raw.strip():
        raise BadInput(f"{where} is empty; it should hold one report as text.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{where} is no text in UTF-8 (see its byte {error.start}); save it as UTF-8.") from error
    if "\0" in text:
        raise BadInput(f"{where} is a binary file; it should hold one report as text in UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path) -> bytes:
    """The first bytes of a file, one more than `decoded` takes; BadInput when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST + 1)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); name a file that you may read.") from error
