from pathlib import Path

import pytest
import torch
from woken import woken

from causaray.editors.edit import EditRequest
from causaray.errors import BadInput
from causaray.finding import Finding
from causaray.findings import parse_prompt
from causaray.nets.autoencoder import Shape
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, Config, EditorNet
from causaray.systems.causal_disentanglement.regions import region

NAMES = ("Pneumonia", "Edema", "Pleural Effusion")


@pytest.fixture(scope="module")
def editor() -> CausalDisentanglementEditor:
    """An untrained editor whose zero-initialised parts are woken up, so that every path has an effect."""
    torch.manual_seed(0)
    config = Config("tiny", NAMES, Shape(64, 4, 8, 16, 1, 1, 32, 4), 32, 1, steps=3)
    net = woken(EditorNet(config))
    return CausalDisentanglementEditor(net, config)


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand((3, 1, 64, 64), generator=torch.Generator().manual_seed(1))


def test_strength_zero_gives_the_images_back_bit_for_bit(
    editor: CausalDisentanglementEditor, images: torch.Tensor
) -> None:
    edit = editor.edit(images, EditRequest(parse_prompt("pneumonia"), strength=0))
    assert torch.equal(edit.counterfactual, images)
    assert torch.equal(edit.reconstruction, editor.reconstruct(images))


def test_an_edit_changes_something_and_follows_its_seed(
    editor: CausalDisentanglementEditor, images: torch.Tensor
) -> None:
    request = parse_prompt("pneumonia")
    first = editor.edit(images, EditRequest(request, seed=3))
    assert not torch.equal(first.counterfactual, images)
    assert torch.equal(first.counterfactual, editor.edit(images, EditRequest(request, seed=3)).counterfactual)
    assert not torch.equal(first.counterfactual, editor.edit(images, EditRequest(request, seed=4)).counterfactual)


def test_a_batch_gives_what_single_edits_give(editor: CausalDisentanglementEditor, images: torch.Tensor) -> None:
    request = parse_prompt("edema and no pneumonia")
    together = editor.edit(images, EditRequest(request)).counterfactual
    alone = torch.cat([editor.edit(x[None], EditRequest(request)).counterfactual for x in images])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_severity_scales_the_change(editor: CausalDisentanglementEditor, images: torch.Tensor) -> None:
    change = {}
    for word in ("mild", "moderate", "severe"):
        edit = editor.edit(images, EditRequest(parse_prompt(f"{word} edema")))
        change[word] = (edit.counterfactual - images).abs().mean()
    assert change["mild"] < change["moderate"] < change["severe"]


def test_side_confines_the_request_to_its_half_of_the_map() -> None:
    left = region(Finding("Pleural Effusion", side="left"), 8)[0, 0]
    right = region(Finding("Pleural Effusion", side="right"), 8)[0, 0]
    assert left[:, 7].min() > 0.95 > 0.05 > left[:, 0].max(), "the patient's left is the image's right"
    torch.testing.assert_close(left + right, torch.ones(8, 8))
    assert region(Finding("Edema"), 8).min() == 1
    basal = region(Finding("Atelectasis", location="basal"), 8)[0, 0]
    assert basal[7].min() > 0.95 > 0.05 > basal[0].max()


def test_save_and_load_give_the_same_edit_and_a_digest(
    editor: CausalDisentanglementEditor, images: torch.Tensor, tmp_path: Path
) -> None:
    editor.save(tmp_path / "w")
    again = CausalDisentanglementEditor.load(tmp_path / "w")
    request = parse_prompt("no pleural effusion")
    assert torch.equal(
        again.edit(images, EditRequest(request)).counterfactual,
        editor.edit(images, EditRequest(request)).counterfactual,
    )
    assert len(again.digest) == 64


def test_generate_keeps_to_the_seed(editor: CausalDisentanglementEditor, images: torch.Tensor) -> None:
    made = editor.generate(parse_prompt("edema"), 3, seed=1, identity=images[:1])
    assert made.shape == (3, 1, 64, 64)
    assert not torch.equal(made[0], made[1])
    assert torch.equal(made, editor.generate(parse_prompt("edema"), 3, seed=1, identity=images[:1]))


@pytest.mark.parametrize(
    ("prompt", "strength", "says"),
    [("fracture", 0.7, "not trained on Fracture"), ("edema", 1.5, "outside 0"), ("possible edema", 0.7, "no finding")],
)
def test_bad_requests(
    editor: CausalDisentanglementEditor, images: torch.Tensor, prompt: str, strength: float, says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        editor.edit(images, EditRequest(parse_prompt(prompt), strength=strength))


def test_a_folder_that_holds_no_editor_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"config\.json"):
        CausalDisentanglementEditor.load(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"no")
    with pytest.raises(BadInput, match="is needed"):
        CausalDisentanglementEditor.load(tmp_path)


def test_a_negative_prompt_takes_the_place_of_the_opposite(
    editor: CausalDisentanglementEditor, images: torch.Tensor
) -> None:
    request = parse_prompt("pneumonia")
    own = editor.edit(images, EditRequest(request)).counterfactual
    opposite = editor.edit(images, EditRequest(request, negative=parse_prompt("no pneumonia"))).counterfactual
    assert torch.equal(own, opposite)
    other = editor.edit(images, EditRequest(request, negative=parse_prompt("edema"))).counterfactual
    assert not torch.equal(own, other)
    unguided = [
        editor.edit(images, EditRequest(request, guidance=1.0, negative=parse_prompt(p))).counterfactual
        for p in ("edema", "effusion")
    ]
    torch.testing.assert_close(*unguided, atol=1e-6, rtol=0)
    with pytest.raises(BadInput, match="not trained on Fracture"):
        editor.edit(images, EditRequest(request, negative=parse_prompt("fracture")))


def test_whoever_may_read_the_folder_may_read_the_weights(editor: CausalDisentanglementEditor, tmp_path: Path) -> None:
    editor.save(tmp_path / "w")
    assert len({path.stat().st_mode for path in (tmp_path / "w").iterdir()}) == 1, "as config.json, so the numbers"
