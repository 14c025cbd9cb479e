"""What is asked of a patient, as values of the model: interventions and prompts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from causaray.cohorts.phantom.exogenous import FINDINGS, Draws
from causaray.cohorts.phantom.model import PLACED, UNSIDED, WORLD_NAMES, Values, own_severity, own_sides, slug
from causaray.cohorts.phantom.shown import RANGES, ZONES
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.vocabulary import canonical_name

_SIDES = {"right": [True, False], "left": [False, True], "bilateral": [True, True]}
_CODES: dict[str, tuple[str, Mapping[str, float]]] = {
    "sex": ("male", {"M": 1.0, "F": 0.0}),
    "view": ("anteroposterior", {"AP": 1.0, "PA": 0.0}),
}


@dataclass(frozen=True)
class Setting:
    """A finding set to be present. What is None stays as it is, or is as the patient's own draws would have it.

    `severity`: in (0, 1], 0 for absent; a number, one for each patient (n,), or one for each side (n, 2). `side`: left,
    right or bilateral; the other side is left as it is. `height`: 0 at the apex to 1 at the base, a number or (n,),
    for Consolidation and Lung Lesion.
    """

    severity: float | np.ndarray | None = None
    side: str | None = None
    height: float | np.ndarray | None = None


Do = Mapping[str, "Setting | float | str | None"] | Findings
"""Finding -> Setting, or None for absent; "age" -> years, "sex" -> "F" or "M", "view" -> "AP" or "PA"; or a request."""


def interventions(do: Do, values: Values, draws: Draws) -> dict[str, np.ndarray]:
    """The values of the model that `do` sets, for patients with these values and draws.

    A word of severity means the middle of its range, or what the patient has (or would have) where that is within it.
    "No Finding" sets every finding but Support Devices to absent. Raises BadInput for what the world does not have.
    """
    set_values: dict[str, np.ndarray] = {}
    for name, wanted in _wishes(do):
        if name in (*_CODES, "age"):
            set_values |= _attribute(name, wanted, len(values["age"]))
        else:
            set_values |= _finding(canonical_name(name), wanted, dict(values) | set_values, draws)
    return set_values


def _wishes(do: Do) -> Iterator[tuple[str, object]]:
    if not isinstance(do, Findings):
        yield from do.items()
        return
    for finding in do:
        if finding.name != "No Finding":
            yield finding.name, finding
        elif finding.state == "present":
            yield from ((name, None) for name in FINDINGS)
        elif not set(do.present) & set(WORLD_NAMES):
            raise BadInput(f'"{do.to_text()}" leaves open what is to be seen; name the finding.')


def _attribute(name: str, wanted: object, n: int) -> dict[str, np.ndarray]:
    if name == "age":
        if not isinstance(wanted, int | float):
            raise BadInput(f"An age of the phantom world is a number of years, not {wanted!r}.")
        return {"age": np.full(n, float(wanted))}
    variable, codes = _CODES[name]
    if wanted not in codes:
        raise BadInput(f"{name} of the phantom world is {' or '.join(codes)}, not {wanted!r}.")
    return {variable: np.full(n, codes[str(wanted)])}


def _finding(name: str, wanted: object, values: Values, draws: Draws) -> dict[str, np.ndarray]:
    if name not in WORLD_NAMES:
        raise BadInput(f"The phantom world has no {name}; its findings are {', '.join(WORLD_NAMES)}.")
    own = _own(name, values[slug(name)], draws)
    if isinstance(wanted, Finding):
        wanted = _in_numbers(wanted, own, values)
    elif wanted is None:
        wanted = Setting(0.0)
    if not isinstance(wanted, Setting):
        raise BadInput(f"{name} of the phantom world is set by a Setting, or None for absent, not {wanted!r}.")
    return _set(name, wanted, own, values, draws)


def _set(name: str, wanted: Setting, own: np.ndarray, values: Values, draws: Draws) -> dict[str, np.ndarray]:
    severity = own if wanted.severity is None else _columns(wanted.severity)
    if (severity < 0).any() or (severity > 1).any():
        raise BadInput(f"The severity of {name} lies between 0 and 1, not at {severity.min()} or {severity.max()}.")
    old = values[slug(name)]
    where = _where(name, wanted.side, np.where((old > 0).any(1, keepdims=True), old > 0, own_sides(draws, name)))
    made = {slug(name): np.where(where > 0, severity, old)}
    if wanted.height is not None:
        if name not in PLACED:
            raise BadInput(f"{name} of the phantom world has one place only; leave its location out.")
        made[f"{slug(name)}_height"] = np.broadcast_to(np.asarray(wanted.height, float), len(old)).copy()
    return made


def _in_numbers(finding: Finding, own: np.ndarray, values: Values) -> Setting:
    """A finding asked for in words; `own` (n, 2) is the severity that each side has, or would have."""
    if finding.state == "uncertain":
        raise BadInput(f'"{finding.to_text()}" has no true image; ask for the finding to be present or absent.')
    if finding.state == "absent":
        return Setting(0.0, finding.side)
    severity = None if finding.severity is None else _within(RANGES[finding.severity], own)
    return Setting(severity, finding.side, _height(finding, values))


def _height(finding: Finding, values: Values) -> np.ndarray | None:
    if finding.location is None:
        return None
    level = finding.location.split(" ")[0]
    if finding.name not in PLACED or level not in ZONES:
        places = " and ".join(PLACED)
        raise BadInput(f'"{finding.to_text()}": only {places} have a place, an upper, middle or lower zone.')
    return _within(ZONES[level], values[f"{slug(finding.name)}_height"])


def _columns(severity: float | np.ndarray) -> np.ndarray:
    """One for all, (n,) for each patient or (n, 2) for each side, to be broadcast to (n, 2)."""
    values = np.asarray(severity, float)
    return values[:, None] if values.ndim == 1 else values


def _within(bounds: tuple[float, float], own: np.ndarray) -> np.ndarray:
    """A patient's own value where it lies within the bounds, else the middle of them."""
    low, high = bounds
    return np.where((own > low) & (own <= high), own, (low + high) / 2)


def _own(name: str, old: np.ndarray, draws: Draws) -> np.ndarray:
    """The severity (n, 2) that each side has, or would have."""
    worse = old.max(1, keepdims=True)
    return np.where(old > 0, old, np.where(worse > 0, worse, own_severity(draws, name)[:, None]))


def _where(name: str, side: str | None, otherwise: np.ndarray) -> np.ndarray:
    if side is None:
        return otherwise
    if side not in _SIDES:
        raise BadInput(f"A side is left, right or bilateral, not {side!r}.")
    if name in UNSIDED and side != "bilateral":
        raise BadInput(f"{name} of the phantom world has no side; leave {side!r} out.")
    return np.broadcast_to(np.array(_SIDES[side]), otherwise.shape)
