"""What the interaction transformer looks at: which pathology patches act on which identity patches (system 1, T)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor


@dataclass(frozen=True)
class AttentionMaps:
    """Maps (B, k, h, w), a layer each; 1 is what even attention would give.

    acting: how much of the identity patches' attention each pathology patch draws; acted_on: how much of the attention
    of the identity patches of a place goes to pathology, over the identity channels.
    """

    acting: Tensor
    acted_on: Tensor


@torch.no_grad()
def attention_maps(editor: CausalDisentanglementEditor, images: Tensor) -> AttentionMaps:
    """The maps of images (B, 1, S, S) in [0, 1]; with no layers in T there are none (k = 0)."""
    identity, z = editor.encode(images)
    net = editor.net.autoencoder
    latent = net.latent(identity[:, : net.shape.identity_channels], editor.net.pathology_scale.inverse(z))
    side = latent.shape[-1] // net.interaction.patch
    if not net.interaction.layers:
        nothing = latent.new_zeros(len(images), 0, side, side)
        return AttentionMaps(nothing, nothing)
    own = net.shape.identity_channels
    paid = net.attention(latent)[:, :, :own, :, own:].mean(
        4
    )  # (B, layers, n-k, P, P): identity asks, pathology answers
    channels, patches = latent.shape[1], side * side
    acting = paid.mean((2, 3)) * channels * patches
    acted_on = paid.sum(4).mean(2) * channels
    return AttentionMaps(*(maps.unflatten(2, (side, side)).cpu() for maps in (acting, acted_on)))
