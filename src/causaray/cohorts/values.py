"""Table cells in the many ways public tables write them, made into one way. What cannot be read is missing."""

import re
from datetime import datetime
from math import isfinite

from causaray.errors import BadInput
from causaray.study import Sex

SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validate": "val", "validation": "val"}
SPLITS |= {"test": "test", "testing": "test"}
FOLDS = {"guide": "guide", "judge": "judge", "": ""}
OLDEST = 120  # years; ages above are typing errors (ChestX-ray14 has some of 400)
OPEN_LICENCE = re.compile(r"(CC0|CC BY(-SA)?|public domain)( \d\.\d)?", re.IGNORECASE)
_RADIOGRAPHY = re.compile(r"x[- ]?ray|radiogra|r(oe|ö|o)ntgen|\bfilm|\b(cr|dx|dr|rg|xr|rx|cxr|ot|sc)\b")
_OTHER_IMAGING = re.compile(r"tomogra|mammogra|angiogra|\b(hr|cb|ld)?ct\b")
"""What is no radiograph of the chest even where it is said to be made of X-rays."""
YEARS_A_UNIT = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}  # the units of a DICOM age string


def is_radiograph(modality: str | None) -> bool:
    """Whether "X-ray", "CR", "DX", "chest radiograph" and the like, or nothing, is said; "CT" and "MRI" are others."""
    text = (modality or "").strip().lower()
    return not text or (bool(_RADIOGRAPHY.search(text)) and not _OTHER_IMAGING.search(text))


def read_sex(text: str | None) -> Sex | None:
    """F or M from "f", "Female", "M", "male"; None for anything else."""
    word = (text or "").strip().lower()
    return "F" if word in ("f", "female") else "M" if word in ("m", "male") else None


def read_age(text: str | None) -> float | None:
    """Years from "65", "65.0" or a DICOM age string such as "058Y" or "006M"; None when absent or above 120."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([YMWD]?)", (text or "").strip().upper())
    age = float(match[1]) * YEARS_A_UNIT[match[2] or "Y"] if match else None
    return age if age is None or age <= OLDEST else None


def read_time(text: str | None) -> float | None:
    """A day or follow-up number, which may be negative; a date written YYYYMMDD becomes its day number; else None."""
    text = (text or "").strip()
    try:
        time = float(datetime.strptime(text, "%Y%m%d").toordinal() if re.fullmatch(r"[12]\d{7}", text) else text)
    except ValueError:
        return None
    return time if isfinite(time) else None


def read_part(text: str | None, names: dict[str, str], what: str, where: str) -> str | None:
    """A split (names SPLITS) or a fold (names FOLDS) by its usual spellings; BadInput for a word that is neither."""
    if text is None:
        return None
    if text.strip().lower() not in names:
        right = ", ".join(sorted(filter(None, set(names.values()))))
        raise BadInput(f"{text!r} is no {what} ({where}); it should be one of {right}.")
    return names[text.strip().lower()]


def read_open(flag: str | None, licence: str | None) -> bool:
    """Whether weights trained on it may be given away: the table's flag, else by a CC0, CC BY or CC BY-SA licence."""
    if flag is not None:
        return flag.strip().lower() in ("true", "1", "yes", "y")
    return bool(licence and OPEN_LICENCE.fullmatch(licence.strip()))
