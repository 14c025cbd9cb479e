import json
from pathlib import Path

import pytest
import torch
from tiny_encoder import VIEWS, save_tiny_encoder

from causaray.classifiers.encoders import References, TransformersEncoder, shipped_pull
from causaray.errors import BadInput
from causaray.nets.encoder import ChestEncoder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An encoder that nobody has trained, with a centroid of one of its two findings."""
    return save_tiny_encoder(tmp_path / "tiny-encoder")


def test_features_are_standardised_over_the_images_fitted_on_and_unlike_images_are_a_root_of_two_apart() -> None:
    torch.manual_seed(0)
    encoder = ChestEncoder(2, VIEWS, 8, dim=16).eval()
    images = torch.rand(200, 1, 64, 64) * torch.rand(200, 1, 1, 1)
    with torch.no_grad():
        encoder.fit(encoder.raw(images), encoder.guide(images).mean(1))
        features = encoder(images)
        assert encoder.likeness(images).mean(0).abs().max() < 1e-4
    torch.testing.assert_close(features.mean(0), torch.zeros(16), atol=1e-4, rtol=0)
    assert torch.pdist(features).square().mean().item() == pytest.approx(2, rel=0.02)


def test_references_are_read_back_with_their_centroids(folder: Path) -> None:
    references = References.load(folder)
    assert references.names == ("Pneumothorax",)
    assert references.counts == {"Pneumothorax": 5}
    pull = shipped_pull(folder, "gradient")
    assert set(pull.centroids) == {"Pneumothorax"} and pull.encoder_name == "tiny-encoder"
    assert references(torch.rand(3, 1, 128, 128)).shape == (3, 16), "of any size"
    assert not references.unlike(torch.rand(2, 1, 64, 64), "Edema"), "nobody knows"


def test_what_cannot_pull_is_said_in_a_sentence(folder: Path) -> None:
    with pytest.raises(BadInput, match="No references of Hernia come along"):
        References.load(folder).centroid("Hernia")
    with pytest.raises(BadInput, match="no engine magic; known are gradient, search"):
        shipped_pull(folder, "magic")


def test_any_image_model_of_transformers_is_an_encoder(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=32, patch_size=8
    )
    model = transformers.ViTModel(config).eval()
    model.save_pretrained(tmp_path / "vit")
    said = {"image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.2, 0.2]}
    (tmp_path / "vit" / "preprocessor_config.json").write_text(json.dumps(said))
    images = torch.rand(2, 1, 32, 32)
    made = TransformersEncoder(tmp_path / "vit")(images)
    mean = torch.tensor(said["image_mean"]).view(1, 3, 1, 1)
    with torch.no_grad():
        pooled = model(pixel_values=(images.expand(-1, 3, -1, -1) - mean) / 0.2).pooler_output
    torch.testing.assert_close(made, pooled / pooled.norm(dim=1, keepdim=True), atol=1e-5, rtol=1e-4)
    with pytest.raises(BadInput, match="holds no image model"):
        TransformersEncoder(tmp_path)
