"""Pairs as ICG-CXR has them: a JSON file a pair, with what was to happen and what changed, beside its two films.

The layout is that of the data set's own README: NAME.json, NAME-ref-reg.png and NAME-flu-reg.png, NAME such as
i01s0001-i04s0002, which counts the studies of the patient. The films come registered; whatever still differs is
registered here, and pairs that do not become alike are left out.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from causaray.errors import BadInput
from causaray.imagefiles import read_scan
from causaray.reports.rules.engine import read_report
from causaray.systems.progemu.pairs import Pair
from causaray.systems.progemu.registration import registered
from causaray.vocabulary import NAMES

PROMPT, TEXT = "progression-description", "changes-of-findings"
PRIOR, FOLLOW_UP = "-ref-reg.png", "-flu-reg.png"
_ORDER = re.compile(r"^i(\d+)s.*-i(\d+)s")
_DENIALS = ("no ", "unchanged", "persistent")
SUBJECTS = ("reference-subject-id", "followup-subject-id")
"""Named after its keys of DICOM ids; the files were not to be had, so that theirs may be others."""
SHUFFLED, DROPPED = 0.05, 0.05
"""Probabilities of the paper that the sentences of a prompt are shuffled, and that one that denies a change is left
out."""


@dataclass(frozen=True, eq=False)
class IcgPairs:
    """pixels: uint8 (P, 2, S, S), prior and follow-up; prompts, texts: of each pair, as they were written; left_out:
    how many pairs were not alike."""

    pixels: np.ndarray
    prompts: tuple[str, ...]
    texts: tuple[str, ...]
    left_out: int = 0
    free: bool = True

    def __len__(self) -> int:
        return len(self.prompts)

    @property
    def names(self) -> tuple[str, ...]:
        """The findings that prompts name, in the order of NAMES."""
        named = {mention.finding.name for prompt in self.prompts for mention in read_report(prompt).mentions}
        return tuple(name for name in NAMES if name in named - {"No Finding"})

    @property
    def count(self) -> int:
        return 2 * len(self)

    def films(self, rows: np.ndarray) -> Tensor:
        flat = self.pixels.reshape(-1, 1, *self.pixels.shape[2:])
        return torch.from_numpy(flat[rows]).float() / 255

    def draw(self, i: int, rng: np.random.Generator) -> Pair:
        return Pair(2 * i, 2 * i + 1, varied_sentences(self.prompts[i], rng), self.texts[i])


def varied_sentences(text: str, rng: np.random.Generator) -> str:
    """A prompt in free words, now and then with its sentences in another order or without one that denies a change."""
    sentences = [one.strip(" .") for one in text.split(". ") if one.strip(" .")]
    if rng.random() < SHUFFLED:
        sentences = [sentences[i] for i in rng.permutation(len(sentences))]
    denying = [one for one in sentences if one.lower().startswith(_DENIALS)]
    if denying and len(sentences) > 1 and rng.random() < DROPPED:
        sentences.remove(denying[0])
    return "".join(f"{one}. " for one in sentences).strip()


def read_icg(folder: str | Path, size: int) -> IcgPairs:
    """All pairs below a folder, their films as squares of `size` pixels.

    Raises BadInput for a folder without pairs, a file that tells no pair, a follow-up older than its prior, and films
    of two patients. None is passed over in silence.
    """
    films, prompts, texts, left_out = [], [], [], 0
    for file in _files(Path(folder)):
        told = _told(file)
        prior, after = (_film(file, ending, size) for ending in (PRIOR, FOLLOW_UP))
        laid = registered(after, prior)
        if not laid.alike:
            left_out += 1
            continue
        films.append(torch.stack((prior, laid.film))[:, 0])
        prompts.append(told[PROMPT])
        texts.append(told[TEXT])
    if not films:
        raise BadInput(f"{folder} holds no pair; ICG-CXR has NAME.json beside NAME{PRIOR} and NAME{FOLLOW_UP}.")
    pixels = (torch.stack(films) * 255).round().to(torch.uint8).numpy()
    return IcgPairs(pixels, tuple(prompts), tuple(texts), left_out)


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.rglob("*.json"))


def _told(file: Path) -> dict[str, Any]:
    """What the file says of its pair. Raises BadInput where that is none."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        lacking = [key for key in (PROMPT, TEXT) if not isinstance(told.get(key), str) or not told[key].strip()]
    except (OSError, ValueError, AttributeError) as error:
        raise BadInput(f"{file} is no JSON file of a pair; it should hold {PROMPT} and {TEXT}.") from error
    if lacking:
        raise BadInput(f"{file} does not tell {lacking[0]}, a text; leave the pair out, or complete it.")
    order = _ORDER.match(file.stem)
    if (order and int(order[2]) <= int(order[1])) or _number(told.get("interval")) < 0:
        raise BadInput(f"{file} has a follow-up older than its prior; exchange the two, or leave the pair out.")
    whose = [str(told[key]) for key in SUBJECTS if key in told]
    if len(set(whose)) > 1:
        raise BadInput(f"{file} pairs films of two patients, {' and '.join(whose)}; a pair is of one.")
    return dict(told)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _film(file: Path, ending: str, size: int) -> Tensor:
    return torch.from_numpy(read_scan(file.with_name(file.stem + ending), size).pixels)[None]
