"""Pictures of what the interaction transformer looks at."""

import numpy as np
from torch import Tensor, nn

from causaray.imagefiles import diverging
from causaray.systems.causal_disentanglement.attention_maps import attention_maps
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor


def attention_pictures(
    editor: CausalDisentanglementEditor, images: Tensor
) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """For each of images (B, 1, S, S) two pictures (S, S, 3) a layer, of `protocol.ATTENTION`; no layers, no pictures.

    Orange is more than even attention, blue less; the layers of an image have scales of their own.
    """
    maps = attention_maps(editor, images)
    size = tuple(images.shape[2:])
    return [
        [(_picture(one, size), _picture(other, size)) for one, other in zip(acting, acted_on, strict=True)]
        for acting, acted_on in zip(maps.acting, maps.acted_on, strict=True)
    ]


def _picture(attention: Tensor, size: tuple[int, ...]) -> np.ndarray:
    shown = nn.functional.interpolate(attention[None, None], size, mode="bilinear")[0, 0] - 1
    return diverging(shown.numpy(), float(shown.abs().max()) or 1.0)
