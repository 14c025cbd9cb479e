"""The structural causal model of the phantom: every cause, what it listens to, and how.

A variable is a function below. Its first argument is the exogenous draws, its second the settings of the world, and
the names of all others are its parents: the functions are the edges, and no function can see more than they say.
Values are arrays (n,), or (n, 2) for what the right (column 0) and the left side (column 1) have each. A finding is its
severity on either side, 0 where it is absent, else in (0, 1]; the image is drawn from these values by `render`.
"""

import inspect
from collections.abc import Callable, Mapping

import numpy as np

from causaray.cohorts.phantom.exogenous import FINDINGS, Draws
from causaray.cohorts.phantom.settings import Settings

Values = Mapping[str, np.ndarray]
"""Variable -> float64 (n,) or (n, 2)."""

RIGHT, LEFT = 0, 1
UNSIDED = ("Cardiomegaly", "Edema", "Emphysema", "Enlarged Cardiomediastinum", "Support Devices")
"""Findings that are always on both sides."""
WORLD_NAMES = (*FINDINGS, "Support Devices")
"""All that can be present or absent in the phantom world."""
PLACED = ("Consolidation", "Lung Lesion")
"""Findings that may sit anywhere from the apex (height 0) to the base (height 1) of a lung."""
_ONE_SIDED = 0.42  # of the sided findings: so many are on the left, as many on the right, the others on both


def slug(name: str) -> str:
    """The variable of a finding: "Pleural Effusion" is pleural_effusion."""
    return name.lower().replace(" ", "_")


# ---- Causes -----------------------------------------------------------------------------------------------------


def age(u: Draws, world: Settings) -> np.ndarray:
    """Years, 18 to 95."""
    return np.clip(np.round(55 + 18 * u["age"]), 18, 95)


def male(u: Draws, world: Settings) -> np.ndarray:
    return (u["sex"] < 0.5).astype(float)


def anteroposterior(u: Draws, world: Settings) -> np.ndarray:
    """1 for an AP view, 0 for PA."""
    return (u["view"] < 0.4).astype(float)


def support_devices(u: Draws, world: Settings) -> np.ndarray:
    """The ill have devices; how ill one is, is seen nowhere else unless the world is confounded."""
    return np.repeat((u["illness"] < world.devices)[:, None], 2, 1).astype(float)


def own_severity(u: Draws, name: str) -> np.ndarray:
    """The severity (n,) in [0.12, 1] that a finding has in a patient who has it; a device is there or it is not."""
    return np.ones(len(u["age"])) if name == "Support Devices" else 0.12 + 0.88 * u[f"{name} severity"]


def own_sides(u: Draws, name: str) -> np.ndarray:
    """The sides (n, 2) of 0 and 1 on which a finding lies in a patient who has it."""
    if name in UNSIDED:
        return np.ones((len(u["age"]), 2))
    where = u[f"{name} side"]
    right, left = (where < _ONE_SIDED) | (where > 2 * _ONE_SIDED), where > _ONE_SIDED
    return np.stack([right, left], 1).astype(float)


def _finding(name: str) -> Callable[[Draws, Settings], np.ndarray]:
    def severity(u: Draws, world: Settings) -> np.ndarray:
        chance = u[f"{name} presence"]
        if name == world.confounded:  # the common cause of a device and a finding takes the place of chance
            chance = np.where(u["confounded"] < world.confounding, u["illness"], chance)
        present = chance < world.prevalence(name)
        return (present * own_severity(u, name))[:, None] * own_sides(u, name)

    return severity


def _height(name: str) -> Callable[[Draws, Settings], np.ndarray]:
    return lambda u, world: u[f"{name} height"]


def mark(u: Draws, world: Settings, lung_lesion: np.ndarray, consolidation: np.ndarray) -> np.ndarray:
    """A pellet on the skin. The hidden relation: with this probability it is there exactly if `hidden_in` is."""
    cause = {"Lung Lesion": lung_lesion, "Consolidation": consolidation}[world.hidden_in]
    related = u["marked by lesion"] < world.hidden
    return np.where(related, cause.max(1) > 0, u["mark"] < world.prevalence(world.hidden_in)).astype(float)


# ---- Anatomy: lengths in half image sides, the image reaching from -1 to 1 ---------------------------------------


def bone(u: Draws, world: Settings, age: np.ndarray, male: np.ndarray) -> np.ndarray:
    """Density of bone; it is lost from forty on."""
    return (1 + 0.1 * u["bone"]) * (1 - 0.007 * np.clip(age - 40, 0, None)) * (0.94 + 0.12 * male)


