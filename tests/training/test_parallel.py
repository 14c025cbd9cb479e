"""A training by several processes: the same as by one, gone on with by others, stopped by a signal, survived."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from by_ranks import train
from fitted_line import task

import causaray
from causaray.app.cli import main
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.systems.causal_disentanglement.training.pairs import Pairs
from causaray.systems.causal_disentanglement.training.true_groups import group_batches
from causaray.training import parallel
from causaray.training.loop import run
from causaray.training.options import RunOptions, run_options

RECIPE = """
name: small
method: classifier
backbone: small
size: 32
steps: {steps}
batch: 16
lr: 0.001
augment: 0
order: epochs
fewest: 5
labels: [Pleural Effusion]
"""


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parallel") / "phantoms"
    prepare_phantom(folder, 200, size=32, common=0.4)
    return folder


def recipe(folder: Path, steps: int) -> Path:
    path = folder / f"small-{steps}.yaml"
    path.write_text(RECIPE.format(steps=steps))
    return path


SCRIPT = Path(__file__).parent / "by_ranks.py"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the processes that are started have: sums of several threads differ in their last bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}


def losses(out: Path, name: str) -> dict[int, float]:
    with (out / f"{name}.csv").open() as file:
        return {int(row[0]): float(row[3]) for row in csv.reader(file) if row[2] == "loss"}


def test_two_processes_learn_what_one_does(phantoms: Path, tmp_path: Path) -> None:
    train(phantoms, tmp_path / "one", 60)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    line = [sys.executable, *torchrun, SCRIPT, phantoms, tmp_path / "two", "60"]
    ended = subprocess.run([*map(str, line)], env=environment(), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    one, two = losses(tmp_path / "one", "net"), losses(tmp_path / "two", "net")
    assert one.keys() == two.keys() == {50, 60}
    assert all(abs(one[step] - two[step]) < 1e-5 for step in one)
    first, second = (torch.load(tmp_path / name / "weights.pt", weights_only=True) for name in ("one", "two"))
    assert all(torch.allclose(first[key], second[key], atol=1e-5) for key in first)


GROUPS = """
name: tiny
size: 64
augment: 0
latent:
  {channels: 4, pathology_channels: 2, pathology_size: 16, width: 16, transformer_layers: 1, transformer_dim: 16,
  transformer_patch: 4}
guide: {steps: 2, batch: 8, lr: 0.001, width: 8, views: [[small, 32]]}
groups:
  findings: [Pleural Effusion, Edema]
  pairs: 32
  batch: 8
  maps: {steps: 2, batch: 8, lr: 0.001, films: 8, weak: 0.2}
  fine_maps: {steps: 2, batch: 8, lr: 0.001}
  edits: {steps: 2, batch: 8, lr: 0.001, told: 0.5, told_going: 0.5}
stage1:
  {steps: 3, batch: 8, lr: 0.001, swap_every: 2, critic_lr: 0.001, swap_from: 2, identity_sigma: 1.5, clip: 1.0,
  weights: {ssim: 0.02, kl_identity: 0, kl_pathology: 0, classify: 0.01, identity: 0.02, pathology: 0.02,
  adversarial: 0.01}}
