import torch
from tiny_prior import save_untrained_prior

from causaray.priors import text_to_image
from causaray.priors.text_prior import load_prior
from causaray.priors.text_to_image import draw, images_of


def test_a_sample_depends_on_its_seed_its_row_and_its_text_alone(tmp_path, monkeypatch):
    prior = load_prior(save_untrained_prior(tmp_path))
    texts = ["edema", "no edema", "edema"]
    together = draw(prior, texts, seed=1, steps=3, guidance=2.0)
    monkeypatch.setattr(text_to_image, "AT_ONCE", 2)
    torch.testing.assert_close(draw(prior, texts, seed=1, steps=3, guidance=2.0), together, atol=1e-5, rtol=0)
    other = draw(prior, ["edema", "edema", "edema"], seed=1, steps=3, guidance=2.0)
    torch.testing.assert_close(other[[0, 2]], together[[0, 2]], atol=1e-5, rtol=0)
    assert not torch.allclose(other[1], together[1], atol=1e-5) and not torch.allclose(together[0], together[2])


def test_images_are_grey_and_in_range(tmp_path):
    prior = load_prior(save_untrained_prior(tmp_path))
    images = images_of(prior, 5 * prior.noise(3, 0))
    assert images.shape == (3, 1, 64, 64) and images.min() >= 0 and images.max() <= 1
