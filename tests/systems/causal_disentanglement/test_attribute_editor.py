from pathlib import Path

import pytest
import torch
from torch import Tensor
from woken import woken

from causaray.cohorts.morphomnist.graph import intensity_noise, intensity_of
from causaray.errors import BadInput
from causaray.nets.autoencoder import Shape
from causaray.systems.causal_disentanglement.digits.attribute_editor import AttributeEditor, AttributeNet
from causaray.systems.causal_disentanglement.digits.attributes import COLUMNS
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, Config


@pytest.fixture(scope="module")
def editor() -> AttributeEditor:
    """An untrained editor whose zero-initialised parts are woken up, so that every path has an effect."""
    torch.manual_seed(0)
    config = Config("tiny", COLUMNS, Shape(32, 4, 8, 16, 1, 1, 32, 2), 32, 1, steps=2)
    net = woken(AttributeNet(config), 0.3)
    return AttributeEditor(net, config)


@pytest.fixture(scope="module")
def seen() -> dict[str, Tensor]:
    draw = torch.Generator().manual_seed(1)
    thickness = 1.5 + torch.rand((3, 1), generator=draw)
    return {
        "image": torch.rand((3, 1, 32, 32), generator=draw),
        "thickness": thickness,
        "intensity": intensity_of(thickness, torch.tensor([[0.5], [-1.0], [0.0]])),
        "digit": torch.eye(10)[[3, 1, 4]],
    }


def test_without_an_intervention_everything_comes_back(editor: AttributeEditor, seen: dict[str, Tensor]) -> None:
    back = editor.decode(**editor.encode(**seen))
    assert set(back) == set(seen)
    for name in ("thickness", "digit"):
        assert torch.equal(back[name], seen[name])
    torch.testing.assert_close(back["intensity"], seen["intensity"], rtol=0, atol=1e-3)
    torch.testing.assert_close(back["image"], seen["image"], rtol=0, atol=1e-4)
    same = editor.decode({"intensity": seen["intensity"]}, **editor.encode(**seen))
    assert torch.equal(same["image"], seen["image"])


def test_thickness_moves_intensity_through_its_mechanism_and_not_the_reverse(
    editor: AttributeEditor, seen: dict[str, Tensor]
) -> None:
    noise, thicker = editor.encode(**seen), {"thickness": seen["thickness"] + 1}
    made = editor.decode(thicker, **noise)
    assert (made["intensity"] > seen["intensity"] + 5).all()
    kept = intensity_noise(made["thickness"], made["intensity"]).float()
    torch.testing.assert_close(kept, torch.tensor([[0.5], [-1.0], [0.0]]), atol=1e-3, rtol=0)
    brighter = editor.decode({"intensity": seen["intensity"] + 20}, **noise)
    assert torch.equal(brighter["thickness"], seen["thickness"])
    both = editor.decode({**thicker, "intensity": seen["intensity"]}, **noise)
    assert torch.equal(both["intensity"], seen["intensity"])
    images = [seen["image"], made["image"], brighter["image"], both["image"]]
    apart = [(a - b).abs().max() for i, a in enumerate(images) for b in images[:i]]
    assert min(apart) > 1e-4 and all(x.min() >= 0 and x.max() <= 1 for x in images)


def test_rows_do_not_depend_on_one_another(editor: AttributeEditor, seen: dict[str, Tensor]) -> None:
    do = {"digit": torch.eye(10)[[0, 7, 9]]}
    whole = editor.decode(do, **editor.encode(**seen))["image"]
    one = editor.decode({"digit": do["digit"][1:2]}, **editor.encode(**{k: v[1:2] for k, v in seen.items()}))["image"]
    torch.testing.assert_close(one, whole[1:2], atol=1e-5, rtol=0)


def test_saved_and_loaded_it_makes_the_same_images(
    editor: AttributeEditor, seen: dict[str, Tensor], tmp_path: Path
) -> None:
    editor.save(tmp_path / "w", recipe={"seed": 3})
    again = AttributeEditor.load(tmp_path / "w")
    do = {"thickness": seen["thickness"] * 1.5}
    made, remade = (e.decode(do, **e.encode(**seen))["image"] for e in (editor, again))
    assert torch.equal(made, remade) and again.config == editor.config and len(again.digest) == 64


def test_weights_of_another_method_are_refused(editor: AttributeEditor, tmp_path: Path) -> None:
    editor.save(tmp_path)
    with pytest.raises(BadInput):
        CausalDisentanglementEditor.load(tmp_path)
    (tmp_path / "config.json").write_text('{"method": "causal-disentanglement"}')
    with pytest.raises(BadInput, match="method causal-disentanglement; here attributes"):
        AttributeEditor.load(tmp_path)
