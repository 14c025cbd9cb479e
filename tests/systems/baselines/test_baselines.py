from pathlib import Path

import pytest
import torch
from woken import woken

from causaray.editors.edit import EditRequest
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.evaluation.edits.by_editor import EditorCandidate, Settings
from causaray.experiments.cost import counted
from causaray.findings import parse_prompt
from causaray.nets.autoencoder import Shape
from causaray.nets.ladder import Ladder, LadderShape
from causaray.systems.baselines import conditional_vae
from causaray.systems.baselines.conditional_vae import DEVIATION, VariationalEditor, negative_elbo
from causaray.systems.baselines.latent_diffusion import STEPS, LatentDiffusion, LatentDiffusionEditor
from causaray.systems.causal_disentanglement.editor import CausalDisentanglementEditor, Config

NAMES = ("Pneumonia", "Edema")
Baseline = LatentDiffusionEditor | VariationalEditor


def awake(net: torch.nn.Module) -> torch.nn.Module:
    """What starts at zero is woken up, so that every path has an effect."""
    torch.manual_seed(0)
    return woken(net).eval()


@pytest.fixture(scope="module", params=["flat", "hierarchical", "latent-diffusion"])
def editor(request: pytest.FixtureRequest) -> Baseline:
    if request.param == "latent-diffusion":
        config = Config("plain", NAMES, Shape(64, 4, 16, 16, 1, 0, 32, 4), 32, 1)
        return LatentDiffusionEditor(awake(LatentDiffusion(config)), config)  # type: ignore[arg-type]
    shape = LadderShape(64, (4,) if request.param == "flat" else (4, 8, 16), 4, 16)
    return VariationalEditor(awake(Ladder(shape, 2)), conditional_vae.Config("ladder", NAMES, shape))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    return torch.rand((3, 1, 64, 64), generator=torch.Generator().manual_seed(1))


def test_a_baseline_is_loaded_as_what_it_was_saved_as(editor: Baseline, images: torch.Tensor, tmp_path: Path) -> None:
    editor.save(tmp_path / "w", cohorts=[])
    loaded = EditorSpec.of(tmp_path / "w").open("cpu")
    request = parse_prompt("pneumonia")
    assert type(loaded) is type(editor) and loaded.names == NAMES and loaded.size == 64
    assert torch.equal(
        loaded.edit(images, EditRequest(request)).counterfactual,
        editor.edit(images, EditRequest(request)).counterfactual,
    )


def test_a_baseline_edits_what_it_is_asked_and_nothing_at_strength_zero(editor: Baseline, images: torch.Tensor) -> None:
    ill, well = (
        editor.edit(images, EditRequest(parse_prompt(prompt))).counterfactual for prompt in ("edema", "no edema")
    )
    assert not torch.equal(ill, well)
    assert torch.equal(editor.edit(images, EditRequest(parse_prompt("edema"), strength=0)).counterfactual, images)
    with pytest.raises(BadInput, match="not trained on Hernia"):
        editor.edit(images, EditRequest(parse_prompt("hernia")))


def test_settings_of_system_1_are_refused_for_a_baseline(editor: Baseline, tmp_path: Path) -> None:
    editor.save(tmp_path / "w")
    spec = EditorSpec.of(tmp_path / "w")
    with pytest.raises(BadInput, match=r"(ladder|plain) takes no steps"):
        EditorCandidate.open(spec, Settings(steps=8), "cpu")
    assert not isinstance(EditorCandidate.open(spec, Settings(), "cpu").editor, CausalDisentanglementEditor)


def test_text_to_image_keeps_next_to_nothing_of_the_patient_and_a_weak_edit_most() -> None:
    config = Config("plain", NAMES, Shape(64, 4, 16, 16, 1, 0, 32, 4), 32, 1)
    editor = LatentDiffusionEditor(awake(LatentDiffusion(config)), config)  # type: ignore[arg-type]
    two = torch.rand((2, 1, 64, 64), generator=torch.Generator().manual_seed(2))
    editor.net.scale.fit(editor.net.encode(two))

    def apart(strength: float) -> float:
        return float(
            (editor.edit(two, EditRequest(parse_prompt("edema"), strength=strength)).counterfactual - two).abs().mean()
        )

    latent = editor.net.encode(two)
    assert latent.shape == (2, 4, 16, 16)
    assert apart(0.05) < apart(1.0)
    with counted(editor.denoiser) as calls:
        apart(1.0)
    assert calls.rows == 2 * 2 * STEPS  # images, under the request and under its opposite


def test_the_noise_that_was_abducted_gives_the_reconstruction_back() -> None:
    ladder = awake(Ladder(LadderShape(64, (4, 8, 16), 4, 16), 2))
    x, told = torch.rand(2, 1, 64, 64), torch.tensor([[1.0, 0.0], [-1.0, 1.0]])
    reconstruction, noise = ladder.abduct(x, told)  # type: ignore[operator]
    assert [u.shape for u in noise] == [(2, 4, r, r) for r in (4, 8, 16)]
    torch.testing.assert_close(ladder.predict(noise, told), reconstruction)  # type: ignore[operator]
    assert not torch.allclose(ladder.predict(noise, -told), reconstruction, atol=1e-4)  # type: ignore[operator]


def test_what_is_known_of_a_patient_stands_unless_it_is_asked_for() -> None:
    shape = LadderShape(64, (4,), 4, 16)
    net = awake(Ladder(shape, 2))
    editor = VariationalEditor(net, conditional_vae.Config("ladder", NAMES, shape))  # type: ignore[arg-type]
    x, known = torch.rand(2, 1, 64, 64), torch.tensor([[1.0, 0.0], [torch.nan, 1.0]])
    before, noise = net.abduct(x, torch.tensor([[1.0, -1.0], [0.0, 1.0]]))  # type: ignore[operator]
    after = net.predict(noise, torch.tensor([[1.0, 1.0], [0.0, 1.0]]))  # type: ignore[operator]
    found = editor.edit(x, EditRequest(parse_prompt("edema"), known=known))
    torch.testing.assert_close(found.counterfactual, (x + after - before).clamp(0, 1))
    torch.testing.assert_close(found.counterfactual[1], x[1])  # has it already


def test_the_elbo_is_that_of_a_gaussian_of_known_deviation() -> None:
    """- log p(x | u) + KL, less its constant, is (squared error + what is added) times pixels / (2 deviation^2)."""
    ladder, x, told = awake(Ladder(LadderShape(64, (4,), 3, 16), 2)), torch.rand(2, 1, 64, 64), torch.zeros(2, 2)
    torch.manual_seed(5)
    found = negative_elbo(x, *ladder(x, told))
    torch.manual_seed(5)
    reconstruction, (posterior,) = ladder(x, told)
    q = torch.distributions.Normal(posterior.mean, (0.5 * posterior.logvar).exp())
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0, 1)).sum() / 2
    likelihood = torch.distributions.Normal(reconstruction, DEVIATION).log_prob(x).sum() / 2
    constant = torch.distributions.Normal(0.0, DEVIATION).log_prob(torch.tensor(0.0)) * x[0].numel()
    expected = (kl - likelihood + constant) * 2 * DEVIATION**2 / x[0].numel()
    torch.testing.assert_close(found["pixel"] + found["kl"], expected, rtol=1e-4, atol=1e-7)
