import torch

from causaray.anatomy.film import Layers, along_ribs, attenuation, edge_kept, exposed


def test_exposed_undoes_attenuation():
    film = torch.linspace(0.03, 0.97, 64).view(1, 1, 8, 8)
    torch.testing.assert_close(exposed(attenuation(film)), film, atol=1e-5, rtol=0)


def test_an_edge_is_kept_and_ribs_are_not():
    organ = torch.zeros(1, 1, 128, 128)
    organ[..., 64:] = 0.6
    ribs = 0.05 * torch.sin(torch.arange(128) / 128 * 2 * torch.pi * 14).view(1, 1, 128, 1).expand_as(organ)
    smooth = edge_kept(organ + ribs, 1.0)
    assert float(smooth[0, 0, 64, 90] - smooth[0, 0, 64, 40]) > 0.5
    assert smooth[..., :40].std() < 0.4 * ribs.std()
    assert float(smooth[0, 0, :, 66].mean() - smooth[0, 0, :, 61].mean()) > 0.35


def test_smoothing_along_ribs_takes_vessels_and_leaves_ribs():
    rows = torch.arange(128).view(1, 1, 128, 1).expand(1, 1, 128, 128)
    ribs = 0.1 * torch.sin(rows / 128 * 2 * torch.pi * 12)
    vessel = torch.zeros(1, 1, 128, 128)
    vessel[..., 20:108, 64] = 0.1
    kept = along_ribs(ribs + vessel, 1.0)
    assert (kept - ribs)[..., 30:98, 60:68].abs().max() < 0.04  # a seventh of the vessel is left
    torch.testing.assert_close(kept[..., 20:100, 20:50], ribs[..., 20:100, 20:50], atol=0.02, rtol=0)


def test_soft_tissue_is_as_dense_as_the_patients_own(film):
    image, place = film
    layers = Layers.of(attenuation(image), place)
    beside_heart = (place.heart > 0.9) & (place.height > -0.3)
    own = layers.base[beside_heart].median()
    assert abs(float(layers.soft[beside_heart].median() - own)) < 0.08
    assert 0.15 <= layers.contrast <= 0.8
