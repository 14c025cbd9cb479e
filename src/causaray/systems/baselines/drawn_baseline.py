"""The editor that draws as a baseline: what every learned editor must beat in realism."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import torch
from torch import Tensor

from causaray.anatomy.editor import METHOD, DrawnEdit, DrawnEditor
from causaray.editors.edit import EditRequest
from causaray.editors.protocol import check_options
from causaray.errors import BadInput
from causaray.findings import Findings


@dataclass(frozen=True)
class Config:
    """What of an editor's settings there is here: none."""

    guidance: None = None


@dataclass(frozen=True, eq=False)
class DrawnBaseline:
    """Draws what it can and refuses nothing: a film that cannot be drawn on comes back as it is, bit for bit.

    It adds only: asked to take a finding away it gives the film back. `size` is None: films of any size will do.
    """

    editor: DrawnEditor
    method = METHOD
    takes = frozenset({"mask", "support_device"})
    adds_only = True
    size = None
    config = Config()

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> Self:
        """By the net of coordinates of a weights folder, always on the CPU. Raises BadInput when it holds none."""
        return cls(DrawnEditor.load(folder))

    @property
    def weights(self) -> str:
        return self.editor.name

    @property
    def name(self) -> str:
        return self.editor.name

    @property
    def names(self) -> tuple[str, ...]:
        """Findings that can be drawn."""
        return self.editor.names

    @property
    def digest(self) -> str:
        return self.editor.digest

    def reconstruct(self, images: Tensor) -> Tensor:
        """The films themselves."""
        return self.editor.reconstruct(images)

    def edit(self, images: Tensor, request: EditRequest) -> DrawnEdit:
        """Films (B, 1, H, W) with what of the request is present and can be drawn."""
        check_options(self, request)
        findings = request.findings
        asked = Findings(one for one in findings if one.state == "present" and one.name in self.names)
        seeds = request.seeds(len(images))
        made = [self._drawn(images[[i]], replace(request, findings=asked, seed=seeds[i])) for i in range(len(images))]
        return DrawnEdit(
            images, torch.cat([one.counterfactual for one in made]), torch.cat([one.share for one in made])
        )

    def _drawn(self, film: Tensor, asked: EditRequest) -> DrawnEdit:
        try:
            if len(asked.findings):
                return self.editor.edit(film, asked)
        except BadInput:
            pass  # a film that cannot be read, or that holds the finding already, stays as it is
        return DrawnEdit(film, film.clone(), torch.zeros_like(film))
