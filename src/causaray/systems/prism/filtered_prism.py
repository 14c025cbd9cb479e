"""PRISM with its filters: an edit for each hold of self-attention, of which the filters keep the best."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from causaray.diffusion.prior import Prior
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.priors.language_editor import LanguageEdit
from causaray.systems.prism.edit_filters import Filters, Scores, best
from causaray.systems.prism.prism import DEFAULT, Config, PrismEditor

OWN = (0.0, 0.2, 0.4, 0.6, 0.8)
"""For how much of the denoising the target listens to the source's self-attention; the authors sweep .4 to .8."""


@dataclass(frozen=True)
class FilteredEdit(LanguageEdit):
    """`scores` of what is kept, and of `own` (B,) which it is: the record of each image says both."""

    scores: Scores
    own: Tensor


class FilteredPrism(PrismEditor):
    """PRISM on a prior, with filters. What no filter lets through is kept all the same, and told to be such."""

    def __init__(self, prior: Prior, filters: Filters, config: Config = DEFAULT) -> None:
        super().__init__(prior, config)
        self.filters = filters
        self.name += f", filtered by {filters.name}"

    def edit(self, images: Tensor, request: EditRequest) -> FilteredEdit:
        """As of every editor on a prior. Raises BadInput for what the filters do not know, and for captions."""
        return self.kept(images, request.findings, self.every(images, request))

    @torch.no_grad()
    def every(self, images: Tensor, request: EditRequest) -> list[LanguageEdit]:
        """An edit of `OWN` each, all from one inversion."""
        if request.captions is not None:
            raise BadInput(f"{self.filters.name} filters edits of findings, not of captions; leave it out.")
        asked = self.ask(images, request)
        if request.strength == 0:
            return [self.untouched(images)] * len(OWN)
        path = self.inverted(asked)
        return [self.drawn(images, asked, self.denoised(path, asked, own)) for own in OWN]

    def kept(self, images: Tensor, request: Findings, edits: Sequence[LanguageEdit]) -> FilteredEdit:
        """The best of several edits of each image (B, 1, S, S), an edit of `OWN` each."""
        scores = [self.filters.scores(images, one.counterfactual, request) for one in edits]
        chosen, row = best(scores), torch.arange(len(images))

        def of(every: list[Tensor]) -> Tensor:
            return torch.stack(every)[chosen, row]

        best_scores = Scores(
            **{name: of([getattr(one, name) for one in scores]) for name in Scores.__dataclass_fields__}
        )
        own = torch.tensor(OWN)[chosen]
        notes = [{"filtered": {**best_scores.told(i), "own": round(float(own[i]), 2)}} for i in range(len(images))]
        return FilteredEdit(
            edits[0].reconstruction, of([one.counterfactual for one in edits]), of([one.region for one in edits]),
            best_scores, own, notes=notes,
        )  # fmt: skip
