import pytest
import torch

from causaray.diffusion.attention import PromptToPrompt, aligned, controlled
from causaray.diffusion.prior import Prior

TEXTS = ["edema", "left pleural effusion"]


def unchanged(attention: torch.Tensor, layer: object) -> torch.Tensor:
    """The control that does nothing."""
    return attention


def asked(prior: Prior) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    return prior.noise(2, 0), torch.tensor([0.6, 0.6]), prior.embed(TEXTS)


def test_attention_written_out_is_the_attention_of_the_library(prior: Prior) -> None:
    z, t, context = asked(prior)
    plain = prior(z, t, context)
    with controlled(prior.unet, unchanged):
        torch.testing.assert_close(prior(z, t, context), plain, atol=1e-5, rtol=1e-4)
    assert torch.equal(prior(z, t, context), plain), "the library's own comes back"


def test_replacing_attention_by_itself_is_the_identity_bit_for_bit(prior: Prior) -> None:
    z, t, _ = asked(prior)
    z, context = z[:1].repeat(2, 1, 1, 1), prior.embed(["mild edema", "mild edema"])
    with controlled(prior.unet, unchanged):
        plain = prior(z, t, context)
    words = prior.words.pieces("mild edema")
    with controlled(prior.unet, PromptToPrompt(aligned(words, words), cross=1.0, own=1.0)):
        assert torch.equal(prior(z, t, context), plain)


def test_each_weight_is_a_distribution_over_words_or_pixels(prior: Prior) -> None:
    seen = []

    def look(attention, layer):
        seen.append((layer.cross, layer.side, attention.shape))
        torch.testing.assert_close(attention.sum(-1), torch.ones(attention.shape[:-1]))
        return attention

    with controlled(prior.unet, look):
        prior(*asked(prior))
    assert {(cross, side) for cross, side, _ in seen} == {(c, s) for c in (True, False) for s in (8, 16)}
    assert all(shape[-1] == (prior.words.length if cross else side**2) for cross, side, shape in seen)


@pytest.mark.parametrize(
    ("source", "target", "replace", "place", "known", "new", "gone"),
    [
        ("mild edema", "mild left edema", False, [0, 0, 1], [1, 0, 1], [1], []),
        ("no edema", "edema", False, [1], [1], [], [0]),
        ("mild edema", "severe edema", True, [0, 1], [1, 1], [0], [0]),
        ("mild edema", "severe edema", False, [0, 1], [0, 1], [0], [0]),
    ],
)
def test_words_are_aligned(source, target, replace, place, known, new, gone) -> None:
    pieces = [(text.split() + [""] * 6)[:6] for text in (source, target)]
    found = aligned(*pieces, replace=replace)
    n = len(target.split())
    assert found.known[:n].tolist() == known
    assert [p for p, k in zip(found.source.tolist(), known, strict=False) if k] == [
        p for p, k in zip(place, known, strict=True) if k
    ]
    assert (found.new, found.gone) == (new, gone)
    assert found.known[4:].tolist() == [1, 1], "past both ends nothing is new"


def test_the_region_is_where_the_new_word_is_looked_at() -> None:
    control = PromptToPrompt(aligned(["edema", ""], ["edema", "mass"]), side=4)
    attention = torch.full((2, 1, 16, 2), 0.5)
    attention[1, 0, 5, 1] = 0.9
    from causaray.diffusion.attention import Layer

    control(attention, Layer("x", True, 4))
    assert control.region(4).nonzero().tolist() == [[0, 0, 1, 1]]
