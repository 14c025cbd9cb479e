import numpy as np
import torch

from causaray.app.fullsize import laid
from causaray.editors.edit import CoveringEdit, Edit
from causaray.editors.residual import coarse
from causaray.scan import Scan

SIZE = 64


def film(height: int, width: int) -> Scan:
    """A film of noise."""
    pixels = np.random.default_rng(0).uniform(0.2, 0.7, (height, width))
    return Scan(pixels, spacing=(0.2, 0.2), view="PA", patient="somebody")


def square(scan: Scan) -> torch.Tensor:
    return torch.from_numpy(scan.square(SIZE).pixels)[None]


def test_a_film_keeps_its_pixels_where_nothing_changes() -> None:
    scan = film(300, 200)
    small = square(scan)
    change = torch.zeros(1, 1, SIZE, SIZE)
    change[..., 20:30, 24:34] = 0.2
    made = laid(
        scan, small, CoveringEdit(small[None], small[None] + change, change, torch.zeros_like(change), small[None]), 0
    )
    assert made.pixels.shape == (300, 200) and made.spacing == (0.2, 0.2) and made.view == "PA"
    assert made.patient is None
    changed = made.pixels != scan.pixels
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    scale, left = 300 / SIZE, (SIZE - round(200 / 300 * SIZE)) // 2
    assert 17 * scale < rows.min() and rows.max() < 33 * scale
    assert (21 - left) * scale < columns.min() and columns.max() < (37 - left) * scale
    middle = (
        made.pixels[int(25 * scale), int((29 - left) * scale)] - scan.pixels[int(25 * scale), int((29 - left) * scale)]
    )
    np.testing.assert_allclose(middle, 0.2, atol=1e-3)


def test_what_is_hidden_loses_its_fine_detail_alone() -> None:
    ramp = np.tile(np.linspace(0.3, 0.6, 256), (256, 1))
    scan = Scan(ramp + np.random.default_rng(0).uniform(-0.1, 0.1, (256, 256)))
    small = square(scan)
    whole = torch.ones(1, 1, SIZE, SIZE)
    made = laid(scan, small, CoveringEdit(small[None], small[None] + 0.1, 0.1 * whole, whole, coarse(small[None])), 0)
    inner = slice(12, -12)
    left = (made.pixels - ramp - 0.1)[inner, inner]
    assert abs(left.mean()) < 5e-3 and left.std() < 0.3 * (scan.pixels - ramp)[inner, inner].std()


def test_a_film_of_the_size_of_the_weights_gets_the_edit_itself() -> None:
    scan = film(SIZE, SIZE)
    edited = torch.rand(1, 1, SIZE, SIZE)
    made = laid(scan, square(scan), Edit(edited, edited), 0)
    np.testing.assert_allclose(made.pixels, edited[0, 0].numpy(), atol=1e-6)


def test_nothing_changes_outside_of_a_mask() -> None:
    scan = film(200, 300)
    small, allowed = square(scan), np.zeros((200, 300), bool)
    allowed[:100] = True
    made = laid(scan, small, Edit(small[None], (small[None] + 0.2).clamp(0, 1)), 0, allowed)
    assert (made.pixels[100:] == scan.pixels[100:]).all()
    assert (made.pixels[:100] != scan.pixels[:100]).mean() > 0.99


def test_an_edit_that_changes_nothing_gives_the_film_back() -> None:
    scan = film(190, 260)
    small, none = square(scan), torch.zeros(1, 1, SIZE, SIZE)
    assert (laid(scan, small, Edit(small[None], small[None]), 0).pixels == scan.pixels).all()
    assert (
        laid(scan, small, CoveringEdit(small[None], small[None], none, none, small[None]), 0).pixels == scan.pixels
    ).all()
