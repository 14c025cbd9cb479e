"""IDX files, as MNIST is published: a big-endian header, then unsigned bytes (LeCun et al. 1998)."""

import gzip
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np

from causaray.errors import BadInput

UINT8 = 0x08


def read_idx(path: Path, ndim: int) -> np.ndarray:
    """uint8 array of an IDX file, gzipped or not. Raises BadInput for any other content than `ndim` axes of bytes."""
    data = _content(path)
    magic = bytes([0, 0, UINT8, ndim])
    if data[:4] != magic:
        raise BadInput(
            f"{path} starts with {data[:4].hex() or 'nothing'}; an IDX file of this kind with {magic.hex()}."
        )
    start = 4 + 4 * ndim
    shape = struct.unpack(f">{ndim}I", data[4:start]) if len(data) >= start else (0,)
    if len(data) != start + prod(shape):
        raise BadInput(f"{path} holds {len(data)} bytes, not those of the {shape} it announces; download it again.")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except FileNotFoundError as error:
        raise BadInput(f"{path} is missing; name a folder with the published files, or an .npz file.") from error
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} is no whole gzip file ({error}); download it again.") from error
