import torch

from causaray.editors.conditions import SEVERITY
from causaray.nets.denoiser import MapDenoiser
from causaray.systems.causal_disentanglement.direction_distillation import (
    MOST,
    distillation_loss,
    lesson_requests,
    student_direction,
)
from causaray.systems.causal_disentanglement.request_direction import noised, opposite, request_direction, start_time


def test_half_of_the_lessons_name_one_finding_and_none_more_than_most() -> None:
    asked = lesson_requests(4000, 6, False, torch.Generator().manual_seed(0))
    named = (~asked.isnan()).sum(1)
    assert named.min() == 1
    assert named.max() == MOST
    assert abs((named == 1).float().mean() - 0.5) < 0.05
    known = asked[~asked.isnan()]
    assert set(known.tolist()) == {0.0, 1.0}
    assert abs(known.mean() - 0.5) < 0.05
    by_finding = (~asked.isnan()).float().mean(0)
    assert by_finding.max() < 1.15 * by_finding.min(), "every finding is asked for alike"


def test_graded_lessons_ask_for_a_severity_that_a_word_means_on_one_side_or_on_both() -> None:
    asked = lesson_requests(4000, 3, True, torch.Generator().manual_seed(0)).unflatten(1, (3, 2))
    known = ~asked.isnan()
    assert set(asked[known].unique().tolist()) == {0.0, *torch.tensor(sorted(set(SEVERITY.values()))).tolist()}
    both = known.all(2)
    assert (asked[both][:, 0] == asked[both][:, 1]).all(), "bilateral is of one severity"
    sides = torch.stack([(known[..., 0] & ~both).sum(), (known[..., 1] & ~both).sum(), both.sum()]).float()
    assert (sides / sides.sum()).min() > 0.28


def test_a_student_goes_at_once_where_the_denoisings_end() -> None:
    """On a denoiser with opinions: one call is nearer to the sixteen than one step of the sampler is."""
    torch.manual_seed(0)
    teacher, student = (MapDenoiser(2, 8, 32, 2) for _ in range(2))
    torch.nn.init.normal_(teacher.out.weight, std=0.3)
    for layer in teacher.layers:
        torch.nn.init.normal_(layer.modulation.weight, std=0.1)
    z, noise, start = torch.randn(256, 1, 8, 8), torch.randn(256, 1, 8, 8), start_time(0.7)
    asked = lesson_requests(256, 2, False, torch.Generator().manual_seed(0))

    def denoised(steps: int) -> torch.Tensor:
        with torch.no_grad():
            return request_direction(
                teacher, z, asked, noise, strength=0.7, guidance=2.0, steps=steps, away=opposite(asked, False)
            )

    direction, noisy, times = denoised(16), noised(z, noise, start), torch.full((256,), start)
    student.load_state_dict(teacher.state_dict())
    optimiser = torch.optim.Adam(student.parameters(), 3e-3)
    for _ in range(150):
        loss = distillation_loss(student, noisy, times, asked, direction, direction.square().mean())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        once = student_direction(student, noisy, times, asked)
    assert (once - direction).square().mean() < (denoised(1) - direction).square().mean()
