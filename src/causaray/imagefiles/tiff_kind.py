"""What a TIFF holds by its tags: a sentence about one that is not read calls it by its name."""

from typing import Any, BinaryIO

from PIL import TiffImagePlugin

_BITS, _COMPRESSION, _PHOTOMETRIC, _PLANES, _NUMBERS = 258, 259, 262, 284, 339
_BIG = 43
"""The version of TIFF that has 64-bit offsets."""
_BIG_ENDIAN_BIG = b"MM\x00+"
_JPEG = (6, 7)
_WHITE_IS_ZERO, _YCBCR = 0, 6
_COLOURS = {0: "grey in which zero is white", 1: "grey", 2: "RGB", 3: "palette", 4: "mask", 5: "CMYK", 8: "CIELab"}
_OF_NUMBERS = {1: "unsigned", 2: "signed", 3: "floating-point", 5: "complex", 6: "complex"}

# Pillow knows this kind in the other byte order alone.
TiffImagePlugin.OPEN_INFO.setdefault((b"MM", _WHITE_IS_ZERO, (1,), 1, (16,), ()), ("I;16B", "I;16B"))


def white_is_zero(tags: Any) -> bool:
    """Whether the tags of a TIFF that Pillow has opened say so."""
    return bool(tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)


def misread(tags: Any) -> bool:
    """Whether Pillow opens what has these tags, but cannot decode it: bare YCbCr, and 16-bit colour plane by plane."""
    bare = tags.get(_PHOTOMETRIC) == _YCBCR and tags.get(_COMPRESSION) not in _JPEG
    return bare or (tags.get(_PLANES) == 2 and max(tags.get(_BITS, (1,))) > 8)


def kind_of(tags: Any) -> str:
    """What is in a TIFF of these tags, such as "64-bit floating-point grey"."""
    colour = tags[_PHOTOMETRIC]
    if colour == _YCBCR:
        return "YCbCr colour that is not compressed by JPEG"
    numbers = _OF_NUMBERS.get(tags.get(_NUMBERS, (1,))[0], "unknown")
    planes = ", plane by plane" if tags.get(_PLANES) == 2 else ""
    return f"{tags[_BITS][0]}-bit {numbers} {_COLOURS.get(colour, 'colour of an unknown kind')}{planes}"


def kind_in(file: BinaryIO) -> str | None:
    """The same of the first image of a TIFF file; None of another file, and of one that is damaged."""
    file.seek(0)
    head = file.read(16)
    if head.startswith(_BIG_ENDIAN_BIG):
        return "the kind BigTIFF in big-endian order"
    try:
        tags = TiffImagePlugin.ImageFileDirectory_v2(head if head[2] == _BIG else head[:8])
        file.seek(tags.next)
        tags.load(file)
        return None if _is_usual(tags) else kind_of(tags)
    except Exception:  # Pillow meets damage with many exceptions
        return None


def _is_usual(tags: Any) -> bool:
    """Whether every program reads what has these tags, so that something else must be wrong with it."""
    usual = tags[_PHOTOMETRIC] in (0, 1, 2, 3) and tags.get(_NUMBERS, (1,))[0] == 1
    return usual and tags[_BITS][0] in (1, 8, 16)
