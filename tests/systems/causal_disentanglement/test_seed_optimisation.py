"""Long-tail optimisation on an editor with opinions: L_P falls, and the noise alone is what changes."""

import pytest
import torch
from torch import Tensor
from woken import woken

from causaray.editors.edit import EditRequest
from causaray.findings import parse_prompt
from causaray.nets.autoencoder import Shape
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, Config, EditorNet
from causaray.systems.causal_disentanglement.seed_optimisation import (
    ENGINES,
    FALL,
    PATIENCE,
    Best,
    Objective,
    ReferenceGuidance,
    centroid,
    gradient,
    on_the_shell,
    search,
)  # fmt: skip

REQUEST = parse_prompt("pneumonia")


@pytest.fixture(scope="module")
def editor() -> CausalDisentanglementEditor:
    torch.manual_seed(0)
    config = Config("tiny", ("Pneumonia", "Edema"), Shape(64, 4, 8, 16, 1, 1, 32, 4), 32, 1, steps=2)
    net = woken(EditorNet(config), 0.2)
    return CausalDisentanglementEditor(net, config)


@pytest.fixture(scope="module")
def objective(editor: CausalDisentanglementEditor) -> Objective:
    images = torch.rand((2, 1, 64, 64), generator=torch.Generator().manual_seed(1))
    return Objective(editor, encode, centroid(encode, images.flip(0).roll(9, 3)), images, REQUEST)


def encode(images: Tensor) -> Tensor:
    return torch.nn.functional.adaptive_avg_pool2d(images, 8).flatten(1)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_l_p_falls_and_what_is_found_makes_it_again(engine, objective: Objective) -> None:
    noise = objective.editor.noise(0, 1).expand(2, -1, -1, -1)
    weights = {k: v.clone() for k, v in objective.editor.net.state_dict().items()}
    found = engine(objective, noise)
    assert (found.loss < found.before).all()
    assert found.history == sorted(found.history, reverse=True)
    with torch.no_grad():
        torch.testing.assert_close(objective(found.noise), found.loss)
        torch.testing.assert_close(objective(noise), found.before)
    assert all(torch.equal(weights[k], v) for k, v in objective.editor.net.state_dict().items()), "weights stay"
    made = objective.editor.edit(objective.images, EditRequest(REQUEST, noise=found.noise)).counterfactual
    with torch.no_grad():
        torch.testing.assert_close(made, objective.counterfactual(found.noise))


@pytest.mark.parametrize("engine", [gradient, search])
def test_an_image_is_optimised_as_it_would_be_alone(engine, objective: Objective) -> None:
    noise = objective.editor.noise(0, 1)
    together = engine(objective, noise.expand(2, -1, -1, -1))
    alone = engine(Objective(objective.editor, encode, objective.centroid, objective.images[1:], REQUEST), noise)
    torch.testing.assert_close(together.loss[1:], alone.loss, rtol=1e-3, atol=0)


def test_the_gradient_is_that_of_finite_differences(objective: Objective) -> None:
    """Through the few steps of the sampler, the decoder and the encoder, in double precision."""
    at = objective.editor.noise(3, 2).requires_grad_(True)
    objective(at).sum().backward()
    along, step = torch.randn(at.shape, generator=torch.Generator().manual_seed(4)), 2e-2
    with torch.no_grad():
        slope = (objective(at + step * along) - objective(at - step * along)).sum() / (2 * step)
    assert at.grad is not None
    assert (at.grad * along).sum().item() == pytest.approx(slope.item(), rel=0.05)


def test_noise_stays_as_long_as_gaussian_noise_is() -> None:
    assert on_the_shell(3 * torch.randn(4, 1, 8, 8)).flatten(1).norm(dim=1).tolist() == pytest.approx([8.0] * 4)


def test_an_image_ends_when_its_l_p_has_not_fallen_for_five_iterations() -> None:
    best, noise = Best(torch.zeros(2, 1, 8, 8)), torch.zeros(2, 1, 8, 8)
    for i in range(PATIENCE + 1):
        assert not best.stalled().any()
        best.offer(noise + i, torch.tensor([1.0, 1.0 - 2 * FALL * i]))
    assert best.stalled().tolist() == [True, False]
    best.offer(noise + 99, torch.tensor([0.1, 0.1]))
    assert best.history[-1].tolist() == pytest.approx([1.0, 0.1]), "what has ended stays as it is"
    assert best.noise[:, 0, 0, 0].tolist() == [0.0, 99.0]


def test_only_one_finding_asked_to_be_present_pulls(objective: Objective) -> None:
    pull = ReferenceGuidance(encode, {"Pneumonia": objective.centroid}, search, "search")
    found = pull.noise(objective.editor, objective.images, REQUEST, objective.editor.noise(0, 1), 0.7)
    assert found is not None and (found.loss < found.before).all()
    start = objective.editor.noise(0, 1)
    for prompt in ("no pneumonia", "pneumonia and edema", "edema"):
        assert pull.noise(objective.editor, objective.images, parse_prompt(prompt), start, 0.7) is None
    assert pull.noise(objective.editor, objective.images, REQUEST, start, 0.0) is None
