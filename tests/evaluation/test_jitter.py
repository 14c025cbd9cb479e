import torch

from causaray.evaluation.images.jitter import SHIFTS, change_sd, copies

RAMP = torch.linspace(0.2, 0.8, 64).expand(1, 1, 64, 64)


class Reading:
    """Stands in for a judge: it reads one pixel, and one number that no shift changes."""

    def predict(self, images: torch.Tensor) -> torch.Tensor:
        return torch.stack([images[:, 0, 32, 32], 0 * images[:, 0, 0, 0]], 1)


def test_copies_are_the_image_moved_by_a_step_each_with_noise():
    made = copies(RAMP)
    assert made.shape == (len(SHIFTS), 1, 64, 64)
    for (_, right), copy in zip(SHIFTS, made, strict=True):
        inside = (copy[0, 5:-5, 5:-5] - RAMP[0, 0, 5:-5, 5 - right : 59 - right]).abs()
        assert 0 < inside.max() < 0.06
    assert torch.equal(made, copies(RAMP))


def test_several_images_stay_apart():
    both = torch.cat([RAMP, 1 - RAMP])
    assert torch.equal(copies(both).unflatten(0, (-1, 2))[:, 1], copies(1 - RAMP))


def test_a_judge_wavers_by_what_the_copies_differ():
    judge, after = Reading(), RAMP.flip(3)
    first = judge.predict(RAMP), judge.predict(after)
    found = change_sd(judge, RAMP, after, first)
    changes = torch.cat([(first[1] - first[0])[:, :1].squeeze(1), (copies(after) - copies(RAMP))[:, 0, 32, 32]])
    assert torch.allclose(found, torch.tensor([[changes.std(), 0.0]]))
    assert not change_sd(judge, RAMP, RAMP, (first[0], first[0])).any()  # the same image cannot change
