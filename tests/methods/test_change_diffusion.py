import torch

from causaray.methods.change_diffusion import change_loss, lesson, sampled_change
from causaray.nets.change_denoiser import ChangeDenoiser

ASKED = torch.tensor([[0.6, torch.nan]])
GONE = torch.tensor([[0.0, torch.nan]])


def films(n: int) -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """Identity channels and pathology maps, 0 without and 1 with the finding."""
    z_id = torch.randn(n, 2, 8, 8)
    return (z_id, torch.zeros(n, 1, 8, 8)), (z_id, torch.ones(n, 1, 8, 8))


def test_lessons_lead_to_what_is_asked_and_nowhere_where_it_is_so() -> None:
    torch.manual_seed(0)
    one, two = films(400)
    taught = lesson(one, two, ASKED.expand(400, -1), GONE.expand(400, -1))
    start, change, said = taught.patient[:, 2].mean((1, 2)), taught.change.mean((1, 2, 3)), taught.evidence[:, 0]
    asked, gone, nothing = said > 0, said < 0, said == 0
    assert min(int(x.sum()) for x in (asked, gone, nothing)) > 20
    assert torch.equal((start + change)[asked], torch.ones(int(asked.sum()))), "asked for, it is there"
    assert torch.equal((start + change)[gone], torch.zeros(int(gone.sum()))), "asked away, it is gone"
    assert not change[nothing].any()
    already = (change == 0) & ~nothing
    assert 0.1 < already.float().mean() < 0.25


def test_a_denoiser_learns_to_add_and_to_remove() -> None:
    torch.manual_seed(0)
    denoiser = ChangeDenoiser(2, 1, 3, 16)
    optimiser = torch.optim.Adam(denoiser.parameters(), 3e-3)
    for _ in range(150):
        one, two = films(32)
        taught = lesson(one, two, ASKED.expand(32, -1), GONE.expand(32, -1))
        loss = change_loss(denoiser, taught.change, taught)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    one, two = films(4)
    noise = torch.randn(1, 1, 8, 8)
    with torch.no_grad():
        made = {
            name: float(sampled_change(denoiser, noise, torch.cat(start, 1), row, 1.0, 6).mean())
            for name, start, row in (("add", one, ASKED), ("remove", two, GONE), ("stay", two, ASKED))
        }
    assert made["add"] > 0.6 and made["remove"] < -0.6 and abs(made["stay"]) < 0.4


def test_guidance_leads_away_from_another_request() -> None:
    torch.manual_seed(0)
    denoiser, patient, noise = ChangeDenoiser(2, 1, 3, 16), torch.randn(2, 3, 8, 8), torch.randn(1, 1, 8, 8)
    with torch.no_grad():
        plain = sampled_change(denoiser, noise, patient, ASKED, 1.0, 2)
        same = sampled_change(denoiser, noise, patient, ASKED, 3.0, 2, away=ASKED)
        led = sampled_change(denoiser, noise, patient, ASKED, 3.0, 2, away=GONE)
    assert plain.shape == (2, 1, 8, 8)
    torch.testing.assert_close(plain, same)
    assert not torch.allclose(plain, led)
