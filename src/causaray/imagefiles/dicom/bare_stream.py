"""A compressed image without what is no image: comments, what applications wrote into it, bytes behind its end."""

import re

_SOI, _COM, _SOS, _EOI = 0xD8, 0xFE, 0xDA, 0xD9
_APPLICATION = range(0xE0, 0xF0)
_OF_COLOUR = {0xE0: 16, 0xE8: 0, 0xEE: 14}
"""Applications' segments by which decoders know the colours, JFIF's, HP's and Adobe's -> their length, where fixed."""
_NEXT_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
"""What ends the data of a scan: within it, only restart markers and stuffed bytes follow upon FF."""
_J2K, _J2K_COM, _J2K_SOT, _J2K_SOD, _J2K_EOC = b"\xff\x4f\xff\x51", 0xFF64, 0xFF90, 0xFF93, 0xFFD9


def bare(stream: bytes) -> bytes:
    """A JPEG, JPEG-LS or JPEG 2000 stream that decodes to the same image and holds nothing beside it.

    Raises ValueError or IndexError for a stream of another kind, and one that is damaged.
    """
    if stream[:2] == bytes((0xFF, _SOI)):
        return _bare_jpeg(stream)
    return _bare_jpeg_2000(stream[stream.index(_J2K) :])


def _bare_jpeg(stream: bytes) -> bytes:
    """ISO/IEC 10918-1, B.1."""
    kept, at = [stream[:2]], 2
    while stream[at + 1] != _EOI:
        if stream[at] != 0xFF:
            raise ValueError("no marker where one was expected")
        if stream[at + 1] == 0xFF:  # markers may be preceded by any number of these
            at += 1
            continue
        marker, end = stream[at + 1], at + 2 + _number(stream, at + 2, 2)
        if marker == _SOS:
            found = _NEXT_MARKER.search(stream, end)
            if found is None:
                raise ValueError("no end")
            end = found.start()
        if not _is_text(marker, _number(stream, at + 2, 2)):
            kept.append(stream[at:end])
        at = end
    return b"".join(kept) + bytes((0xFF, _EOI))


def _is_text(marker: int, length: int) -> bool:
    """Whether a segment is a comment, or an application's by which nothing is decoded."""
    return marker == _COM or (marker in _APPLICATION and _OF_COLOUR.get(marker, -1) not in (0, length))


def _bare_jpeg_2000(stream: bytes) -> bytes:
    """ISO/IEC 15444-1, A.4: comments are blanked, as the lengths of tile parts count them."""
    blanked, at, part_end = bytearray(stream), 2, 0
    while (marker := _number(stream, at, 2)) != _J2K_EOC:
        length = _number(stream, at + 2, 2)
        if marker == _J2K_SOT:
            part = _number(stream, at + 6, 4)  # 0: up to the end of the image
            part_end = at + part if part else stream.index(_J2K_EOC.to_bytes(2, "big"), at)
        elif marker == _J2K_COM:
            blanked[at + 6 : at + 2 + length] = bytes(length - 4)
        after = part_end if marker == _J2K_SOD else at + 2 + length
        if after <= at:
            raise ValueError("a tile part that ends before it begins")
        at = after
    return bytes(blanked[: at + 2])


def _number(stream: bytes, at: int, count: int) -> int:
    if at + count > len(stream):
        raise IndexError("cut short")
    return int.from_bytes(stream[at : at + count], "big")
