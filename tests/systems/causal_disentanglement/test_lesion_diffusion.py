import torch

from causaray.nets.request_denoiser import RequestDenoiser
from causaray.systems.causal_disentanglement.stage2_lesion_prior import lesion_loss, lesson, sampled_lesion

ASKED = torch.tensor([[0.6, torch.nan]])
OTHER = torch.tensor([[torch.nan, 0.6]])


def films(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What is known of films without and with the finding: two channels of the patient, and a map of 0 and of 1."""
    patient = torch.randn(n, 2, 8, 8)
    return tuple(torch.cat([patient, torch.full((n, 1, 8, 8), value)], 1) for value in (0.0, 1.0))  # type: ignore[return-value]


def test_lessons_ask_for_what_is_to_come_what_is_there_and_nothing() -> None:
    torch.manual_seed(0)
    taught = lesson(*films(400), ASKED.expand(400, -1))
    there, said = taught.patient[:, 2].mean((1, 2)) == 1, taught.evidence[:, 0] > 0
    assert 0.1 < there.float().mean() < 0.25
    assert 0.05 < (~said).float().mean() < 0.2
    assert not taught.evidence[~said].any() and not taught.evidence[:, 1].any()


def test_a_denoiser_learns_where_what_is_asked_for_lies() -> None:
    """The first finding lies in the upper half, the second on the side that a channel of the patient tells."""
    torch.manual_seed(0)
    denoiser = RequestDenoiser(2, 3, 16)
    optimiser = torch.optim.Adam(denoiser.parameters(), 3e-3)

    def drawn(n: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        one, two = films(n)
        left = torch.rand(n) < 0.5
        one[:, 0] = two[:, 0] = torch.where(left, 1.0, -1.0).view(-1, 1, 1)
        second, share = torch.rand(n) < 0.5, torch.full((n, 1, 8, 8), -1.0)
        share[~second, :, :4] = 1
        share[second & left, :, :, :4] = 1
        share[second & ~left, :, :, 4:] = 1
        return one, two, share, torch.where(second[:, None], OTHER, ASKED)

    for _ in range(250):
        one, two, share, asked = drawn(32)
        loss = lesion_loss(denoiser, share, lesson(one, two, asked), torch.ones(32))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    one, _, share, asked = drawn(16)
    with torch.no_grad():
        made = [
            sampled_lesion(denoiser, torch.randn(1, 1, 8, 8), one[[i]], asked[[i]], 1.0, 6) for i in range(len(one))
        ]
    right = ((torch.cat(made) > 0) == (share > 0)).float().mean()
    assert right > 0.9


def test_a_finding_that_weighs_nothing_teaches_nothing() -> None:
    torch.manual_seed(0)
    one, two = films(4)
    weight = torch.tensor([1.0, 0.0, 0.0, 0.0])
    share = torch.randn(4, 1, 8, 8, requires_grad=True)
    lesion_loss(RequestDenoiser(2, 3, 16), share, lesson(one, two, ASKED.expand(4, -1)), weight).backward()
    assert share.grad is not None and share.grad[0].any() and not share.grad[1:].any()


def test_guidance_leads_away_from_another_request() -> None:
    torch.manual_seed(0)
    denoiser, patient, noise = RequestDenoiser(2, 3, 16), torch.randn(2, 3, 8, 8), torch.randn(1, 1, 8, 8)
    with torch.no_grad():
        plain = sampled_lesion(denoiser, noise, patient, ASKED, 1.0, 2)
        same = sampled_lesion(denoiser, noise, patient, ASKED, 3.0, 2, away=ASKED)
        led = sampled_lesion(denoiser, noise, patient, ASKED, 3.0, 2, away=OTHER)
    assert plain.shape == (2, 1, 8, 8)
    torch.testing.assert_close(plain, same)
    assert not torch.allclose(plain, led)
