"""Is the edited image still this patient's? Nearest real image by features that no training used."""

import numpy as np


def nearest(features: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Index of the gallery image (M, d) of highest cosine with each of features (N, d): (N,)."""

    def unit(x: np.ndarray) -> np.ndarray:
        return x / np.linalg.norm(x, axis=1, keepdims=True).clip(1e-12)

    return (unit(features) @ unit(gallery).T).argmax(1)


def own_patient(features: np.ndarray, gallery: np.ndarray, owners: np.ndarray, patients: np.ndarray) -> np.ndarray:
    """Whether the nearest gallery image is of the own patient: bool (N,); `owners` (N,), `patients` (M,) name them."""
    return patients[nearest(features, gallery)] == owners
