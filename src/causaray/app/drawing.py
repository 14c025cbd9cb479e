"""Drawing findings on radiographs at their own resolution: the films are drawn on one by one, the judge looks on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch

from causaray.anatomy.editor import METHOD, DrawnEdit, DrawnEditor
from causaray.app.editing import JUDGE, as_scan, as_tensor
from causaray.app.films import FilmReader
from causaray.app.judging import judged
from causaray.app.signs import observed
from causaray.classifiers.judge import Judge
from causaray.counterfactual import Counterfactual
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.scan import UNNAMED, Scan

SEEN = 224
"""Side in pixels of the square copies that the judge looks at."""


@dataclass(frozen=True)
class DrawingTable:
    """The editor that draws, the judge that watches it, and what says of a film that it cannot be read."""

    editor: DrawnEditor
    judge: Judge
    films: FilmReader

    @classmethod
    def open(cls, weights: Path) -> Self:
        """Load the net of coordinates and the shipped judge. Raises BadInput when one of them cannot be read."""
        judge = Judge.load(JUDGE)
        films = FilmReader.load(judge, weights)
        return cls(DrawnEditor(films.anatomy, weights.name), judge, films)

    def edit(
        self,
        scan: Scan,
        request: Findings,
        seed: int,
        strength: float,
        support_device: str | None = None,
        mask: np.ndarray | None = None,
    ) -> Counterfactual:
        """One film (H, W) of any shape, as it was read, with the request drawn on it.

        `support_device` is a key of `anatomy.devices.DEVICES`; mask (H, W), bool: where the film may change. Raises
        BadInput for what cannot be drawn, and for a film that cannot be read or drawn on.
        """
        drawn = self._drawn(scan, request, seed, strength, support_device, mask)
        made = as_scan(drawn.counterfactual[0], scan)
        before, after = (as_tensor([one.square(SEEN)]) for one in (scan, made))
        (said,) = judged(self.judge, before, after, [finding.name for finding in request])
        (seen,) = observed(self.films, [scan], [made])
        done = Counterfactual(
            factual=scan, counterfactual=made, request=request, method=METHOD, weights=self.editor.name,
            digest=self.editor.digest, seed=seed, strength=strength, judge=f"{JUDGE} {self.judge.digest}",
            **said, **seen.told, mask=float(mask.mean()) if mask is not None else None,
            shares={", ".join(one.name for one in request): drawn.share[0, 0].numpy()},
        )  # fmt: skip
        return done.judged_by(seen.evidence)

    def _drawn(
        self,
        scan: Scan,
        request: Findings,
        seed: int,
        strength: float,
        support_device: str | None,
        mask: np.ndarray | None,
    ) -> DrawnEdit:
        """The edit of the film."""
        for finding in request:
            self.editor.check(finding)
        name, film = scan.source or UNNAMED, as_tensor([scan])
        allowed = None if mask is None else torch.from_numpy(mask)
        if fault := self._fault(scan):
            raise BadInput(f"{name} {fault}")
        try:
            wanted = EditRequest(request, seed, strength, mask=allowed, support_device=support_device)
            return self.editor.edit(film, wanted)
        except BadInput as error:
            raise BadInput(f"{name}: {error}") from error

    def _fault(self, scan: Scan) -> str | None:
        return self.films.faults(self.films.read([scan]), [0])[0]
