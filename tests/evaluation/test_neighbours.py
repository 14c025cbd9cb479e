import numpy as np
import pytest

from causaray.evaluation.images.neighbours import neighbourhood, neighbours, radii


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def line(*points: float) -> np.ndarray:
    return np.array(points)[:, None]


def test_four_figures_of_points_on_a_line_by_hand() -> None:
    real, made = line(0, 2, 3, 10), line(1, 2.5, 30)
    assert radii(real, 1).tolist() == [2, 1, 1, 7] and radii(made, 1).tolist() == [1.5, 1.5, 27.5]
    found = neighbours(real, made, 1)
    assert found["precision"].tolist() == [True, True, False]
    assert found["density"].tolist() == [1, 2, 0], (
        "1 is in the ball of 0 and on the edge of 2's, 2.5 in those of 2 and 3"
    )
    assert found["coverage"].tolist() == [True, True, True, False]
    assert found["recall"].tolist() == [True, True, True, True], "30 is an outlier whose ball holds 3 and 10"


def test_two_nearest_by_hand() -> None:
    found = neighbours(line(0, 2, 3, 10), line(1, 2.5, 30), 2)
    assert found["density"].tolist() == [1.5, 2, 0]
    assert found["coverage"].tolist() == [True, True, True, True]


def test_a_second_draw_of_one_distribution(rng: np.random.Generator) -> None:
    found = neighbours(rng.normal(size=(1000, 4)), rng.normal(size=(1000, 4)))
    assert found["density"].mean() == pytest.approx(1, abs=0.05)
    assert found["coverage"].mean() == pytest.approx(1 - 2**-5, abs=0.015), "Naeem et al. 2020, lemma 2"
    assert found["precision"].mean() > 0.9 and found["recall"].mean() > 0.9


def test_few_modes_lack_coverage_and_noise_lacks_precision(rng: np.random.Generator) -> None:
    real = rng.normal(size=(200, 8))
    constant, noise = np.zeros((200, 8)) + 0.01 * rng.normal(size=(200, 8)), 6 * rng.normal(size=(200, 8))
    one_mode, everywhere = neighbours(real, constant), neighbours(real, noise)
    assert one_mode["precision"].mean() == 1 and one_mode["recall"].mean() == 0
    assert one_mode["density"].mean() > 2 and one_mode["coverage"].mean() < 0.5
    assert everywhere["precision"].mean() < 0.1 and everywhere["density"].mean() < 0.05


def test_made_images_are_not_compared_with_their_own_sources(rng: np.random.Generator) -> None:
    patients = np.repeat(np.arange(40), 3)
    real = rng.normal(0, 5, (40, 6))[patients] + 0.01 * rng.normal(size=(120, 6))
    found = neighbourhood(real, {"reconstructed": real, "edited": real + 100}, patients)
    assert found["reconstructed"] == found["real"], "a copy is as good as another patient's image, and no better"
    assert found["edited"]["precision"]["high"] == found["edited"]["coverage"]["high"] == 0
    assert found["real"]["precision"]["patients"] == found["real"]["recall"]["patients"] == 20
