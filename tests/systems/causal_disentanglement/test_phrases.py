from pathlib import Path

import pytest
import torch
import yaml
from woken import woken

from causaray.cohorts.phantom import prepare_phantom
from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.nets.denoiser import MapDenoiser
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor
from causaray.systems.causal_disentanglement.phrases import phrase_embeddings, phrase_of, tell_phrases
from causaray.systems.causal_disentanglement.training.train import train

WORDS = ("no", "left", "right", "edema", "pleural", "effusion", "finding")
TINY = {"steps": 2, "batch": 6, "lr": 1e-3}


@pytest.fixture(scope="module")
def text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text model in the layout of transformers, untrained."""
    transformers = pytest.importorskip("transformers", reason="text models need the extra `research`")
    folder = tmp_path_factory.mktemp("text")
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]) + "\n")
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=12, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def test_columns_are_said_as_a_reader_would() -> None:
    assert [phrase_of(c) for c in ("Edema", "Pleural Effusion left")] == ["edema", "left pleural effusion"]


def test_what_is_said_and_what_is_denied_are_far_apart(text_model: Path) -> None:
    found = phrase_embeddings(text_model, ("Edema", "Pleural Effusion", "No Finding"))
    assert found.shape == (2, 3, 16)
    torch.testing.assert_close(found.flatten(0, 1).mean(0), torch.zeros(16), atol=1e-6, rtol=0)
    assert found.norm(dim=2).mean() == pytest.approx(1)
    cosine = torch.nn.functional.cosine_similarity(found[0], found[1])
    assert (cosine < 0.8).all()


def test_the_denoiser_is_told_by_phrases_and_listens(text_model: Path) -> None:
    torch.manual_seed(0)
    denoiser = MapDenoiser(2, 8, 32, 1, text=16)
    tell_phrases(denoiser, phrase_embeddings(text_model, ("Edema", "Pleural Effusion")))
    woken(denoiser, 0.1)
    z, t = torch.randn(1, 1, 8, 8), torch.full((1,), 0.5)
    asked = [denoiser(z, t, torch.tensor([row])) for row in ([1.0, 0.0], [-1.0, 0.0], [0.0, 1.0])]
    assert all(not torch.allclose(a, b, atol=1e-4) for i, a in enumerate(asked) for b in asked[:i])


def test_an_editor_trained_with_a_text_model_edits_without_it(text_model: Path, tmp_path: Path) -> None:
    recipe = {
        "name": "told", "about": "A test.", "size": 64, "latent": {"width": 16, "depth": 1, "transformer_dim": 16},
        "guide": {**TINY, "width": 8, "views": [["small", 32]]}, "stage1": {**TINY, "swap_every": 1},
        "stage2": {**TINY, "dim": 32, "layers": 1, "cache": 64, "sampling_steps": 2, "text": str(text_model)},
    }  # fmt: skip
    (tmp_path / "told.yaml").write_text(yaml.safe_dump(recipe))
    prepare_phantom(tmp_path / "phantom", 240, size=64)
    editor = CausalDisentanglementEditor.load(train(tmp_path / "told.yaml", [tmp_path / "phantom"], tmp_path / "out"))
    assert editor.config.text_width == 16
    kept = editor.net.denoiser.findings.present
    torch.testing.assert_close(kept, phrase_embeddings(text_model, editor.names)[0])
    images = torch.rand(2, 1, 64, 64)
    assert not torch.equal(editor.edit(images, EditRequest(parse_prompt("edema"))).counterfactual, images)


def test_a_folder_without_a_text_model_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(BadInput, match="holds no text model"):
        phrase_embeddings(tmp_path, ("Edema",))
