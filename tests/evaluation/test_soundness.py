import numpy as np
import pytest
import torch
from torch import Tensor

from causaray.evaluation.images.distances import l1, psnr, ssim
from causaray.evaluation.measures.reconstruction import summary
from causaray.evaluation.measures.soundness import after_cycles, commutativity, composition, reversibility

IMAGES = torch.rand(8, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 0.5
PATIENTS = np.arange(8)


def brighten(images: Tensor, grey_levels: float) -> Tensor:
    return images + grey_levels / 255


def gamma(images: Tensor, power: float) -> Tensor:
    return images**power


def test_distances_agree_with_those_of_reconstruction() -> None:
    other = (IMAGES + 0.1 * IMAGES.flip(0)).clamp(0, 1)
    expected = summary(IMAGES, other)
    torch.testing.assert_close(psnr(IMAGES, other), expected["psnr"])
    torch.testing.assert_close(ssim(IMAGES, other), expected["ssim"])
    assert psnr(IMAGES, IMAGES).tolist() == pytest.approx([100] * 8)


def test_distances_over_a_region_see_nothing_else() -> None:
    region = torch.zeros(8, 1, 16, 16, dtype=torch.bool)
    region[:7, :, :4] = True
    changed = torch.where(region, IMAGES + 10 / 255, IMAGES + 0.3)
    assert l1(changed, IMAGES, region)[:7].tolist() == pytest.approx([10] * 7, rel=1e-4)
    assert psnr(changed, IMAGES, region)[0].item() == pytest.approx(20 * np.log10(25.5), rel=1e-4)
    assert l1(changed, IMAGES, region)[7].isnan()
    assert l1(changed, IMAGES, ~region)[7].item() == pytest.approx(0.3 * 255, rel=1e-4)


def test_cycles_build_on_one_another() -> None:
    found = after_cycles(brighten, IMAGES, [2, -1], (1, 3))
    assert set(found) == {1, 3}
    torch.testing.assert_close(found[3], IMAGES + 3 / 255)


def test_composition_of_a_drifting_editor_and_of_one_that_keeps_still() -> None:
    found = composition(brighten, IMAGES, 1.5, PATIENTS, cycles=(1, 10))
    assert found["1"]["l1"]["value"] == pytest.approx(1.5, rel=1e-3)
    assert found["10"]["l1"]["low"] == pytest.approx(15, rel=1e-3)
    assert found["10"]["ssim"]["value"] < found["1"]["ssim"]["value"] < 1
    still = composition(brighten, IMAGES, 0, PATIENTS)
    assert still["10"]["l1"]["high"] == 0 and still["10"]["ssim"]["value"] == pytest.approx(1)


def test_reversibility_adds_up_what_does_not_come_back() -> None:
    found = reversibility(brighten, IMAGES, 10, -8, PATIENTS)
    assert found["1"]["l1"]["value"] == pytest.approx(2, rel=1e-3)
    assert found["5"]["l1"]["value"] == pytest.approx(10, rel=1e-3)
    assert found["edited"]["l1"]["value"] == pytest.approx(10, rel=1e-3)
    assert found["ratio"]["value"] == pytest.approx(0.2, rel=1e-3)
    assert np.isnan(reversibility(brighten, IMAGES, 0, 0, PATIENTS)["ratio"]["value"]), "who never left cannot return"


def test_commutativity_of_edits_that_commute_and_of_edits_that_do_not() -> None:
    found = commutativity(brighten, IMAGES, 3, 5, 10, PATIENTS)
    assert found["orders"]["l1"]["value"] == pytest.approx(0, abs=1e-4)
    assert found["first_second_or_both"]["l1"]["value"] == pytest.approx(2, rel=1e-3)
    assert found["edited"]["l1"]["value"] == pytest.approx(8, rel=1e-3)

    def edit(images: Tensor, request: tuple[str, float]) -> Tensor:
        return brighten(images, request[1]) if request[0] == "add" else gamma(images, request[1])

    other = commutativity(edit, IMAGES, ("add", 51), ("power", 2), ("add", 0), PATIENTS)
    by_hand = 255 * ((IMAGES + 0.2) ** 2 - IMAGES**2 - 0.2).abs().mean()
    assert other["orders"]["l1"]["value"] == pytest.approx(float(by_hand), rel=1e-3)
    assert other["ratio"]["value"] == pytest.approx(
        float(((IMAGES + 0.2) ** 2 - IMAGES**2 - 0.2).abs().mean() / ((IMAGES + 0.2) ** 2 - IMAGES).abs().mean()),
        rel=1e-3,
    )
