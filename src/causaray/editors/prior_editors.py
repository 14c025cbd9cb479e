"""The editors by words, by name."""

from collections.abc import Mapping
from pathlib import Path

from causaray import weightfiles
from causaray.classifiers.encoders import References
from causaray.errors import BadInput
from causaray.priors.language_editor import LanguageEditor
from causaray.priors.text_prior import load_prior
from causaray.systems.baselines.inpainting import InpaintingEditor
from causaray.systems.baselines.paired_denoising import DriftingEditor, PairedEditor
from causaray.systems.prism.edit_filters import Filters
from causaray.systems.prism.filtered_prism import FilteredPrism
from causaray.systems.prism.prism import PrismEditor

BY_WORDS: Mapping[str, type[PrismEditor] | type[PairedEditor] | type[InpaintingEditor]] = {
    "prism": PrismEditor,
    "paired": PairedEditor,
    "drift": DriftingEditor,
    "inpainting": InpaintingEditor,
}


def load_by_words(kind: str, prior: str | Path, filters: str | Path | None = None) -> LanguageEditor:
    """An editor of that kind on a prior; PRISM with the filters of a chest encoder, where one is named.

    Raises BadInput for another kind, for what is no prior or no chest encoder, and for filters of other kinds.
    """
    if kind not in BY_WORDS:
        raise BadInput(f"There is no editor {kind} on a prior; known are {', '.join(BY_WORDS)}.")
    if filters is None:
        return BY_WORDS[kind](load_prior(prior))
    if kind != "prism":
        raise BadInput(f"Filters are prism's; {kind} has none.")
    encoder = References.load(weightfiles.find(filters))
    return FilteredPrism(load_prior(prior), Filters(encoder))
