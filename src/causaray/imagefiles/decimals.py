"""The decimal numbers of a DICOM header, where they can be read."""

from math import nan

from pydicom import Dataset


def decimals(header: Dataset, keyword: str) -> list[float]:
    """All numbers of a decimal string (DS) that is called `keyword`, NaN for what is none ("2047,5", "AUTO", "").

    It is read from the bytes of the file where it can be, as pydicom refuses all of an element for one value.
    """
    element = header.get_item(keyword)
    value = element.value if element is not None else None
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace").rstrip("\0").split("\\")
    several = [value] if isinstance(value, str | int | float) or value is None else list(value)
    return [_number(one) for one in several]


def first_decimal(header: Dataset, keyword: str) -> float:
    """The first of `decimals`, NaN where there is none."""
    return next(iter(decimals(header, keyword)), nan)


def _number(written: object) -> float:
    try:
        number = float(written)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return nan
    return number if abs(number) < float("inf") else nan
