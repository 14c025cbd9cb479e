"""Who is at the other end of a DICOM association."""

import re
from dataclasses import dataclass

from causaray.errors import BadInput

_ADDRESS = re.compile(r"([^@]+)@(\[[0-9A-Fa-f:.]+\]|[^@:\[\]/\s]+):([0-9]{1,5})")


@dataclass(frozen=True)
class Peer:
    """An application entity: its AE title, and the host and port where it listens."""

    title: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Peer":
        """Read "AETITLE@host:port"; an IPv6 address stands in brackets. Raises BadInput when it is none."""
        match = _ADDRESS.fullmatch(text)
        if not match or not 0 < int(match[3]) < 65536:
            raise BadInput(f"{text} is no DICOM address; write AETITLE@host:port, such as PACS@10.0.0.5:104.")
        return cls(checked_title(match[1]), match[2].strip("[]"), int(match[3]))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.title}@{host}:{self.port}"


def checked_title(title: str) -> str:
    """An AE title without the spaces around it (PS3.5, 6.2). Raises BadInput when it is none."""
    bare = title.strip(" ")
    if not 0 < len(bare) <= 16 or not (bare.isascii() and bare.isprintable()) or "\\" in bare:
        raise BadInput(f"{title!r} is no AE title; it has 1 to 16 letters, digits or signs, and no backslash.")
    return bare
