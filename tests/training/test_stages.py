import json
from pathlib import Path

import pytest
import torch
import yaml
from tiny_recipe import RECIPE, TINY

from causaray.cohorts.phantom import prepare_phantom
from causaray.editors.edit import EditRequest
from causaray.findings import parse_prompt
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor
from causaray.systems.causal_disentanglement.training.train import train
from causaray.training import loop
from causaray.training.loop import cosine

WHOLE = {**RECIPE, "stage3": {**TINY, "swap_every": 1, "sampling_steps": 2, "weights": {"adversarial": 0.1}}}


def test_all_stages_run_in_turn_and_leave_an_editor_and_what_is_needed_to_resume(tmp_path: Path) -> None:
    prepare_phantom(tmp_path / "phantom", 240, size=64)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(WHOLE))
    folder = train(tmp_path / "tiny.yaml", [tmp_path / "phantom"], tmp_path / "out", device="cpu")
    assert {path.name for path in folder.parent.iterdir()} >= {"guide.pt", "stage1.pt", "stage2.pt", "stage3.pt"}
    assert json.loads((folder / "config.json").read_text())["recipe"]["stage3"]["sampling_steps"] == 2
    editor = CausalDisentanglementEditor.load(folder)
    image = torch.rand(1, 1, 64, 64)
    assert (
        editor.edit(image, EditRequest(parse_prompt("severe left pleural effusion"))).counterfactual.shape
        == image.shape
    )


@pytest.mark.parametrize("stopped_at", [1, 4, 7, 10], ids=["guide", "stage 1", "stage 2", "stage 3"])
def test_a_killed_training_resumes_to_the_same_weights(tmp_path: Path, stopped_at: int, monkeypatch) -> None:
    """Killed in the second of two steps: a rate is set for each optimiser, of which guide and stage 2 have one."""
    prepare_phantom(tmp_path / "phantom", 240, size=64)
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(WHOLE))

    def trained(out: str) -> dict[str, torch.Tensor]:
        folder = train(tmp_path / "tiny.yaml", [tmp_path / "phantom"], tmp_path / out, device="cpu")
        return CausalDisentanglementEditor.load(folder).net.state_dict()

    whole, calls = trained("whole"), iter(range(99))

    def killing(i: int, steps: int) -> float:
        if next(calls) == stopped_at:
            raise KeyboardInterrupt
        return cosine(i, steps)

    monkeypatch.setattr(loop, "cosine", killing)
    with pytest.raises(KeyboardInterrupt):
        trained("parts")
    resumed = trained("parts")
    assert all(torch.equal(resumed[key], value) for key, value in whole.items())


def test_stage_3_leaves_what_encodes_pathology_and_so_the_prior_as_they_were(tmp_path: Path) -> None:
    prepare_phantom(tmp_path / "phantom", 240, size=64)
    made = {}
    for name, stage3 in {"with": WHOLE["stage3"], "without": None}.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({**WHOLE, "stage3": stage3}))
        folder = train(tmp_path / f"{name}.yaml", [tmp_path / "phantom"], tmp_path / name, device="cpu")
        made[name] = CausalDisentanglementEditor.load(folder).net.state_dict()
    changed = {key for key, value in made["with"].items() if not torch.equal(value, made["without"][key])}
    assert any(key.startswith("autoencoder.decoder") for key in changed)
    assert not any(key.startswith(("autoencoder.encoder.pathology", "denoiser", "pathology_scale")) for key in changed)
