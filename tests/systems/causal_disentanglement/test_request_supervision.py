import math

import pytest
import torch
from torch import Tensor

from causaray.cohorts.batches import Batch
from causaray.editors.conditions import asked_labels
from causaray.findings import parse_prompt
from causaray.nets.autoencoder import CausalAutoencoder, Shape
from causaray.nets.denoiser import MapDenoiser
from causaray.nets.guide import Guide, blur
from causaray.systems.causal_disentanglement.request_direction import opposite, request_direction
from causaray.systems.causal_disentanglement.stage1_group_supervision import Weights
from causaray.systems.causal_disentanglement.stage3_request_supervision import STAY, Critics, FindingRequests, requests

NAN = math.nan
NAMES = ("Edema", "Pneumothorax")


@pytest.fixture
def batch() -> Batch:
    torch.manual_seed(0)
    labels = torch.tensor([[1.0, 0.0], [0.0, NAN], [1.0, 1.0], [0.0, 1.0]])
    return Batch(torch.rand(4, 1, 64, 64), labels, torch.tensor([1, 0, 3, 2]), torch.arange(4))


def supervision(sides: int = 1) -> FindingRequests:
    torch.manual_seed(1)
    model = CausalAutoencoder(Shape(64, 4, 8, 16, 1, 2, 32, 4), 2)
    weights, guide = Weights(adversarial=0.1, minimality=0.1), Guide(2, (("small", 32),), 8)
    return FindingRequests(
        model, guide, Critics(guide, 2), weights, torch.ones(2),
        direction=lambda z, asked: torch.ones_like(z), reach=(0.3, 2.0), finest=1.0, sides=sides,
    )  # fmt: skip


def test_a_request_is_a_finding_in_which_the_donor_differs_as_the_donor_has_it() -> None:
    own, donor = torch.tensor([[1.0, 0.0, NAN]] * 50), torch.tensor([[1.0, 1.0, 1.0]] * 50)
    torch.testing.assert_close(requests(own, donor, 1), torch.tensor([[NAN, 1.0, NAN]] * 50), equal_nan=True)


def test_where_nothing_differs_a_known_finding_of_the_donor_is_asked_for() -> None:
    own, donor = torch.tensor([[NAN, 0.0]] * 50), torch.tensor([[1.0, NAN]] * 50)
    torch.testing.assert_close(requests(own, donor, 1), donor, equal_nan=True)
    assert requests(own, torch.full_like(own, NAN), 1).isnan().all(), "a donor of whom nothing is known asks nothing"


def test_both_sides_of_a_finding_are_asked_for_or_only_the_one_that_shows_it() -> None:
    torch.manual_seed(0)
    own, donor = torch.tensor([[0.0, 0.0, 0.2, 0.0]] * 200), torch.tensor([[0.0, 0.6, 0.2, 0.0]] * 200)
    asked = requests(own, donor, 2)
    assert asked[:, 2:].isnan().all()
    assert (asked[:, 1] == donor[:, 1]).all()
    assert 0.3 < asked[:, 0].isnan().float().mean() < 0.7


def test_the_opposite_of_present_is_absent_and_of_absent_present() -> None:
    asked = asked_labels(parse_prompt("severe edema, no pneumothorax"), NAMES)
    torch.testing.assert_close(opposite(asked, graded=False), torch.tensor([[0.0, 1.0]]))
    graded = opposite(asked_labels(parse_prompt("severe left edema, no pneumothorax"), NAMES, graded=True), graded=True)
    torch.testing.assert_close(graded, torch.tensor([[NAN, 0.0, 0.55, 0.55]]), equal_nan=True)


def test_asking_for_nothing_leads_nowhere_and_each_row_is_asked_for_itself() -> None:
    torch.manual_seed(0)
    denoiser = MapDenoiser(2, 8, 32, 1)
    for parameter in denoiser.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    z, noise = torch.randn(2, 1, 1, 8, 8)

    def moved(z: Tensor, asked: Tensor) -> Tensor:
        with torch.no_grad():
            return request_direction(
                denoiser, z, asked, noise, strength=0.7, guidance=2.0, steps=3, away=opposite(asked, False)
            )

    rows = torch.tensor([[1.0, NAN], [NAN, NAN], [NAN, 0.0]])
    together = moved(z.expand(3, -1, -1, -1), rows)
    assert together[1].abs().max() < 1e-5
    for i in (0, 2):
        assert together[i].abs().max() > 1e-3
        torch.testing.assert_close(together[i : i + 1], moved(z, rows[i : i + 1]))


def test_an_edited_image_is_the_patient_with_the_blurred_change_of_a_move_within_reach(batch: Batch) -> None:
    method = supervision().eval()
    _, parts = method.reconstruct(batch)
    swap = method.swap(parts, batch.donor)
    amount = (swap.pathology - parts.pathology)[:, 0, 0, 0]
    assert ((amount >= 0.3) & (amount <= 2.0)).all()
    change = method.model.decode(parts.identity, swap.pathology) - parts.reconstruction
    torch.testing.assert_close(swap.swapped, batch.images + blur(change, 1.0))


def test_what_encodes_pathology_does_not_learn_and_the_guide_is_asked_about_the_request_alone(batch: Batch) -> None:
    method = supervision()
    losses, parts = method.reconstruct(batch)
    swap = method.swap(parts, batch.donor)
    method.critic.requires_grad_(False)
    losses |= method.supervise(swap, batch)
    torch.stack(list(losses.values())).sum().backward()
    assert all(p.grad is None for p in method.model.encoder.pathology.parameters())
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in method.model.decoder.parameters())
    assert (~swap.labels.isnan()).sum(1).eq(1).all()


def test_the_guide_rewards_what_was_asked_and_punishes_a_change_of_all_else() -> None:
    method, before = supervision(), torch.zeros(1, 3, 2)
    asked = torch.tensor([[1.0, NAN]])
    answers = {name: before + torch.tensor(to) for name, to in {"right": [4.0, 0.0], "wrong": [-4.0, 0.0]}.items()}
    answers["both"] = before + torch.tensor([4.0, 2.0])
    loss = {name: method.answered(logits, before, before, asked).item() for name, logits in answers.items()}
    assert loss["right"] < 0.05 < loss["both"] < loss["wrong"]
    assert loss["both"] - loss["right"] == pytest.approx(STAY * 2.0**2)


def test_severity_is_right_when_the_guide_sees_as_much_of_it_as_in_the_donor() -> None:
    method, before = supervision(sides=2), torch.zeros(1, 3, 2)
    asked, donor = torch.tensor([[0.5, NAN]]), before + torch.tensor([1.5, 9.0])
    loss = {
        seen: method.answered(before + torch.tensor([seen, 0.0]), before, donor, asked).item()
        for seen in (0.0, 1.5, 3.0)
    }
    assert loss == {0.0: pytest.approx(1.5**2), 1.5: 0.0, 3.0: pytest.approx(1.5**2)}
    silent = torch.full((1, 2), NAN)
    assert method.answered(before, before, donor, silent).item() == 0


def test_the_critics_learn_from_what_the_guide_has_just_looked_at(batch: Batch) -> None:
    method = supervision()
    _, parts = method.reconstruct(batch)
    swap = method.swap(parts, batch.donor)
    method.supervise(swap, batch)
    method.critic_loss(swap, batch.donor).backward()
    for part in (method.critic.patches, method.critic.features):
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in part.parameters())
    assert all(p.grad is None for p in method.guide.parameters())
    assert all(p.grad is None for p in method.model.parameters()), "a critic's lesson is no lesson to the decoder"