stage2: {steps: 2, batch: 8, lr: 0.001, dim: 32, layers: 1, cache: 64, guidance: 1.0, sampling_steps: 2}
"""


def test_a_recipe_that_draws_pairs_is_trained_by_two_processes_on_the_same_pairs(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(GROUPS)
    prepare_phantom(tmp_path / "phantoms", 40, size=64)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "causaray"]
    line = ["train", tmp_path / "tiny.yaml", "--cohorts", tmp_path / "phantoms", "--out", tmp_path / "two"]
    ended = subprocess.run(
        [sys.executable, *torchrun, *map(str, line)], env=environment(), capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert ended.stdout.count("The weights are in") == 1
    assert len(Pairs.open(tmp_path / "two/pairs")) == 32
    assert (tmp_path / "two/tiny/model.safetensors").is_file()


def test_processes_share_the_couples_of_a_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blank, rng = np.zeros((40, 8, 8), np.uint8), np.random.default_rng(0)
    rows = {"key": np.arange(40) % 4, "severity": rng.random(40)}
    rows |= {name: rng.random((40, 3), np.float32) for name in ("before", "after", "shown")}
    pairs = Pairs(blank, blank, blank, rows)

    def drawn(rank: int, world: int) -> list[int]:
        monkeypatch.setattr(parallel, "world", lambda: world)
        monkeypatch.setattr(parallel, "rank", lambda: rank)
        groups, at = group_batches(pairs, 16, 5, 0.0, torch.device("cpu"))(3)
        assert [rows["key"][at[one]] for one in groups.partner.tolist()] == rows["key"][at].tolist()
        return at.tolist()

    assert drawn(0, 2) + drawn(1, 2) == drawn(0, 1)
    with pytest.raises(BadInput, match="cannot be shared by 3 processes"):
        drawn(0, 3)


def test_a_process_that_is_lost_is_started_again_and_all_meet_anew(phantoms: Path, tmp_path: Path) -> None:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--max-restarts", "1"]
    line = [sys.executable, *torchrun, SCRIPT, phantoms, tmp_path / "two", "60", tmp_path / "lost"]
    ended = subprocess.run([*map(str, line)], env=environment(), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert (tmp_path / "lost").exists() and losses(tmp_path / "two", "net").keys() == {50, 60}


def test_sigterm_saves_and_the_same_line_goes_on_to_the_bit(phantoms: Path, tmp_path: Path) -> None:
    train(phantoms, tmp_path / "whole", 800)
    process = subprocess.Popen(
        [sys.executable, SCRIPT, phantoms, tmp_path / "parts", "800"], env=environment(), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()  # the losses of the first 50 steps
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == -signal.SIGINT and time.monotonic() - asked < 30
    assert 50 <= torch.load(tmp_path / "parts/net.pt", weights_only=True)["step"] < 800
    train(phantoms, tmp_path / "parts", 800)
    first, second = (torch.load(tmp_path / name / "weights.pt", weights_only=True) for name in ("whole", "parts"))
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert list(losses(tmp_path / "whole", "net")) == list(losses(tmp_path / "parts", "net")), "no step is told twice"


def test_losses_of_updates_before_a_stop_are_told_after_it(tmp_path: Path) -> None:
    stopped, steps = task(), 60

    def interrupted(i: int) -> Mapping[str, float]:
        if i == 33:
            raise KeyboardInterrupt
        return stopped.step(i)

    with pytest.raises(KeyboardInterrupt):
        run(replace(stopped, step=interrupted), steps, tmp_path / "parts", "line", checkpoint_every=10)
    run(task(), steps, tmp_path / "parts", "line")
    run(task(), steps, tmp_path / "whole", "line")
    assert losses(tmp_path / "parts", "line") == losses(tmp_path / "whole", "line")


def test_the_last_checkpoints_and_the_best_one_are_kept(tmp_path: Path) -> None:
    with run_options(RunOptions(keep=2)):
        run(task(), 60, tmp_path, "line", checkpoint_every=10)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == [
        "line-00000050.pt", "line-00000060.pt", "line-best.pt", "line.pt",
    ]  # fmt: skip
    best = torch.load(tmp_path / "line-best.pt", weights_only=True)
    assert torch.load(tmp_path / "line.pt", weights_only=True)["best"] == best["best"]


def test_losses_go_to_tensorboard_too(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    with run_options(RunOptions(track=("tensorboard",))):
        run(task(), 60, tmp_path, "line")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    told = EventAccumulator(str(tmp_path / "tensorboard/line")).Reload().Scalars("loss")
    with (tmp_path / "line.csv").open() as file:
        rows = {int(row[0]): float(row[3]) for row in csv.reader(file)}
    assert {one.step: pytest.approx(one.value, rel=1e-4) for one in told} == rows


def test_what_processes_cannot_share_is_refused(phantoms: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match='no tracker "paper"'):
        causaray.train(recipe(tmp_path, 10), phantoms, tmp_path / "out", track=["paper"])
    assert not (tmp_path / "out").exists()


def test_recipes_of_epochs_say_so(tmp_path: Path) -> None:
    text = RECIPE.format(steps=10) + "objective: group-dro\ngroup: [sex]\n"
    (tmp_path / "dro.yaml").write_text(text)
    assert main(["train", str(tmp_path / "dro.yaml"), "--cohorts", str(tmp_path), "--out", str(tmp_path / "o")]) == 2
