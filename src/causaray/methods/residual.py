"""What the autoencoder leaves out of an image, and its place in a counterfactual."""

from torch import Tensor


def carry_over(image: Tensor, change: Tensor) -> Tensor:
    """x + (D(T(z')) - D(T(z))): the image with the change that the decoder makes, and all else as it is.

    Abduction (Pearl): what the decoder leaves out of this very image, x - D(T(z)), is exogenous detail of the patient,
    which no request changes. With z' = z it is x.
    """
    return image + change
