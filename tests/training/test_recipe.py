from pathlib import Path

import pytest
import torch

from causaray.anatomy.coordinates import SHEETS
from causaray.errors import BadInput
from causaray.systems.causal_disentanglement.editor import EditorNet, patient_maps
from causaray.systems.causal_disentanglement.training.train import configure
from causaray.training.recipe import Recipe, claim, load_recipe, recipes


@pytest.mark.parametrize("name", ["cxr-64", "cxr-128", "cxr-256", "paper-256"])
def test_every_recipe_that_ships_is_valid(name: str) -> None:
    assert load_recipe(name).name == name == recipes()[name].stem


@pytest.mark.parametrize("name", ["cxr-64", "cxr-128", "cxr-256", "paper-256"])
def test_every_recipe_builds_nets_that_fit_together(name: str) -> None:
    plan = load_recipe(name)
    config = configure(plan, ("Edema", "Pneumonia"))
    net, k = EditorNet(config).eval(), plan.latent.pathology_channels
    with torch.no_grad():
        identity, pathology = net.autoencoder.encode(torch.rand(1, 1, plan.size, plan.size))
        image = net.autoencoder.decode(identity.mean, pathology.mean)
        maps, patient = pathology.mean[:, :1], list[torch.Tensor]()
        if plan.groups:
            place = torch.zeros(1, len(SHEETS), *maps.shape[2:])
            patient = [patient_maps(net, torch.cat([identity.mean, place], 1), pathology.mean)]
        noise = net.denoiser(maps, torch.rand(1), *patient, torch.zeros(1, len(config.columns)))
    assert image.shape == (1, 1, plan.size, plan.size)
    assert identity.mean.shape == (1, plan.latent.channels - k, plan.size // 4, plan.size // 4)
    assert noise.shape == maps.shape == (1, 1, plan.latent.pathology_size, plan.latent.pathology_size)
    assert pathology.mean.shape[1] == (2 if plan.groups else 1)
    assert (k, len(config.columns)) == ((4, 8) if name == "cxr-128" else (1, 2))


def test_the_papers_figures() -> None:
    plan = load_recipe("paper-256")
    weights = plan.stage1.weights
    assert (plan.latent.channels, plan.latent.transformer_layers, plan.size) == (4, 4, 256)
    assert (weights.kl_identity, weights.kl_pathology, weights.classify, weights.ssim) == (0.1, 0.1, 5, 0.01)
    assert (weights.identity, weights.pathology, plan.stage1.lr, plan.stage1.batch) == (1.0, 2.5, 1e-4, 128)
    assert plan.stage1.swap_every == 5
    assert plan.stage1.steps == -(-473_057 * 100 // 128)


def test_every_field_is_documented() -> None:
    def undocumented(model: type) -> list[str]:
        fields = model.model_fields.items()
        nested = [n for _, f in fields if hasattr(f.annotation, "model_fields") for n in undocumented(f.annotation)]
        plain = [k for k, f in fields if not hasattr(f.annotation, "model_fields") and not f.description]
        return nested + plain

    assert undocumented(Recipe) == []


def test_a_wrong_value_is_named(tmp_path: Path) -> None:
    text = recipes()["cxr-64"].read_text()
    (tmp_path / "a.yaml").write_text(text.replace("size: 64", "size: 65", 1))
    with pytest.raises(BadInput, match="size"):
        load_recipe(tmp_path / "a.yaml")
    (tmp_path / "b.yaml").write_text(text + "\nspeed: 3\n")
    with pytest.raises(BadInput, match="speed"):
        load_recipe(tmp_path / "b.yaml")
    with pytest.raises(BadInput, match="cxr-128"):
        load_recipe("cxr-999")


def test_a_folder_of_another_recipe_is_not_gone_on_with(tmp_path: Path) -> None:
    plan = load_recipe("ablation-64")
    claim(tmp_path / "out", plan)
    claim(tmp_path / "out", plan.model_copy(update={"about": "The same, said better."}))
    other = plan.model_copy(update={"stage1": plan.stage1.model_copy(update={"swap_every": 9})})
    with pytest.raises(BadInput, match=r"stage1\.swap_every is 2 there and 9 here; choose another folder"):
        claim(tmp_path / "out", other)
