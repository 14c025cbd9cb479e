"""Edits painted on films that are finer than what the rest of the nets sees."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from woken import woken

from causaray.app.editing import EditingPipeline
from causaray.classifiers.judge import Judge
from causaray.editors.edit import CoveringEdit, EditRequest
from causaray.editors.protocol import Finer
from causaray.findings import parse_prompt
from causaray.nets.autoencoder import Shape
from causaray.nets.film_decoder import FilmDecoder
from causaray.nets.guide import resized
from causaray.scan import Scan
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, Config, EditorNet

SHAPE = Shape(64, 5, 16, 16, 1, 1, 16, 4, pathology_channels=2, true_groups=True, fine=2)
NAMES = ("No Finding", "Edema", "Pleural Effusion")
ASKED = EditRequest(parse_prompt("severe edema"), strength=1.0)


@pytest.fixture(scope="module")
def editor() -> CausalDisentanglementEditor:
    torch.manual_seed(0)
    config = Config("tiny", NAMES, SHAPE, 16, 1, steps=2, severities={"moderate": 0.6, "severe": 0.9})
    net = woken(EditorNet(config))
    with torch.no_grad():
        net.autoencoder.over.net.leave[-1].weight.normal_(std=0.3)
    return CausalDisentanglementEditor(net, config)


@pytest.fixture(scope="module")
def films() -> torch.Tensor:
    return torch.rand((2, 1, 128, 128), generator=torch.Generator().manual_seed(1))


def test_a_decoder_paints_nothing_before_it_has_learned_and_sees_single_pixels() -> None:
    torch.manual_seed(0)
    decoder, film, known = FilmDecoder(3, 10, 2, 16, fine=2), torch.rand(1, 1, 64, 64), torch.rand(1, 3, 8, 8)
    place, maps = torch.rand(1, 10, 16, 16), torch.rand(1, 2, 32, 32)
    layer, cover = decoder(film, known, place, maps)
    assert layer.shape == cover.shape == film.shape and not layer.any()
    torch.nn.init.normal_(decoder.finish[-1].weight)
    layer, _ = decoder(film, known, place, maps)
    other, _ = decoder(film, known, place, maps.flip(3))
    assert not torch.equal(layer, other), "it sees where exactly findings are"
    assert (layer[..., ::2, ::2] - layer[..., 1::2, 1::2]).abs().min() > 0


def test_fine_films_are_edited_at_their_own_pixels_and_encoded_at_the_size(
    editor: CausalDisentanglementEditor, films: torch.Tensor
) -> None:
    edit = editor.edit(films, ASKED)
    assert isinstance(edit, CoveringEdit) and edit.change.any()
    assert {part.shape for part in (edit.counterfactual, edit.change, edit.hidden, edit.reconstruction)} == {
        films.shape
    }
    assert editor.reconstruct(films).shape == films.shape
    coarse = resized(films, 64)
    for fine, small in zip(editor.encode(films), editor.encode(coarse), strict=True):
        torch.testing.assert_close(fine, small)
    assert editor.segment(films).shape == (2, len(NAMES), 64, 64), "maps are as fine as the rest of the nets"
    assert editor.edit(coarse, ASKED).counterfactual.shape == coarse.shape


def test_strength_zero_gives_fine_films_back(editor: CausalDisentanglementEditor, films: torch.Tensor) -> None:
    assert torch.equal(editor.edit(films, replace(ASKED, strength=0)).counterfactual, films)


def test_whole_films_are_painted_on_as_finely_as_the_editor_can(editor: CausalDisentanglementEditor) -> None:
    assert isinstance(editor, Finer)
    pipeline = EditingPipeline(editor, Judge.load())
    assert pipeline.size == 128
    film = Scan(np.random.default_rng(0).uniform(0.2, 0.7, (128, 128)).astype(np.float32))
    (made,) = pipeline.edit([film], ASKED)
    square = torch.from_numpy(film.pixels)[None, None]
    np.testing.assert_allclose(
        made.counterfactual.pixels, editor.edit(square, ASKED).counterfactual[0, 0].numpy(), atol=1e-5
    )
