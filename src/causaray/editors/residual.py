"""What the autoencoder leaves out of an image, and its place in a counterfactual."""

from torch import Tensor, nn

from causaray.nets.guide import blur

FADES = 0.1, 0.3
"""Between these changes, of the grey range, what was left out of an image fades: what goes takes its detail along."""
NEAR = 5
"""Pixels a side of the neighbourhood whose strongest change counts."""


def carry_over(image: Tensor, change: Tensor) -> Tensor:
    """x + (D(T(z')) - D(T(z))): the image with the change that the decoder makes, and all else as it is.

    Abduction (Pearl): what the decoder leaves out of this very image, x - D(T(z)), is exogenous detail of the patient,
    which no request changes. With z' = z it is x.
    """
    return image + change


def carry_without(image: Tensor, change: Tensor, hidden: Tensor, before: Tensor) -> Tensor:
    """As `carry_over`, without the share `hidden`, in [0, 1], of what `before` leaves out of the image: x - `before`.

    With no change and nothing hidden it is x, bit for bit.
    """
    return carry_over(image, change) - hidden * (image - before)


def carry_over_fading(image: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """As `carry_over`, for images, D(z) and D(z') (B, 1, S, S), but without the detail of what went.

    A device has edges that the decoder blurs; carried over, they would stay as a ghost where it was. So the residual
    fades where the change is strong (FADES, over NEAR pixels). With D(z') = D(z) it is the image, bit for bit.
    """
    change = after - before
    strongest = nn.functional.max_pool2d(change.abs(), NEAR, 1, NEAR // 2)
    share = nn.functional.avg_pool2d(((strongest - FADES[0]) / (FADES[1] - FADES[0])).clamp(0, 1), 3, 1, 1)
    return carry_without(image, change, share, before)


FINE = 1 / 128
"""Share of the image side below which detail is fine: a cover hides it."""


def coarse(image: Tensor) -> Tensor:
    """The image (B, 1, S, S) without its fine detail."""
    return blur(image, FINE * image.shape[-1])


def carry_kept(image: Tensor, before: tuple[Tensor, Tensor], after: tuple[Tensor, Tensor]) -> Tensor:
    """x' = x + (R(x, z') - R(x, z)) - (1 - m) (x - coarse(x)): the film, what the change puts over it, and what that
    hides.

    before, after: layers and covers in [0, 1] of z and z' over the film, (B, 1, S, S) each. m = 1 - |cover' - cover|:
    with z' = z it is x, bit for bit.
    """
    (then, covered), (now, covers) = before, after
    return carry_without(image, now - then, (covers - covered).abs(), coarse(image))
