"""The filters of PRISM: the best of several edits is kept, and it is told whether it may be (after LANCE).

There CLIP compares images with each other and with texts. Here a chest encoder does, in whose space a finding is the
mean of its references. Such a space is made of findings, so that a true edit moves an image far in it: images are
compared with each other across the directions of no finding. The encoder chooses among edits, so it never judges them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from causaray.classifiers.encoders import References
from causaray.errors import BadInput
from causaray.findings import Findings

SIGN = {"present": 1.0, "absent": -1.0}


@dataclass(frozen=True)
class Limits:
    """The least similarities that are let through.

    Chosen on true counterfactuals of phantoms, nine in ten of which pass, while edits of the wrong patient do not.
    """

    image_image: float = 0.4
    image_text: float = -0.5
    direction: float = 0.0


PUBLISHED = Limits(0.6, 0.1, -0.5)
"""The paper's, for CLIP."""


@dataclass(frozen=True)
class Scores:
    """Of edits, (B,) each: similarity of edit and image, of edit and request, of the change and what was asked to
    change; `consistent`: every finding asked for moved as asked; `accepted`: let through by every filter."""

    image_image: Tensor
    image_text: Tensor
    direction: Tensor
    consistent: Tensor
    accepted: Tensor

    def told(self, i: int) -> dict[str, float | bool]:
        """Of one edit, as a record has them."""
        numbers = {name: getattr(self, name)[i] for name in ("image_image", "image_text", "direction")}
        flags = {name: bool(getattr(self, name)[i]) for name in ("consistent", "accepted")}
        return {name: round(float(value), 4) for name, value in numbers.items()} | flags


class Filters:
    """The filters in the space of `references`, which knows a finding when it has references of it."""

    def __init__(self, references: References, limits: Limits = Limits()) -> None:
        self.references, self.limits = references, limits
        self.name, self.digest = references.name, references.digest

    @torch.no_grad()
    def scores(self, before: Tensor, after: Tensor, request: Findings) -> Scores:
        """Of edits `after` of images `before` (B, 1, S, S) in [0, 1].

        Raises BadInput when the encoder has no references of any finding that is asked for.
        """
        asked = self._asked(request)
        features, edited = self.references(before), self.references(after)
        toward = torch.stack([sign * self.references.centroid(name) for name, sign in asked.items()]).sum(0)
        image_image = cosine_similarity(self._apart(features), self._apart(edited))
        image_text = cosine_similarity(edited, toward[None])
        direction = cosine_similarity(edited - features, toward[None])
        moved = self.references.encoder.likeness(after) - self.references.encoder.likeness(before)
        consistent = torch.stack([sign * moved[:, self.references.columns[f]] > 0 for f, sign in asked.items()]).all(0)
        near = (image_image >= self.limits.image_image) & (image_text >= self.limits.image_text)
        accepted = near & (direction >= self.limits.direction) & consistent
        return Scores(image_image, image_text, direction, consistent, accepted)

    def _apart(self, features: Tensor) -> Tensor:
        """Features (B, d) without what the references of findings span."""
        axes, _ = torch.linalg.qr(torch.stack([self.references.centroid(name) for name in self.references.names], 1))
        return features - features @ axes @ axes.T

    def _asked(self, request: Findings) -> dict[str, float]:
        asked = {f.name: SIGN[f.state] for f in request if f.state in SIGN and f.name in self.references.names}
        if not asked:
            raise BadInput(
                f"{self.name} has references of none of what is asked for ({request.to_text()}); "
                f"it has of {', '.join(self.references.names)}."
            )
        return asked


def best(scores: Sequence[Scores]) -> Tensor:
    """Which of several edits is kept, (B,): that of the best direction, one that is accepted where there is any."""
    direction = torch.stack([one.direction for one in scores])
    accepted = torch.stack([one.accepted for one in scores])
    return (direction + 4 * accepted).argmax(0)  # a cosine never outweighs being accepted
