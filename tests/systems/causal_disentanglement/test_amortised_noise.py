"""The amortised engine: it learns what the other engines search for, and is refused where it was not trained."""

from pathlib import Path

import pytest
import torch
from woken import woken

from causaray.app.verbs.distill import distill
from causaray.classifiers.encoders import METHOD, References, engine_named, shipped_pull
from causaray.cohorts.phantom import prepare_phantom
from causaray.editors.saved import save_weights
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.nets.autoencoder import Shape
from causaray.nets.encoder import ChestEncoder
from causaray.systems.causal_disentanglement.amortised_noise import Amortised, Config, propose
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, EditorNet
from causaray.systems.causal_disentanglement.editor import Config as EditorConfig
from causaray.systems.causal_disentanglement.seed_optimisation import Objective
from causaray.systems.causal_disentanglement.training import amortise
from causaray.training.recipe import load_recipe

NAMES = ("Pleural Effusion", "Edema")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Weights of an editor and of a chest encoder, untrained but with opinions."""
    torch.manual_seed(0)
    out = tmp_path_factory.mktemp("weights")
    config = EditorConfig("tiny", NAMES, Shape(64, 4, 8, 16, 1, 1, 32, 4), 32, 1, steps=2)
    net = woken(EditorNet(config), 0.2)
    recipe = load_recipe("ablation-64").model_copy(update={"graded": False, "precision": "fp32"})
    CausalDisentanglementEditor(net, config).save(out / "editor", recipe=recipe.model_dump(), cohorts=[])
    views = (("small", 32),)
    encoder = ChestEncoder(2, views, 8, dim=16).eval()
    images = torch.rand(6, 1, 64, 64)
    with torch.no_grad():
        encoder.fit(encoder.raw(images), encoder.guide(images).mean(1))
        encoder.centroids.copy_(encoder(images.flip(3))[:2] * 3)
    about = {"method": METHOD, "name": "space", "names": NAMES, "views": views, "width": 8, "dim": 16}
    save_weights(encoder, about | {"references": {}}, out / "encoder")
    return out / "editor", out / "encoder"


def test_training_makes_it_propose_better_noise_for_patients_it_has_not_seen(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amortise, "STEPS", 25)
    prepare_phantom(tmp_path / "phantom", 120, size=64)
    made = distill(folders[0], tmp_path / "phantom", tmp_path / "out", references=folders[1])
    assert made.name == "noise-tiny"
    editor, pull = CausalDisentanglementEditor.load(folders[0]), shipped_pull(folders[1], str(made))
    images = torch.rand((8, 1, 64, 64), generator=torch.Generator().manual_seed(5))
    objective = Objective(editor, pull.encoder, pull.centroids["Edema"], images, parse_prompt("edema"))
    noise = editor.noise(7, 8)
    with torch.no_grad():
        proposed = objective(propose(Amortised.load(made).net, objective, noise))
    found = pull.engine(objective, noise)
    assert proposed.mean() < found.before.mean()
    assert (found.loss <= found.before).all() and (found.loss < found.before).float().mean() > 0.6
    torch.testing.assert_close(found.noise.flatten(1).norm(dim=1), torch.full((8,), 8.0), rtol=0.3, atol=0)


def test_untrained_it_leaves_the_noise_as_it_is(folders: tuple[Path, Path]) -> None:
    editor, space = CausalDisentanglementEditor.load(folders[0]), References.load(folders[1])
    engine = Amortised(config(editor, space).net(), config(editor, space))
    images = torch.rand((2, 1, 64, 64))
    objective = Objective(editor, space, space.centroid("Edema"), images, parse_prompt("edema"))
    found = engine(objective, editor.noise(0, 2))
    torch.testing.assert_close(found.loss, found.before, rtol=1e-4, atol=0)


def test_another_editor_or_encoder_is_refused_in_a_sentence(folders: tuple[Path, Path], tmp_path: Path) -> None:
    editor, space = CausalDisentanglementEditor.load(folders[0]), References.load(folders[1])
    Amortised(config(editor, space).net(), config(editor, space)).save(tmp_path / "noise")
    engine = engine_named(str(tmp_path / "noise"))
    editor.digest = "of others"
    objective = Objective(editor, space, space.centroid("Edema"), torch.rand(1, 1, 64, 64), parse_prompt("edema"))
    with pytest.raises(BadInput, match="proposes noise for other weights"):
        engine(objective, editor.noise(0, 1))


def config(editor: CausalDisentanglementEditor, space: References) -> Config:
    return Config("noise-tiny", editor.digest, space.digest, 16, 8, 8, 2)
