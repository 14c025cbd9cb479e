"""What is asked of a patient, as values of the model: interventions and prompts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from causaray.cohorts.phantom.exogenous import FINDINGS, Draws
from causaray.cohorts.phantom.model import LEFT, PLACED, RIGHT, UNSIDED, Values, own_severity, own_sides, slug
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import Findings
from causaray.vocabulary import canonical_name

WORLD_NAMES = (*FINDINGS, "Support Devices")
"""All that can be present or absent in the phantom world."""
RANGES = {"mild": (0.0, 0.4), "moderate": (0.4, 0.7), "severe": (0.7, 1.0)}
"""Severity in words: above the first, up to the second."""
ZONES = {"upper": (0.0, 0.36), "middle": (0.36, 0.68), "lower": (0.68, 1.0)}
_SIDES = {"right": [True, False], "left": [False, True], "bilateral": [True, True]}
_CODES: dict[str, tuple[str, Mapping[str, float]]] = {
    "sex": ("male", {"M": 1.0, "F": 0.0}),
    "view": ("anteroposterior", {"AP": 1.0, "PA": 0.0}),
}


@dataclass(frozen=True)
class Setting:
    """A finding set to be present. What is None stays as it is, or is as the patient's own draws would have it.

    `severity`: in (0, 1], a number or one for each patient (n,) (0 for absent); `side` left, right or bilateral; the
    other side is left as it is. `height`: 0 at the apex to 1 at the base, a number or (n,), for Consolidation and
    Lung Lesion.
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
    variable = slug(name)
    old = values[variable]
    if isinstance(wanted, Finding):
        if wanted.state == "uncertain":
            raise BadInput(f'"{wanted.to_text()}" has no true image; ask for the finding to be present or absent.')
        if wanted.state == "absent":
            where = _where(name, wanted.side, np.ones_like(old))
            return {variable: np.where(where > 0, 0.0, old)}
        wanted = _setting(wanted, name, values, draws)
    if wanted is None:
        return {variable: np.zeros_like(old)}
    if not isinstance(wanted, Setting):
        raise BadInput(f"{name} of the phantom world is set by a Setting, or None for absent, not {wanted!r}.")
    return _present(name, wanted, old, draws)


def _present(name: str, wanted: Setting, old: np.ndarray, draws: Draws) -> dict[str, np.ndarray]:
    severity = _latent(name, old, draws) if wanted.severity is None else np.asarray(wanted.severity, float)
    if (severity < 0).any() or (severity > 1).any():
        raise BadInput(f"The severity of {name} lies between 0 and 1, not at {severity.min()} or {severity.max()}.")
    now = np.where((old > 0).any(1, keepdims=True), old > 0, _own_sides(name, draws, len(old)))
    where = _where(name, wanted.side, now)
    made = {slug(name): np.where(where > 0, np.broadcast_to(severity, len(old))[:, None], old)}
    if wanted.height is not None:
        if name not in PLACED:
            raise BadInput(f"{name} of the phantom world has one place only; leave its location out.")
        made[f"{slug(name)}_height"] = np.broadcast_to(np.asarray(wanted.height, float), len(old)).copy()
    return made


def _setting(finding: Finding, name: str, values: Values, draws: Draws) -> Setting:
    """A finding asked for in words as numbers."""
    severity = height = None
    if finding.severity is not None and name != "Support Devices":
        severity = _within(RANGES[finding.severity], _latent(name, values[slug(name)], draws))
    if finding.location is not None:
        level = finding.location.split(" ")[0]
        if name not in PLACED or level not in ZONES:
            places = " and ".join(PLACED)
            raise BadInput(f'"{finding.to_text()}": only {places} have a place, an upper, middle or lower zone.')
        height = _within(ZONES[level], values[f"{slug(name)}_height"])
    return Setting(severity, finding.side, height)


def _within(bounds: tuple[float, float], own: np.ndarray) -> np.ndarray:
    """A patient's own value where it lies within the bounds, else the middle of them."""
    low, high = bounds
    return np.where((own > low) & (own <= high), own, (low + high) / 2)


def _latent(name: str, old: np.ndarray, draws: Draws) -> np.ndarray:
    """The severity (n,) that a patient has, or would have."""
    own = np.ones(len(old)) if name == "Support Devices" else own_severity(draws, name)
    return np.where(old.max(1) > 0, old.max(1), own)


def _own_sides(name: str, draws: Draws, n: int) -> np.ndarray:
    return np.ones((n, 2)) if name in UNSIDED else own_sides(draws, name)


def _where(name: str, side: str | None, otherwise: np.ndarray) -> np.ndarray:
    if side is None:
        return otherwise
    if side not in _SIDES:
        raise BadInput(f"A side is left, right or bilateral, not {side!r}.")
    if name in UNSIDED and side != "bilateral":
        raise BadInput(f"{name} of the phantom world has no side; leave {side!r} out.")
    return np.broadcast_to(np.array(_SIDES[side]), otherwise.shape)


def word(severity: float) -> str:
    """The word for a severity in (0, 1]."""
    return next(name for name, (_, high) in RANGES.items() if severity <= high)


def findings_of(values: Values, row: int) -> Findings:
    """What is present and absent in a phantom, severity, side and height in words."""
    said = [_said(name, values, row) for name in WORLD_NAMES]
    healthy = all(finding.state == "absent" for finding in said[: len(FINDINGS)])
    return Findings([Finding("No Finding", "present" if healthy else "absent"), *said])


def _said(name: str, values: Values, row: int) -> Finding:
    severity = values[slug(name)][row]
    if not severity.any():
        return Finding(name, "absent")
    if name == "Support Devices":
        return Finding(name)
    sides = {(True, False): "right", (False, True): "left", (True, True): "bilateral"}
    side = None if name in UNSIDED else sides[bool(severity[RIGHT]), bool(severity[LEFT])]
    return Finding(name, severity=word(severity.max()), side=side, location=_zone(name, values, row))


def _zone(name: str, values: Values, row: int) -> str | None:
    if name not in PLACED:
        return None
    height = values[f"{slug(name)}_height"][row]
    return next(f"{zone} zone" for zone, (_, high) in ZONES.items() if height <= high)
