"""The editors that can be compared, by name: system 1 and its baselines, and the editors by words on a prior."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from causaray import weightfiles
from causaray.errors import BadInput
from causaray.evaluation.own_edits import OwnEdits, Settings
from causaray.methods.baselines import load_editor
from causaray.methods.inpainting import Config as InpaintingConfig
from causaray.methods.inpainting import InpaintingEditor
from causaray.methods.language_editor import LanguageEditor
from causaray.methods.paired_denoising import Config as PairedConfig
from causaray.methods.paired_denoising import PairedEditor
from causaray.methods.prism import Config as PrismConfig
from causaray.methods.prism import PrismEditor
from causaray.methods.stable_folder import is_stable
from causaray.methods.text_prior import load_prior

BY_WORDS: Mapping[str, Callable[[Path | str], LanguageEditor]] = {
    "prism": lambda folder: PrismEditor(load_prior(folder), PrismConfig()),
    "paired": lambda folder: PairedEditor(load_prior(folder), PairedConfig()),
    "inpainting": lambda folder: InpaintingEditor(load_prior(folder), InpaintingConfig()),
}
EDITORS = ("causal", *BY_WORDS)


@dataclass(frozen=True)
class Entry:
    """An editor to be compared: its kind, of EDITORS, and the weights or the prior that it is to use."""

    kind: str
    folder: str

    @classmethod
    def read(cls, text: str) -> "Entry":
        """From "prism=prior-phantom-64". Raises BadInput for another kind, or without weights."""
        kind, _, folder = text.partition("=")
        if kind not in EDITORS or not folder:
            raise BadInput(f'"{text}" names no editor with its weights; write one of {", ".join(EDITORS)}=WEIGHTS.')
        return cls(kind, folder)

    def open(self, settings: Settings) -> OwnEdits:
        """The editor, ready to be measured. Raises BadInput for weights of another kind."""
        if is_stable(self.folder):
            return OwnEdits(BY_WORDS[self.kind](self.folder), [], settings)
        folder = weightfiles.find(self.folder)
        editor = BY_WORDS[self.kind](folder) if self.kind in BY_WORDS else load_editor(folder)
        return OwnEdits(editor, weightfiles.config(folder).get("cohorts", []), settings)
