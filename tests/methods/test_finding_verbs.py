from dataclasses import dataclass, field

import pytest
import torch
from torch import Tensor

from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.systems.causal_disentanglement.editor import Edit
from causaray.systems.causal_disentanglement.finding_verbs import FindingVerbs


@dataclass
class Brightener:
    """Stands in for an Editor: a finding present adds 0.1, absent takes 0.1 away; keeps what it was asked."""

    name: str = "made"
    names: tuple[str, ...] = ("Edema", "Pleural Effusion")
    asked: list[tuple[str, int, float]] = field(default_factory=list)

    def edit(self, images: Tensor, request: Findings, *, seed: int, strength: float) -> Edit:
        self.asked.append((request.to_text(), len(images), strength))
        return Edit(images, images + 0.1 * (len(request.present) - len(request.absent)))


def test_rows_get_what_changes_in_them_and_no_more() -> None:
    editor = Brightener()
    verbs = FindingVerbs(editor, strength=0.9)  # type: ignore[arg-type]
    image = torch.rand(4, 1, 8, 8) * 0.5 + 0.2
    noise = verbs.encode(image=image, **{"Pleural Effusion": torch.tensor([[0.0], [1.0], [0.0], [1.0]])})
    made = verbs.decode({"Pleural Effusion": torch.tensor([[1.0], [1.0], [1.0], [0.0]])}, **noise)
    torch.testing.assert_close(
        made["image"] - image, torch.tensor([0.1, 0, 0.1, -0.1]).view(4, 1, 1, 1).expand(4, 1, 8, 8)
    )
    assert sorted(editor.asked) == [("no pleural effusion", 1, 0.9), ("pleural effusion", 2, 0.9)]
    assert made["Pleural Effusion"].flatten().tolist() == [1, 1, 1, 0]
    assert torch.equal(verbs.decode(**noise)["image"], image)


def test_a_finding_that_was_not_observed_can_be_intervened_on_and_an_unknown_one_cannot() -> None:
    verbs = FindingVerbs(Brightener())  # type: ignore[arg-type]
    noise = verbs.encode(image=torch.full((1, 1, 8, 8), 0.5))
    both = {"Edema": torch.ones(1, 1), "Pleural Effusion": torch.ones(1, 1)}
    torch.testing.assert_close(verbs.decode(both, **noise)["image"], torch.full((1, 1, 8, 8), 0.7))
    with pytest.raises(BadInput, match="made was not trained on Hernia"):
        verbs.decode({"Hernia": torch.ones(1, 1)}, **noise)
