"""The autoencoder of system 1 for images whose attributes, brightness among them, are what the last channel holds."""

from torch import Tensor

from causaray.nets.autoencoder import CausalAutoencoder, Encoder, Posterior, Shape, posterior


class AttributeEncoder(Encoder):
    """An encoder whose last branch sees the image as it is: brightness is an attribute here, not exposure."""

    def forward(self, x: Tensor) -> tuple[Posterior, Posterior]:
        x = 2 * x - 1
        return posterior(self.identity(self.trunk(self.stem(x)))), posterior(self.pathology(x))


class AttributeAutoencoder(CausalAutoencoder):
    """`CausalAutoencoder` with an `AttributeEncoder`; images (B, 1, S, S) in [0, 1]."""

    def __init__(self, shape: Shape, n_attributes: int) -> None:
        super().__init__(shape, n_attributes)
        self.encoder = AttributeEncoder(shape)
