"""What nothing in the world explains: one row of draws a phantom, remade at will from (seed, index)."""

from collections.abc import Mapping, Sequence

import numpy as np

FINDINGS = (
    "Pleural Effusion",
    "Cardiomegaly",
    "Atelectasis",
    "Edema",
    "Consolidation",
    "Pneumothorax",
    "Emphysema",
    "Lung Lesion",
    "Enlarged Cardiomediastinum",
    "Fracture",
)
"""The findings of the world, from the most to the least frequent."""

ANATOMY = (
    *("shift_x", "shift_y", "zoom", "rotation", "scoliosis", "habitus", "shoulders", "cage_width", "cage_top"),
    *("turn", "diaphragm", "diaphragm_side", "dome", "inspiration", "rib_pitch", "rib_phase", "rib_tilt", "bone"),
    *("heart_width", "heart_height", "heart_tilt", "mediastinum", "knob", "clavicle", "breast", "stomach"),
    *("vessels", "brightness", "contrast", "quanta", "age"),
)
"""Standard normal draws."""

CHANCES = (
    *(f"{name} {what}" for name in FINDINGS for what in ("presence", "severity", "side", "height", "reach")),
    *("illness", "confounded", "sex", "view", "device", "mark", "marked by lesion", "marker", "arms"),
    *("collimation_top", "collimation_bottom", "collimation_left", "collimation_right"),
)
"""Uniform draws in [0, 1)."""

Draws = Mapping[str, np.ndarray]
"""Name -> float64 (n,)."""

_TABLE, _VESSELS, _TISSUE, _NOISE = range(4)


def draw(seed: int, indices: Sequence[int] | np.ndarray) -> Draws:
    """The exogenous draws of phantoms `indices` of `seed`: each row depends on (seed, index) alone."""
    normals, uniforms = np.empty((len(indices), len(ANATOMY))), np.empty((len(indices), len(CHANCES)))
    for row, index in enumerate(indices):
        rng = _stream(seed, index, _TABLE)
        normals[row], uniforms[row] = rng.standard_normal(len(ANATOMY)), rng.random(len(CHANCES))
    return dict(zip(ANATOMY, normals.T, strict=True)) | dict(zip(CHANCES, uniforms.T, strict=True))


def draw_vessels(seed: int, indices: Sequence[int] | np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Normal draws (n, *shape) of the branchings of the lungs' vessels."""
    return _fields(seed, indices, shape, _VESSELS)


def draw_tissue(seed: int, indices: Sequence[int] | np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Normal draws (n, *shape) of the unevenness of soft tissue."""
    return _fields(seed, indices, shape, _TISSUE)


def draw_noise(seed: int, indices: Sequence[int] | np.ndarray, size: int) -> np.ndarray:
    """Normal draws (n, size, size) of the photon noise of the detector."""
    return _fields(seed, indices, (size, size), _NOISE)


def _fields(seed: int, indices: Sequence[int] | np.ndarray, shape: tuple[int, ...], stream: int) -> np.ndarray:
    return np.stack([_stream(seed, index, stream).standard_normal(shape, np.float32) for index in indices])


def _stream(seed: int, index: int, stream: int) -> np.random.Generator:
    return np.random.default_rng((seed, int(index), stream))
