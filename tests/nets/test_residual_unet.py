import torch

from causaray.nets.residual_unet import ModulatedBlock, ResidualUNet


def test_maps_keep_their_size_and_every_pixel_sees_the_whole() -> None:
    net = ResidualUNet(3, 2, (8, 16, 24))
    x = torch.randn(1, 3, 16, 16, requires_grad=True)
    made = net(x)
    assert made.shape == (1, 2, 16, 16)
    made[0, 0, 0, 0].backward()
    assert x.grad is not None and x.grad[0, :, 15, 15].abs().sum() > 0


def test_a_vector_modulates_the_blocks() -> None:
    torch.manual_seed(0)
    block, x = ModulatedBlock(8, 8, vector=4), torch.randn(2, 8, 4, 4)
    assert not torch.allclose(block(x, torch.zeros(2, 4)), block(x, torch.ones(2, 4)))
    assert ModulatedBlock(8, 8).modulation is None
