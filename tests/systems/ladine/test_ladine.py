"""LaDiNE: its diffusion against closed forms, its label spaces, aggregation, training and weights."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import yaml

from causaray.app.cli import main
from causaray.app.verbs.classify import classify
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.evaluation.audit.opening import open_classifier
from causaray.imagefiles import write_png
from causaray.nets.vision_transformer import VisionTransformer
from causaray.scan import Scan
from causaray.systems.ladine import train as training
from causaray.systems.ladine.aggregation import best_temperature, bilevel, uncertainty
from causaray.systems.ladine.classifier import load
from causaray.systems.ladine.label_diffusion import ALPHA_BAR, STEPS, alpha_bars, ancestral, ddim, diffuse
from causaray.systems.ladine.label_space import SPACES, tempered
from causaray.systems.ladine.ladine import Ladine, Seen
from causaray.systems.ladine.rows import Row, looks, plain

RECIPE = {
    "name": "mine", "method": "ladine", "label": "Pleural Effusion", "size": 32, "depth": 2, "blocks": [1, 2],
    "label_space": "logits", "samples": 4, "sampling_steps": 3, "views": 1, "fewest": 4,
    **{stage: {"steps": 2, "batch": 6, "lr": 1e-3} for stage in ("vit", "guides", "members")},
}  # fmt: skip


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# ---- The diffusion of a label -----------------------------------------------------------------------------------


def test_the_schedule_is_the_papers() -> None:
    betas = 1 - alpha_bars(1000)[1:] / alpha_bars(1000)[:-1]
    assert len(ALPHA_BAR) == STEPS + 1 and ALPHA_BAR[0] == 1
    assert betas[0] == pytest.approx(1e-4, rel=1e-2) and betas[-1] == pytest.approx(0.02, rel=1e-4)


@pytest.mark.parametrize("t", [1, 300, 1000])
def test_mean_and_variance_of_the_forward_process(t: int) -> None:
    """By one step after another, y_t = sqrt(alpha_t) y_{t-1} + (1 - sqrt(alpha_t)) y_hat + sqrt(beta_t) eps."""
    y_0, y_hat = torch.tensor([0.001, 0.999]), torch.tensor([0.3, 0.7])
    mean, variance = y_0.double(), 0.0
    for alpha in ALPHA_BAR[1 : t + 1].double() / ALPHA_BAR[:t].double():
        mean, variance = alpha.sqrt() * mean + (1 - alpha.sqrt()) * y_hat, alpha * variance + 1 - alpha
    drawn = diffuse(y_0, y_hat, torch.randn(50_000, 2, generator=rng()), ALPHA_BAR[t])
    torch.testing.assert_close(drawn.mean(0).double(), mean, atol=0.02, rtol=0)
    torch.testing.assert_close(drawn.var(0).double(), torch.full((2,), float(variance)).double(), atol=0.01, rtol=0.03)


def test_without_steps_and_noise_the_guide_is_returned() -> None:
    y_hat = torch.rand(5, 2, generator=rng())

    def never(y: torch.Tensor, t: int) -> torch.Tensor:
        raise AssertionError

    assert torch.equal(ddim(never, y_hat, torch.zeros(3, 5, 2), steps=0), y_hat.expand(3, 5, 2))
    noise = torch.randn(20_000, 5, 2, generator=rng())
    torch.testing.assert_close(ddim(never, y_hat, noise, steps=0).mean(0), y_hat, atol=0.03, rtol=0)


@pytest.mark.parametrize("steps", [1, 20])
def test_the_best_denoiser_of_one_label_brings_every_chain_back_to_it(steps: int) -> None:
    y_0, y_hat = torch.tensor([[0.999, 0.001]]), torch.tensor([[0.2, 0.8]])

    def best(y: torch.Tensor, t: int) -> torch.Tensor:
        root = ALPHA_BAR[t].sqrt()
        return (y - root * y_0 - (1 - root) * y_hat) / (1 - ALPHA_BAR[t]).sqrt()

    noise = torch.randn(50, 1, 2, generator=rng())
    torch.testing.assert_close(ddim(best, y_hat, noise, steps), y_0.expand(50, 1, 2), atol=2e-3, rtol=0)
    if steps == 20:
        made = ancestral(best, y_hat, lambda: torch.randn(50, 1, 2, generator=rng(1)))
        torch.testing.assert_close(made, y_0.expand(50, 1, 2), atol=2e-3, rtol=0)


def test_ancestral_sampling_and_ddim_draw_a_normal_label_alike() -> None:
    """Of y_0 ~ N(y_hat + m, s^2) the best denoiser is linear, and every sampler has to give that law back."""
    m, s = 0.8, 0.3

    def best(y: torch.Tensor, t: int) -> torch.Tensor:
        ab = ALPHA_BAR[t]
        return (1 - ab).sqrt() * (y - ab.sqrt() * m) / (ab * s**2 + 1 - ab)

    y_hat, own = torch.zeros(1, 2), rng(2)
    for made in (
        ddim(best, y_hat, torch.randn(4000, 1, 2, generator=own), 50),
        ancestral(best, y_hat, lambda: torch.randn(4000, 1, 2, generator=own)),
    ):
        assert made.mean().item() == pytest.approx(m, abs=0.03) and made.std().item() == pytest.approx(s, abs=0.03)


# ---- Label spaces and aggregation --------------------------------------------------------------------------------


def test_logits_stay_on_the_simplex_and_labels_of_the_paper_do_not() -> None:
    noise = 3 * torch.randn(2, 10, 7, 2, generator=rng())
    one_hot = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    for name, space in SPACES.items():
        y = space.place(one_hot[torch.tensor([0, 1, 0, 1, 1, 0, 0])]) + noise
        inside = ((y >= 0) & (y <= 1)).all() and torch.allclose(y.sum(-1), torch.ones(()))
        assert not inside, "noise takes any label out"
        read = space.read(y, 0.3)
        assert read.min() >= 0 and torch.allclose(read.sum(-1), torch.ones(())), name
    u = SPACES["logits"].place(torch.tensor([0.25, 0.75]))
    assert u.sum().item() == pytest.approx(0, abs=1e-6), "centred"
    torch.testing.assert_close(SPACES["logits"].read(u, 1.0), torch.tensor([0.25, 0.75]), atol=1e-3, rtol=0)
    y = torch.tensor([0.1, 0.9])
    expected = np.exp([-(0.9**2) / 0.5, -(0.1**2) / 0.5])
    assert SPACES["simplex"].read(y, 0.5).numpy() == pytest.approx(expected / expected.sum())


def test_two_levels_of_aggregation_by_hand() -> None:
    present = torch.tensor([[0.2, 0.4], [0.9, 0.9]])[..., None]  # 2 members, 2 samples, 1 image
    drawn = torch.stack([1 - present, present], -1)
    assert bilevel(drawn)[0].tolist() == pytest.approx([0.4, 0.6])
    found = uncertainty(drawn)
    assert found.variance.item() == pytest.approx(np.var([0.2, 0.4, 0.9, 0.9]))
    low, high = np.quantile([0.2, 0.4, 0.9, 0.9], [0.025, 0.975])
    assert found.width.item() == pytest.approx(high - low, abs=1e-6)


def test_the_temperature_is_the_likeliest() -> None:
    honest = torch.rand(20_000, generator=rng()).double() * 0.9 + 0.05
    labels = (torch.rand(20_000, generator=rng(1)) < honest).numpy().astype(float)
    two = torch.stack([1 - honest, honest], 1)
    assert best_temperature(lambda t: tempered(tempered(two, 1 / 3), t), labels) == pytest.approx(3, rel=0.1)


# ---- The net ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def net() -> Ladine:
    torch.manual_seed(0)
    return Ladine(VisionTransformer(1, 32, depth=2), (1, 2), samples=6, sampling_steps=4).eval()


def test_an_image_has_one_answer_whatever_it_is_asked_with(net: Ladine) -> None:
    images = torch.rand(3, 1, 40, 40, generator=rng())
    with torch.no_grad():
        together, alone = net(images), net(images[1:2])
        probability, spread = net.answer(images)
    assert together.shape == (3, 1) and together.min() > 0 and together.max() < 1
    torch.testing.assert_close(together[1:2], alone)
    torch.testing.assert_close(probability, together[:, 0])
    assert (spread.width > 0).all() and (spread.variance > 0).all()


def test_noise_of_ones_own_is_new_each_time_and_gradients_reach_the_image(net: Ladine) -> None:
    images, own = torch.rand(2, 1, 32, 32, generator=rng()).requires_grad_(), rng(5)
    first, again = (net.labels(net.see(net.vit.tokens(images)), own) for _ in range(2))
    assert not torch.equal(first, again)
    (gradient,) = torch.autograd.grad(first[..., 1].sum(), images)
    assert gradient.abs().sum() > 0


def test_the_last_block_is_read_by_the_transformers_own_head(net: Ladine) -> None:
    images = torch.rand(2, 1, 32, 32, generator=rng())
    with torch.no_grad():
        seen = net.see(net.vit.tokens(images))
        torch.testing.assert_close(seen.logits[1], net.vit(images)[:, 0])
    assert list(net.guides) == ["1"]


@pytest.mark.parametrize("space", ["simplex", "logits"])
def test_a_guide_that_is_never_wrong_stays_so(space: str, tmp_path: Path) -> None:
    """A denoiser trained on perfect guides, whatever its features, leaves the accuracy at 1."""
    torch.manual_seed(0)
    net = Ladine(VisionTransformer(1, 32, depth=2), (2,), space, samples=10)  # type: ignore[arg-type]
    labels = np.tile([0.0, 1.0], 60)
    seen = Seen(torch.from_numpy(12 * labels - 6).float()[None], torch.randn(1, 120, 64, generator=rng()))
    plan = SimpleNamespace(seed=0, members=SimpleNamespace(steps=200, batch=16, lr=5e-3))
    training.trained_members(net, seen, labels, plan, tmp_path, "members")  # type: ignore[arg-type]
    with torch.no_grad():
        said = net.aggregated(net.labels(seen), 0.5)
    assert ((said[:, 1] > 0.5).numpy() == labels).all()


# ---- Training, weights, audit ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom") / "phantom"
    prepare_phantom(folder, 90, size=64, common=0.5, tail=0.0)
    return folder


@pytest.fixture(scope="module")
def weights(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("ladine")
    (here / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    assert main(["train", str(here / "recipe.yaml"), "--cohorts", str(phantoms), "--out", str(here / "out")]) == 0
    return here / "out/mine"


def test_what_is_trained_can_be_audited(weights: Path) -> None:
    config = json.loads((weights / "config.json").read_text())
    assert config["names"] == ["Pleural Effusion"] and "path" not in config["cohorts"][0]
    with open_classifier(weights, "ladine", {}) as classifier:
        said = classifier.predict(torch.rand(3, 1, 50, 50))
    assert classifier.interface.findings == ("Pleural Effusion",) and said.shape == (3, 1)
    with open_classifier(weights, "ladine", {"threshold": "0.3"}) as classifier:
        assert classifier.interface.threshold == 0.3


def test_what_is_trained_classifies_and_abstains(weights: Path, tmp_path: Path) -> None:
    write_png(Scan(torch.rand(64, 64, generator=rng()).numpy()), tmp_path / "film.png")
    report = classify(tmp_path / "film.png", weights, tmp_path / "out", coverage=0.5)
    said = report["images"][0]["findings"]["Pleural Effusion"]
    assert 0 <= said["probability"] <= 1 and said["reading"] in ("present", "absent", "abstained")
    assert report["about"]["calibrated"] and report["about"]["weights"] == "mine"


def test_weights_of_something_else_are_refused(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes((weights / "model.safetensors").read_bytes())
    config = json.loads((weights / "config.json").read_text())
    for changed, said in (({"method": "judge"}, "here ladine is needed"), ({"depth": 5}, "whole weights of method")):
        (tmp_path / "config.json").write_text(json.dumps(config | changed))
        with pytest.raises(BadInput, match=said), open_classifier(tmp_path, "ladine", {}):
            pass


def test_the_temperature_comes_from_val_alone(
    phantoms: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training in which split test does not exist gives the same weights; another val another temperature."""
    asked: list[str] = []
    inner = training.labelled

    def labelled(cohort, plan, split, most=None):  # type: ignore[no-untyped-def]
        asked.append(split)
        return inner(cohort.subset(mask=cohort.table["split"] != "test"), plan, split, most)

    monkeypatch.setattr(training, "labelled", labelled)
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE))
    again = training.train(tmp_path / "recipe.yaml", [phantoms], tmp_path / "out")
    assert asked == ["train", "val"]
    assert (again / "model.safetensors").read_bytes() == (weights / "model.safetensors").read_bytes()
    net, held = load(again)[0], []
    plan = SimpleNamespace(label="Pleural Effusion", open_only=True, fewest=1)
    val = inner(Cohort.open(phantoms), plan, "val")  # type: ignore[arg-type]
    images = torch.from_numpy(val.rows.images(np.arange(len(val.rows))))
    with torch.no_grad():
        said = net(images)[:, 0].numpy() > 0.5
    for labels in (val.labels, said.astype(float), 1.0 - said):
        training.calibrate(net, training.Labelled(val.rows, labels))
        held.append(float(net.temperature))
    assert held[0] == pytest.approx(float(load(weights)[0].temperature))
    assert held[1] < held[2], "surer where split val says that it is right"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"label": "Hernia"}, "Hernia is not both present and absent in 4 rows of split train"),
        ({"blocks": [3]}, "blocks are different numbers from 1 to 2"),
        ({"size": 36}, "size"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_a_sentence(
    changed: dict, said: str, phantoms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(RECIPE | changed))
    command = ["train", str(tmp_path / "recipe.yaml"), "--cohorts", str(phantoms), "--out", str(tmp_path / "out")]
    assert main(command) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_rows_are_calibrated_and_share_what_the_transformer_sees() -> None:
    torch.manual_seed(0)
    vit = VisionTransformer(1, 32, depth=1).eval()
    images = torch.rand(40, 1, 32, 32, generator=rng())
    row: Row = plain("ViT", vit, shared=True)
    with torch.no_grad():
        (looked,) = looks(vit, images)
        torch.testing.assert_close(row.answer(looked)[0], vit(images)[:, 0].sigmoid())
        row.calibrate(images, (vit(images)[:, 0] > 0).float().numpy(), vit)
        assert row.temperature < 0.1, "answers that are always right should be surer"
