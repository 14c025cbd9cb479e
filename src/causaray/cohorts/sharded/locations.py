"""Where an image's bytes are: a file, a part of a tar file, or an address that fsspec opens."""

from dataclasses import dataclass
from pathlib import Path

from causaray.errors import BadInput


@dataclass(frozen=True)
class Location:
    """`place` is a path or an address with "://"; of a tar file, `length` bytes from `offset` on are the image."""

    place: str
    offset: int = 0
    length: int = -1

    @property
    def file(self) -> Path | None:
        """The file, where the image is one of its own on this machine."""
        return Path(self.place) if self.length < 0 and not is_address(self.place) else None

    def read(self) -> bytes:
        """The bytes of the image. Raises BadInput when they cannot be read."""
        import fsspec

        try:
            with fsspec.open(self.place, "rb") as opened:
                opened.seek(self.offset)
                return opened.read(self.length)
        except (OSError, ValueError, ImportError) as error:
            raise BadInput(f"{self.place} cannot be read ({error}); name what you may read.") from error


def is_address(place: str) -> bool:
    """Whether it is an address ("s3://bucket/cohort"), not a path."""
    return "://" in place
