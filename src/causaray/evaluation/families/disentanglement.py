"""Disentanglement, as metrics.json holds it."""

from typing import Any

import torch
from torch import Tensor

from causaray.evaluation.context import Context
from causaray.evaluation.edits.by_editor import BATCH
from causaray.evaluation.measures.disentanglement import disentanglement
from causaray.systems.causal_disentanglement.editor import Editor


def measure(context: Context) -> dict[str, Any] | None:
    """What probes read from the channels of the measured images; None for editors that do not tell two kinds apart."""
    editor = context.own.editor if context.own else None
    if not isinstance(editor, Editor):
        return None
    identity, pathology = _channels(editor, context.edited.factual)
    names = list(context.edited.pairs)
    labels = context.truth[:, [context.judge.names.index(name) for name in names]]
    return disentanglement(identity.numpy(), pathology.numpy(), labels, context.patients, names, context.seed)


@torch.no_grad()
def _channels(editor: Editor, images: Tensor) -> tuple[Tensor, Tensor]:
    """Means of the identity and of the pathology channels of images (N, 1, S, S)."""
    net, device = editor.net.autoencoder, editor.device
    parts = [net.encode(part.to(device)) for part in images.split(BATCH)]
    return torch.cat([p[0].mean.cpu() for p in parts]), torch.cat([p[1].mean.cpu() for p in parts])
