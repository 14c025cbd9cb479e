"""What editors are asked for, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

from causaray.findings import Findings

if TYPE_CHECKING:
    from torch import Tensor

    from causaray.systems.causal_disentanglement.seed_optimisation import ReferenceGuidance


@dataclass(frozen=True)
class EditRequest:
    """What images are to look like, and how they are to be edited.

    findings: what is to be present or absent. seed: of the noise, one for all images or one an image. strength: in
    [0, 1], how much may change; 0 gives the images back. The others are options that not every editor takes
    (`Editor.takes`): guidance and steps of the denoisings; noise (1 or B, 1, p, p) in place of what the seed draws;
    negative: findings to keep away from; references: those of a rare finding, toward which the noise is optimised;
    mask, bool, broadcast to the images: where they may change; captions: of what the images are and are to be, in place
    of findings; known (B, columns): labels of the images as they are, NaN unknown; support_device: which kind is meant.
    """

    findings: Findings
    seed: int | Sequence[int] = 0
    strength: float = 0.7
    guidance: float | None = None
    steps: int | None = None
    noise: Tensor | None = None
    negative: Findings | None = None
    references: ReferenceGuidance | None = None
    mask: Tensor | None = None
    captions: tuple[str, str] | None = None
    known: Tensor | None = None
    support_device: str | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """The options that are given."""
        return tuple(one.name for one in fields(self)[3:] if getattr(self, one.name) is not None)

    @property
    def first_seed(self) -> int:
        """The seed, or the first of several."""
        return self.seed if isinstance(self.seed, int) else self.seed[0]

    def confined(self, made: Tensor, images: Tensor) -> Tensor:
        """The edited images `made` where the mask lets them change, and `images` elsewhere; all of them without one."""
        return made if self.mask is None else made.where(self.mask, images)

    def seeds(self, images: int) -> list[int]:
        """A seed for each of so many images."""
        return [self.seed] * images if isinstance(self.seed, int) else list(self.seed)


@dataclass(frozen=True)
class Shares:
    """How much of each place of the images each finding takes, before and after an edit: (B, n, p, p) in [0, 1].

    names: the n findings. The p x p places cover the images.
    """

    names: tuple[str, ...]
    before: Tensor
    after: Tensor

    def asked(self, request: Findings, i: int) -> dict[str, Tensor]:
        """Of image i the maps (p, p) of what a request names: after the edit of what was to come, before it of what
        was to go; "No Finding" names everything that was there."""
        columns = {name: column for column, name in enumerate(self.names)}
        named: dict[str, Tensor] = {}
        for finding in request:
            if finding.name == "No Finding" and finding.state == "present":
                gone = [name for name in self.names if float(self.before[i, columns[name]].max()) > SEEN]
                named |= {name: self.before[i, columns[name]] for name in gone}
            elif finding.name in columns and finding.state != "uncertain":
                side = self.after if finding.state == "present" else self.before
                named[finding.name] = side[i, columns[finding.name]]
        return named


SEEN = 0.5
"""A finding is there where it takes more than so much of a place."""


@dataclass(frozen=True)
class Edit:
    """What the decoder makes of the images, and the counterfactual images: (B, 1, S, S) in [0, 1].

    notes: what the record of each image's edit says beside, by name; empty where there is nothing to say. shares: where
    the findings are, of an editor that knows.
    """

    reconstruction: Tensor
    counterfactual: Tensor
    notes: Sequence[Mapping[str, Any]] = field(default=(), kw_only=True)
    shares: Shares | None = field(default=None, kw_only=True)


class Formed(Protocol):
    """What comes to a film at whatever resolution it has."""

    def on(self, film: Tensor) -> Tensor:
        """The film (1, 1, S, S) in [0, 1], at any resolution, with what comes."""


@dataclass(frozen=True)
class CoveringEdit(Edit):
    """An edit that can be laid on a film of more pixels with what it hides of the film's own detail.

    change: what is added to the images; hidden: how much of their own fine detail is hidden; base: the images without
    that detail; all (B, 1, S, S). formed: what comes to each image after that; the counterfactual shows it.
    """

    change: Tensor
    hidden: Tensor
    base: Tensor
    formed: Sequence[Formed] = field(default=(), kw_only=True)
