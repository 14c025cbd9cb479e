"""The text slot of the pathology prior, filled by a text model: phrases of findings, embedded once before training.

The paper embeds a report that a language model has cleaned to lesion, severity and location (BiomedCLIP). Prompts are
parsed to findings first here, so what is embedded is a finding's canonical phrase, present and denied; sentence
encoders, asked for whole sentences, confuse the two.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from causaray.errors import BadInput
from causaray.nets.denoiser import MapDenoiser, PhraseEncoder
from causaray.vocabulary import PATIENT_SIDES


def phrase_of(column: str) -> str:
    """A column's finding as a reader would say it: "Pleural Effusion left" is "left pleural effusion"."""
    for side in PATIENT_SIDES:
        if column.endswith(f" {side}"):
            return f"{side} {column.removesuffix(f' {side}').lower()}"
    return column.lower()


def phrase_embeddings(folder: str | Path, columns: Sequence[str]) -> Tensor:
    """What a text model of transformers makes of the columns' phrases: (2, n, d), present and denied.

    Mean of the last hidden states over the tokens, then centred over all phrases and scaled to unit length on average:
    sentences have most of their embedding in common. Only safetensors are read, and nothing is fetched. Raises BadInput
    when the folder holds no such model.
    """
    from transformers import AutoModel, AutoTokenizer  # takes seconds to import

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{folder} holds no text model of transformers with safetensors and a tokenizer.") from error
    model = getattr(model, "text_model", model).eval()
    said = [phrase_of(column) for column in columns]
    denied = [phrase.removeprefix("no ") if phrase.startswith("no ") else f"no {phrase}" for phrase in said]
    words = tokenizer([*said, *denied], padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**{key: words[key] for key in ("input_ids", "attention_mask")}).last_hidden_state
    mask = words["attention_mask"].unsqueeze(2)
    seen = (hidden * mask).sum(1) / mask.sum(1)
    seen = seen - seen.mean(0)
    return (seen / seen.norm(dim=1).mean()).float().unflatten(0, (2, len(said)))


def tell_phrases(denoiser: MapDenoiser, phrases: Tensor) -> None:
    """Give a denoiser the embeddings (2, n, d) of its findings."""
    assert isinstance(denoiser.findings, PhraseEncoder)
    denoiser.findings.present.copy_(phrases[0])
    denoiser.findings.absent.copy_(phrases[1])
