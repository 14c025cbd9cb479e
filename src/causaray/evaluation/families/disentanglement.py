"""Disentanglement, as metrics.json holds it."""

from typing import Any

import torch

from causaray.editors.protocol import Disentangled
from causaray.evaluation.context import Context
from causaray.evaluation.edits.by_editor import BATCH
from causaray.evaluation.measures.disentanglement import disentanglement


def measure(context: Context) -> dict[str, Any] | None:
    """What probes read from the channels of the measured images; None for editors that do not tell two kinds apart."""
    editor = context.own.editor if context.own else None
    if not isinstance(editor, Disentangled):
        return None
    parts = [editor.channels(part) for part in context.edited.factual.split(BATCH)]
    identity, pathology = (torch.cat(part) for part in zip(*parts, strict=True))
    names = list(context.edited.pairs)
    labels = context.truth[:, [context.judge.names.index(name) for name in names]]
    return disentanglement(identity.numpy(), pathology.numpy(), labels, context.patients, names, context.seed)