def cage_width(u: Draws, world: Settings, male: np.ndarray) -> np.ndarray:
    return 0.66 + 0.04 * u["cage_width"] + 0.03 * male


def diaphragm(u: Draws, world: Settings, atelectasis: np.ndarray, emphysema: np.ndarray) -> np.ndarray:
    """Height of the domes (n, 2): volume loss pulls its own up, overinflation pushes both down."""
    both = 0.40 + 0.08 * u["diaphragm"]
    sides = np.stack([both, both + 0.05 + 0.03 * u["diaphragm_side"]], 1)
    return sides - 0.14 * atelectasis + 0.12 * emphysema


def dome(u: Draws, world: Settings, emphysema: np.ndarray) -> np.ndarray:
    """Curvature of the domes (n, 2): overinflation flattens them."""
    return np.exp(0.15 * u["dome"])[:, None] * (1 - 0.75 * emphysema)


def pull(u: Draws, world: Settings, atelectasis: np.ndarray) -> np.ndarray:
    """How far the mediastinum stands to the left: a turned patient shows it aside, lost volume pulls it over."""
    return 0.012 * u["turn"] + 0.07 * (atelectasis[:, LEFT] - atelectasis[:, RIGHT])


def heart_width(
    u: Draws, world: Settings, age: np.ndarray, anteroposterior: np.ndarray, cardiomegaly: np.ndarray
) -> np.ndarray:
    """Scale of the heart. In an AP view it lies farther from the detector, and its shadow is larger."""
    size = (1 + 0.06 * u["heart_width"]) * (1 + 0.0025 * (age - 50))
    return size * (1 + 0.12 * anteroposterior) * (1 + 0.55 * cardiomegaly.max(1))


def mediastinum(u: Draws, world: Settings, age: np.ndarray, enlarged_cardiomediastinum: np.ndarray) -> np.ndarray:
    """Half the width of the upper mediastinum; the aorta unfolds with age."""
    own = 0.13 * np.exp(0.08 * u["mediastinum"]) + 0.0003 * (age - 50)
    return own + 0.15 * enlarged_cardiomediastinum.max(1)


def aeration(u: Draws, world: Settings, emphysema: np.ndarray) -> np.ndarray:
    """How much air the lungs hold (n, 2)."""
    return (1 + 0.05 * u["inspiration"])[:, None] * (1 + 0.18 * emphysema)


def vessels(u: Draws, world: Settings, edema: np.ndarray, emphysema: np.ndarray) -> np.ndarray:
    """Strength of the vessels (n, 2): edema fills them, emphysema prunes them."""
    return np.exp(0.12 * u["vessels"])[:, None] * (1 + 0.25 * edema) * (1 - 0.65 * emphysema)


def scapula(u: Draws, world: Settings, anteroposterior: np.ndarray) -> np.ndarray:
    """Where the inner border of the scapula stands: over the lung in an AP view, beside it in PA."""
    return 0.80 - 0.16 * anteroposterior + 0.03 * u["shoulders"]


def breast(u: Draws, world: Settings, male: np.ndarray) -> np.ndarray:
    """Thickness of the breasts."""
    return (1 - male) * 0.09 * np.exp(0.4 * u["breast"])


_Mechanism = Callable[..., np.ndarray]
_CAUSES: tuple[_Mechanism, ...] = (age, male, anteroposterior, support_devices)
_ANATOMY: tuple[_Mechanism, ...] = (
    *(mark, bone, cage_width, diaphragm, dome, pull, heart_width, mediastinum, aeration, vessels, scapula, breast),
)
MECHANISMS: Mapping[str, _Mechanism] = (
    {function.__name__: function for function in _CAUSES}
    | {slug(name): _finding(name) for name in FINDINGS}
    | {f"{slug(name)}_height": _height(name) for name in PLACED}
    | {function.__name__: function for function in _ANATOMY}
)
"""Variable -> its structural assignment, parents before children."""

PARENTS: Mapping[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(function).parameters)[2:] for name, function in MECHANISMS.items()
}
"""Variable -> the variables it listens to."""


def solve(u: Draws, world: Settings, do: Values) -> Values:
    """The value of every variable, those in `do` being set and deaf to their parents (Pearl 2009, ch. 7)."""
    values: dict[str, np.ndarray] = {}
    for name, function in MECHANISMS.items():
        heard = {parent: values[parent] for parent in PARENTS[name]}
        values[name] = do[name] if name in do else function(u, world, **heard)
    return values
