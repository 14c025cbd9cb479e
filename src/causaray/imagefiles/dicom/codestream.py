"""What a compressed image says of itself in its first bytes, whatever the header around it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom import uid

_START_OF_IMAGE, _JPEG_2000, _JP2 = b"\xff\xd8", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  "
_BY_HUFFMAN: tuple[uid.UID, ...] = (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit)
_FRAMES = {
    **dict.fromkeys((0xC0, 0xC1, 0xC2), _BY_HUFFMAN),
    0xC3: (uid.JPEGLossless, uid.JPEGLosslessSV1),
    0xF7: (uid.JPEGLSLossless, uid.JPEGLSNearLossless),
}
"""The JPEG markers that begin a frame, and the transfer syntaxes that such a stream may stand in."""
_RLE_BYTES = {1: (1, 1), 2: (1, 2), 3: (3, 1), 6: (3, 2)}
"""Segments of an RLE frame -> samples a pixel, bytes a sample (PS3.5, G.2)."""


@dataclass(frozen=True)
class Codestream:
    """The image that a stream holds.

    Attributes:
        syntaxes: DICOM's transfer syntaxes by which it can be decoded, the most usual first.
        components: samples a pixel.
        size: (rows, columns), or None where the stream does not say.
        precision: bits a sample; of RLE 8 or 16, as it is stored.
        pixels: how many pixels there are, where that had to be counted.
    """

    syntaxes: tuple[uid.UID, ...]
    components: int
    size: tuple[int, int] | None
    precision: int
    pixels: int | None = None

    @classmethod
    def of(cls, stream: bytes) -> Codestream | None:
        """What a JPEG, JPEG-LS or JPEG 2000 stream says of itself; None for anything else, and for a damaged one."""
        try:
            if stream.startswith(_START_OF_IMAGE):
                return _jpeg(stream)
            return _jpeg_2000(stream)
        except (IndexError, StopIteration):
            return None

    @classmethod
    def of_rle(cls, frame: bytes) -> Codestream | None:
        """The same of a frame of DICOM's run length encoding."""
        known = _RLE_BYTES.get(segments := int.from_bytes(frame[:4], "little"))
        if known is None:
            return None
        first, second = (int.from_bytes(frame[at : at + 4], "little") for at in (4, 8))
        pixels = _run_length(frame[first : second if segments > 1 else None])
        return cls((uid.RLELossless,), known[0], None, 8 * known[1], pixels)


def _jpeg(stream: bytes) -> Codestream | None:
    """ISO/IEC 10918-1, B.2.2: precision, lines, samples a line and components stand behind the marker of the frame."""
    marker, at = next((marker, at) for marker, at in _markers(stream) if _is_frame(marker))
    if marker not in _FRAMES:
        return None
    syntaxes, precision = _FRAMES[marker], stream[at + 2]
    if syntaxes is _BY_HUFFMAN and precision > 8:
        syntaxes = syntaxes[1:]
    return Codestream(syntaxes, stream[at + 7], (_number(stream, at + 3, 2), _number(stream, at + 5, 2)), precision)


def _is_frame(marker: int) -> bool:
    return marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC))


def _markers(stream: bytes) -> Iterator[tuple[int, int]]:
    """Each marker of a JPEG's header and where its segment begins."""
    at = len(_START_OF_IMAGE)
    while stream[at] == 0xFF:
        if stream[at + 1] == 0xFF:  # markers may be preceded by any number of these
            at += 1
            continue
        yield stream[at + 1], at + 2
        at += 2 + _number(stream, at + 2, 2)


def _jpeg_2000(stream: bytes) -> Codestream | None:
    """ISO/IEC 15444-1, A.5.1: the segment SIZ is always the first."""
    at = stream.find(_JPEG_2000) if stream.startswith(_JP2) else 0
    if at < 0 or not stream.startswith(_JPEG_2000, at):
        return None
    right, bottom, left, top = (_number(stream, at + 8 + 4 * i, 4) for i in range(4))
    components, precision = _number(stream, at + 40, 2), (stream[at + 42] & 0x7F) + 1
    return Codestream(tuple(uid.JPEG2000TransferSyntaxes), components, (bottom - top, right - left), precision)


def _run_length(segment: bytes) -> int:
    """How many bytes a segment holds (PS3.5, G.3.2): up to 128 as they follow, or up to 128 times the one that does."""
    total = at = 0
    while at < len(segment):
        head = segment[at]
        total += head + 1 if head < 128 else (257 - head) % 129
        at += head + 2 if head < 128 else 1 + (head > 128)
    return total


def _number(stream: bytes, at: int, count: int) -> int:
    if at + count > len(stream):
        raise IndexError
    return int.from_bytes(stream[at : at + count], "big")
