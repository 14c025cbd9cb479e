"""The answers to a C-STORE (PS3.4, B.2.3), and what they mean in words."""

STORED = 0x0000
OUT_OF_RESOURCES = 0xA700
NOT_ITS_KIND = 0xA900
NOT_UNDERSTOOD = 0xC000

_SINGLE = {
    0x0122: "it does not take this class of object",
    0x0124: "it does not allow this sender to store",
}
_RANGES = {
    0xA7: "it is out of resources",
    0xA9: "the object is not of the kind it takes",
    **dict.fromkeys(range(0xC0, 0xD0), "it cannot understand the object"),
}


def is_stored(status: int) -> bool:
    """Whether the object is stored; warnings (0xB...) say what was changed or left out in doing so."""
    return status == STORED or status >> 12 == 0xB


def meaning(status: int) -> str:
    """A status in words, with its number."""
    words = _SINGLE.get(status) or _RANGES.get(status >> 8, "it failed")
    return f"{words} (status 0x{status:04X})"
