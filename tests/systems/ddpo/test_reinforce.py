"""The loop on tiny priors: what it changes, what it does not, that it goes on where it stopped, and the verb."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from stable_folder import save_stable_folder
from tiny_prior import save_untrained_prior
from torch import Tensor

import causaray
from causaray.classifiers.backbones import backbone
from causaray.classifiers.calibration import Calibrated
from causaray.classifiers.judge_rows import own_rows, reward_rows
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.editors.saved import save_weights
from causaray.errors import BadInput
from causaray.priors.text_prior import load_prior
from causaray.priors.tunings import TUNINGS, Opened
from causaray.systems.ddpo import curves
from causaray.systems.ddpo import reinforce as loop
from causaray.systems.ddpo.obedience import obeyed, reward
from causaray.systems.ddpo.objective import log_ratio
from causaray.systems.ddpo.policy import Sampling, step
from causaray.systems.ddpo.prompts import Prompts, prompts_of
from causaray.systems.ddpo.recipe import DdpoRecipe
from causaray.systems.ddpo.reinforce import Learner, reinforce
from causaray.systems.ddpo.watch import Watch, diversity, parting
from causaray.training.recipe import load_plan

pytest.importorskip("diffusers", reason="priors need the extra `prior`")
pytest.importorskip("peft", reason="priors need the extra `prior`")
pytest.importorskip("matplotlib", reason="curves need the extra `research`")
PLAN = DdpoRecipe(
    name="tiny", about="", method="ddpo", steps=3, trained=1, window=1.0, epochs=2, samples=8, batch=4, updates=2,
    lr=1e-2, check=1, watched=4, part=2.0,
)  # fmt: skip
PROMPTS = Prompts(("Edema",), ("no edema", "edema"), np.array([[False], [True]]), np.array([5, 5]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_untrained_prior(tmp_path_factory.mktemp("prior") / "prior")


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data") / "phantom"
    prepare_phantom(made, 60, size=64, common=0.5, tail=0.0)
    return made


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two classifiers of edema and effusion that nobody has trained."""
    made = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        net = Calibrated(backbone("small", 2, 32), 2)
        net.shift.fill_(0.1 * seed)
        made.append(tmp_path_factory.mktemp("readers") / f"reader{seed}")
        config = {"names": ["Edema", "Pleural Effusion"], "backbone": "small", "size": 32, "name": "reader"}
        save_weights(net, {"method": "classifier", **config}, made[-1])
    return made


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where pictures of curves were asked for: one takes as long as a tiny epoch, so that they are not drawn."""
    paths: list[Path] = []
    monkeypatch.setattr(curves, "draw_curves", lambda runs, path: (paths.append(path), path.touch()))
    return paths


def bright(images: Tensor) -> np.ndarray:
    """Reads "edema" in the brighter images of those asked."""
    grey = images.mean((1, 2, 3))
    return (grey > grey.median())[:, None].numpy()


def watch(read: Any = bright, judge: Any = bright) -> Watch:
    return Watch(PROMPTS, read, judge, Sampling(3, batch=4), 4, 9)


def weights(prior: Any) -> dict[str, Tensor]:
    return {key: value.clone() for key, value in prior.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_rho_is_1_before_the_first_update_and_attention_alone_is_changed(
    folder: Path, tmp_path: Path, drawn: list[Path]
) -> None:
    prior = load_prior(folder)
    before = weights(prior)
    history = reinforce(prior, PROMPTS, bright, watch(), PLAN, tmp_path)
    assert [row["epoch"] for row in history] == [0, 1, 2] and "reward" not in history[-1]
    assert all(row["off"] < 1e-6 for row in history[:-1])
    after = weights(prior)
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert changed and all(key.startswith("unet.") and (".to_" in key) for key in changed)
    assert len(drawn) == 3 and (tmp_path / "curves.png").is_file()
    assert [row["epoch"] for row in json.loads((tmp_path / "curves.json").read_text())] == [0, 1, 2]


def test_a_reward_that_is_always_the_same_changes_no_weight(folder: Path, tmp_path: Path) -> None:
    prior = load_prior(folder)
    before = weights(prior)

    def never(images: Tensor) -> np.ndarray:
        return np.zeros((len(images), 1), bool)

    all_absent = replace(PROMPTS, wanted=np.zeros((2, 1), bool))  # so that every reward is 1
    history = reinforce(prior, all_absent, never, watch(), PLAN, tmp_path)
    assert same(before, weights(prior)) and "off" not in history[0]


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("ratio", ["plain", "normalised"])
def test_what_was_rewarded_becomes_likelier_and_the_rest_less_likely(folder: Path, sign: float, ratio: str) -> None:
    """Samples of one prompt were good and those of the other bad, or the other way round; one small update."""
    prior = load_prior(folder)
    torch.manual_seed(0)
    opened = Opened(prior, TUNINGS["lora"], ())
    plan = PLAN.model_copy(update={"updates": 1, "lr": 1e-4, "ratio": ratio})
    learner = Learner(prior, PROMPTS, bright, plan, opened.learning)
    texts, advantages = list(PROMPTS.texts) * 4, sign * np.array([-1.0, 1.0] * 4)
    drawn = [moves for _, moves in learner.sampling.draw(prior, texts, 3, keep=(0, 1))]
    learner.learn(drawn, texts, advantages)
    gained = []
    for number, moves in enumerate(drawn):
        denoise = learner.sampling.denoiser(prior, texts[4 * number : 4 * number + 4])
        for one in moves:
            mean, deviation = step(denoise, one.z, one.now, one.after)
            log_rho = log_ratio(one, mean.detach(), deviation, ratio == "normalised").numpy()
            gained.append(log_rho * advantages[4 * number : 4 * number + 4])
    assert np.mean(gained) > 0


@pytest.mark.parametrize("ratio", ["plain", "normalised"])
def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ratio: str
) -> None:
    plan = PLAN.model_copy(update={"ratio": ratio, "kl": 0.1})
    once = load_prior(folder)
    reinforce(once, PROMPTS, bright, watch(), plan, tmp_path / "once")
    learn = loop.Learner.epoch

    def stop(self: loop.Learner, number: int) -> dict[str, float]:
        if number == 1:
            raise KeyboardInterrupt
        return learn(self, number)

    monkeypatch.setattr(loop.Learner, "epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        reinforce(load_prior(folder), PROMPTS, bright, watch(), plan, tmp_path / "twice")
    monkeypatch.setattr(loop.Learner, "epoch", learn)
    again = load_prior(folder)
    reinforce(again, PROMPTS, bright, watch(), plan, tmp_path / "twice")
    assert same(weights(once), weights(again))
    (tmp_path / "twice" / loop.CHECKPOINT).write_bytes(b"none")
    with pytest.raises(BadInput, match="no checkpoint"):
        reinforce(load_prior(folder), PROMPTS, bright, watch(), plan, tmp_path / "twice")


def test_it_stops_where_judge_and_reward_part_and_gives_what_was_before(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reward's APR rises and the judge's stays, from the second look on: the weights are those of the first."""
    prior = load_prior(folder)
    before = weights(prior)
    looks = iter([{"proxy": 0.5, "apr": 0.4}, {"proxy": 0.8, "apr": 0.4}, {"proxy": 0.9, "apr": 0.4}])
    monkeypatch.setattr(Watch, "look", lambda self, prior: next(looks))
    plan = PLAN.model_copy(update={"epochs": 8, "part": 0.1, "patience": 2})
    history = reinforce(prior, PROMPTS, bright, watch(), plan, tmp_path)
    assert len(history) == 3 and same(before, weights(prior))


