"""The editors that can be compared, by name: system 1 and its baselines, and the editors by words on a prior."""

from dataclasses import dataclass

from causaray import weightfiles
from causaray.editors.prior_editors import BY_WORDS, load_by_words
from causaray.editors.registry import load_editor
from causaray.errors import BadInput
from causaray.evaluation.edits.by_editor import OwnEdits, Settings

EDITORS = ("causal", *BY_WORDS)


@dataclass(frozen=True)
class Entry:
    """An editor to be compared: its kind, of EDITORS, the weights or the prior that it is to use, and its filters."""

    kind: str
    folder: str
    filters: str | None = None

    @classmethod
    def read(cls, text: str) -> "Entry":
        """From "prism=prior-phantom-64", or "prism=prior-128+encoder-128" with the filters of a chest encoder.

        Raises BadInput for another kind, or without weights.
        """
        kind, _, folder = text.partition("=")
        folder, _, filters = folder.partition("+")
        if kind not in EDITORS or not folder:
            raise BadInput(f'"{text}" names no editor with its weights; write one of {", ".join(EDITORS)}=WEIGHTS.')
        return cls(kind, folder, filters or None)

    def open(self, settings: Settings) -> OwnEdits:
        """The editor, ready to be measured. Raises BadInput for weights of another kind, and filters of another's."""
        if weightfiles.is_stable(self.folder):
            return OwnEdits(load_by_words(self.kind, self.folder, self.filters), [], settings)
        folder = weightfiles.find(self.folder)
        by_words = self.kind in BY_WORDS or self.filters
        editor = load_by_words(self.kind, folder, self.filters) if by_words else load_editor(folder)
        return OwnEdits(editor, weightfiles.config(folder).get("cohorts", []), settings)
