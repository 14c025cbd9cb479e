import torch

from causaray.editors.residual import carry_over_fading


def test_nothing_changed_gives_the_image_back_bit_for_bit() -> None:
    image, before = torch.rand(2, 1, 16, 16), torch.rand(2, 1, 16, 16)
    assert torch.equal(carry_over_fading(image, before, before), image)


def test_a_faint_change_keeps_all_detail_and_a_strong_one_takes_it_along() -> None:
    before, detail = torch.full((1, 1, 16, 16), 0.5), torch.zeros(1, 1, 16, 16)
    detail[..., 8, 8] = 0.2
    faint = carry_over_fading(before + detail, before, before - 0.05)
    torch.testing.assert_close(faint, before + detail - 0.05)
    strong = carry_over_fading(before + detail, before, before - 0.4)
    torch.testing.assert_close(strong, before - 0.4)


def test_detail_far_from_the_change_stays() -> None:
    image, before = torch.rand(1, 1, 32, 32), torch.full((1, 1, 32, 32), 0.5)
    after = before.clone()
    after[..., 4:8, 4:8] = 0.0
    made = carry_over_fading(image, before, after)
    assert torch.equal(made[..., 12:, 12:], image[..., 12:, 12:])
