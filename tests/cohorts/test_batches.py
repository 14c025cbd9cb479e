import numpy as np
import torch

from causaray.cohorts.batches import TrainingSet, augment, batches


def made() -> TrainingSet:
    """Two cohorts of 90 and 10 images; image i is grey of value i; one finding shown by 4 of the first cohort."""
    pixels = np.arange(100, dtype=np.float32)[:, None, None, None] * np.ones((1, 1, 32, 32), np.float32) / 255
    labels = np.zeros((100, 1), np.float32)
    labels[:4] = 1
    labels[90:] = np.nan
    return TrainingSet(pixels.__getitem__, labels, np.repeat([0, 1], [90, 10]))


def drawn(n: int = 200) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    draw = batches(made(), 8, seed=0, strength=0.0)
    parts = [draw(step) for step in range(n)]
    rows = torch.stack([(p.images[:, 0, 0, 0] * 255).round().long() for p in parts])
    return rows, torch.stack([p.labels[:, 0] for p in parts]), parts[0].donor


def test_donors_are_partners_of_the_same_cohort_and_labels_stay_with_their_image() -> None:
    rows, labels, donor = drawn()
    assert torch.equal(donor[donor], torch.arange(8))
    assert torch.equal(rows >= 90, (rows >= 90)[:, donor])
    assert torch.equal(labels.isnan(), rows >= 90)
    assert torch.equal(labels == 1, rows < 4)


def test_small_cohorts_and_rare_findings_are_seen_often() -> None:
    rows, labels, _ = drawn()
    share = float((rows >= 90).float().mean())
    assert 0.15 < share < 0.35, "10 of 100 images, drawn by the root of the cohort: a quarter"
    rare = float((labels[rows < 90] == 1).float().mean())
    assert 0.2 < rare < 0.35, "4 of 90 images, but half of the partners are drawn by finding"


def test_a_step_has_its_batch_whenever_it_is_asked_for() -> None:
    draw = batches(made(), 8, seed=0)
    later = draw(7)
    draw(3)
    assert torch.equal(draw(7).images, later.images)
    assert not torch.equal(draw(8).images, later.images)
    assert not torch.equal(batches(made(), 8, seed=1)(7).images, later.images)


def test_augmentation_stays_in_range_and_leaves_strength_zero_alone() -> None:
    x = torch.rand(4, 1, 32, 32)
    moved = augment(x)
    assert moved.shape == x.shape
    assert 0 <= moved.min() <= moved.max() <= 1
    torch.testing.assert_close(augment(x, 0.0), x.clamp(1e-4, 1), atol=1e-5, rtol=0)
