"""ProgEmu as an editor: a request of findings is told as what is to happen."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from torch import Tensor

from causaray.editors.conditions import check_asked
from causaray.editors.edit import Edit, EditRequest
from causaray.editors.protocol import check_options
from causaray.systems.progemu.model import METHOD, ProgEmu
from causaray.systems.progemu.progress_prompt import to_prompt, wishes_of


class ProgEmuEditor:
    """What is asked to be present is there in the follow-up, what is asked to be absent has resolved."""

    method = METHOD
    takes = frozenset({"mask", "guidance"})
    adds_only = False
    writes = True

    def __init__(self, model: ProgEmu) -> None:
        self.model, self.digest = model, model.digest
        self.name = self.weights = model.config.name
        self.names, self.size = model.config.names, model.config.shape.size

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "ProgEmuEditor":
        """Read a weights folder; it works on the CPU. Raises BadInput when it is not one of this method."""
        return cls(ProgEmu.load(folder))

    @property
    def config(self) -> Any:
        """guidance: the scale of the prompt."""
        return SimpleNamespace(guidance=self.model.config.sampling.guidance.prompt)

    def reconstruct(self, images: Tensor) -> Tensor:
        """Images (B, 1, S, S) of which no token tells a change: the images themselves."""
        return images.clone()

    def edit(self, images: Tensor, request: EditRequest) -> Edit:
        """What becomes of images (B, 1, S, S) in [0, 1] under a request.

        strength: the share of the change that is laid on the film; 0 gives it back. guidance: the scale of the prompt.
        Raises BadInput for a finding that it does not know, for more findings than a prompt holds, and for a strength
        outside [0, 1].
        """
        check_options(self, request)
        check_asked(request.findings, request.strength, self.names, self.name)
        if request.strength == 0:
            return Edit(images.clone(), images.clone(), notes=[{"written": "No change."}] * len(images))
        prompt = to_prompt(wishes_of(request.findings))
        self.model.check_length(prompt)
        made = self.model.follow_up(
            images, [prompt] * len(images), request.seeds(len(images)), self.model.guided(request.guidance)
        )
        laid = images + request.strength * (made.films - images)
        notes = [{"written": text} for text in made.texts]
        return Edit(self.reconstruct(images), request.confined(laid, images), notes=notes)