def test_parting_is_a_gain_that_the_judge_does_not_see() -> None:
    def looks(*pairs: tuple[float, float]) -> list[dict[str, float]]:
        return [{"proxy": proxy, "apr": apr} for proxy, apr in pairs]

    assert parting(looks((0.5, 0.3)), 0.1) == 0
    assert parting(looks((0.5, 0.3), (0.9, 0.7)), 0.1) == 0  # apart from the start, and together since
    assert parting(looks((0.5, 0.3), (0.9, 0.5), (0.9, 0.4)), 0.1) == 2
    assert parting(looks((0.5, 0.3), (0.9, 0.5), (0.9, 0.7)), 0.1) == 0


def test_reward_and_apr_by_hand() -> None:
    wanted = np.array([[True, False, True, False]])
    seen = np.array([[True, False, True, False], [True, True, True, False]])
    assert reward(seen, wanted).tolist() == [1.0, 0.75] and obeyed(seen, wanted).tolist() == [1.0, 0.0]


def test_diversity_is_within_prompts() -> None:
    images = torch.rand(4, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    images[1] = images[0]
    found = diversity(images, np.array([0, 0, 1, 1]))
    assert found[0] == pytest.approx(0, abs=1e-5) and found[1] > 0.5
    assert np.isnan(diversity(images, np.arange(4))).all()


def test_prompts_are_what_occurs_together(folder: Path, phantoms: Path) -> None:
    rows, prior = Cohort.open(phantoms), load_prior(folder)
    prompts = prompts_of(rows, ("Edema",), prior)
    assert prompts.texts == ("no edema", "edema") and prompts.seen.sum() == len(rows)
    assert prompts.seen[1] == (rows.table["Edema"] == 1).sum()
    with pytest.raises(BadInput, match="never told"):
        prompts_of(rows, ("Pneumothorax",), prior)
    with pytest.raises(BadInput, match="no two training images"):
        prompts_of(rows, (), prior)


def test_no_patient_teaches_both_reward_and_judge(phantoms: Path) -> None:
    rows = Cohort.open(phantoms)
    learned, held = (set(part.table["patient"]) for part in reward_rows(rows))
    assert learned and held and not learned & held
    assert not (learned | held) & set(own_rows(rows).table["patient"])


def test_the_published_settings() -> None:
    plan, ours = (load_plan(name, DdpoRecipe) for name in ("ddpo-published", "ddpo"))
    assert (plan.steps, plan.guidance, plan.lr, plan.clip, plan.ratio) == (50, 5.0, 3e-4, 1e-4, "plain")
    assert (plan.samples, plan.updates, plan.buffer, plan.least, plan.most, plan.kl) == (256, 2, 32, 16, 5.0, 0)
    assert plan.trained == plan.decisions == 49
    assert ours.guidance == 1 and ours.trained < ours.decisions and ours.ratio == "normalised"


def test_settings_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    for wrong, said in (({"trained": 9}, "more than the 2 decisions"), ({"samples": 9}, "multiple of batch")):
        (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(PLAN.model_dump() | wrong))
        with pytest.raises(BadInput, match=said):
            load_plan(tmp_path / "wrong.yaml", DdpoRecipe)


def settings(tmp_path: Path) -> Path:
    made = tmp_path / "tiny.yaml"
    made.write_text(yaml.safe_dump(PLAN.model_dump()))
    return made


def test_the_verb_teaches_a_prior_of_ours(folder: Path, phantoms: Path, readers: list[Path], tmp_path: Path) -> None:
    asked = {"method": "ddpo", "reward": readers[0], "judge": readers[1], "recipe": settings(tmp_path)}
    made = causaray.finetune(folder, phantoms, tmp_path / "out", steps=1, device="cpu", **asked)
    assert made.name == "tiny-ddpo"
    said = json.loads((made / "config.json").read_text())["finetuned"]
    assert said["method"] == "ddpo" and said["epochs"] == 1 and len(said["looks"]) == 2
    before, after = load_prior(folder).state_dict(), load_prior(made).state_dict()
    assert any(not torch.equal(before[key], after[key]) for key in before)
    with pytest.raises(BadInput, match="another recipe"):
        causaray.finetune(folder, phantoms, tmp_path / "out", steps=2, **asked)


def test_the_verb_teaches_a_stable_diffusion_folder(phantoms: Path, readers: list[Path], tmp_path: Path) -> None:
    stable = save_stable_folder(tmp_path / "stable")
    made = causaray.finetune(
        stable, phantoms, tmp_path / "out", method="ddpo", reward=readers[0], judge=readers[1],
        recipe=settings(tmp_path), steps=1, lr=0.1,
    )  # fmt: skip
    assert (made / "model_index.json").is_file()
    before, after = load_prior(stable, 64).unet.state_dict(), load_prior(made, 64).unet.state_dict()
    assert any(not torch.equal(before[key], after[key]) for key in before)


def test_what_cannot_be_used_is_refused(folder: Path, phantoms: Path, readers: list[Path], tmp_path: Path) -> None:
    def tune(**asked: Any) -> Path:
        return causaray.finetune(folder, phantoms, tmp_path / "out", **asked)

    with pytest.raises(BadInput, match="learns from a reward"):
        tune(method="ddpo")
    with pytest.raises(BadInput, match="A reward is for --method ddpo"):
        tune(method="lora", reward=readers[0])
    with pytest.raises(BadInput, match="leave --drift out"):
        tune(method="ddpo", reward=readers[0], drift=0.1)
    with pytest.raises(BadInput, match="is reward and judge"):
        tune(method="ddpo", reward=readers[0], judge=readers[0])
    with pytest.raises(BadInput, match="no recipe"):
        tune(method="ddpo", reward=readers[0], judge=readers[1], recipe="none")
    assert not (tmp_path / "out").exists()
