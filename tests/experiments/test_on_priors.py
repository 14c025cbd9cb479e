"""The experiments on a prior, from the verb to the page."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_prior import save_tiny_prior

from causaray import weightfiles
from causaray.app.verbs.reproduce import reproduce
from causaray.classifiers.judge import Judge
from causaray.classifiers.readouts import READOUTS
from causaray.cohorts.phantom.cohort import prepare_phantom
from causaray.errors import BadInput
from causaray.priors.text_prior import AUTOENCODER, load_prior
from causaray.systems.hidden_relations import experiment as hidden_attributes
from causaray.systems.hidden_relations import planted
from causaray.systems.hidden_relations import readout_checks as readings
from causaray.systems.trajectories import experiment as trajectory

pytest.importorskip("diffusers")
OTHERS = ("Edema", "Cardiomegaly", "Pneumothorax", "Consolidation")


class Bands(torch.nn.Module):
    """Reads the brightness of as many bands as there are attributes."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(images, (self.n, 1)).flatten(1)


@pytest.fixture(scope="session")
def prior(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_prior(
        weightfiles.find("prior-phantom-64") / AUTOENCODER, tmp_path_factory.mktemp("prior") / "tiny-prior"
    )


def test_trajectories_with_their_controls_and_a_second_run_denoises_nothing(
    prior: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trajectory, "FRAMES", 5)
    monkeypatch.setattr(trajectory, "STEPS", 10)
    monkeypatch.setattr(Judge, "load", lambda folder: Judge(trajectory.PAIR, "0" * 64, Bands(2)))
    options = {"prior": prior, "limit": 2, "work": tmp_path / "runs", "judge": "made", "command": "causaray test"}
    found = reproduce("trajectory", None, [], tmp_path / "out", **options)  # type: ignore[arg-type]
    monkeypatch.setattr(trajectory, "trajectory", lambda *a, **k: pytest.fail("denoised again"))
    assert reproduce("trajectory", None, [], tmp_path / "out", **options) == found  # type: ignore[arg-type]
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"table.md", "results.json", "filmstrips.png"}
    written = json.loads((tmp_path / "out" / "results.json").read_text())
    assert written["rows"] == found["rows"] and written["about"]["prior"] == "tiny-prior"
    by_walk = {(r["asked"], r["curve"], r["target"]): r["cfrt"]["value"] for r in found["rows"]}
    assert len(by_walk) == 2 * (2 * len(trajectory.ASKED) + len(trajectory.CONTROLS))
    page = (tmp_path / "out" / "table.md").read_text()
    assert all(f"| {name} |" in page for name in trajectory.ASKED | trajectory.CONTROLS)


def test_random_captions_speak_of_neither_attribute_and_vary() -> None:
    made = [trajectory.random_caption((*trajectory.PAIR, *OTHERS), np.random.default_rng(i)) for i in range(60)]
    assert not any(name.lower() in text for name in trajectory.PAIR for text in made)
    assert len(set(made)) > 40 and all(any(name.lower() in text for text in made) for name in OTHERS)


def test_each_noise_has_its_captions(prior: Path) -> None:
    known = load_prior(prior)
    noise, before, after = known.noise(2, 0), ["lung lesion", "no finding"], ["pneumonia", "effusion, pa"]
    both = trajectory.trajectory(known, before, after, noise, steps=10)
    alone = [
        trajectory.trajectory(known, before[i : i + 1], after[i : i + 1], noise[i : i + 1], steps=10) for i in (0, 1)
    ]
    assert torch.allclose(both, torch.cat(alone, 1), atol=1e-5)
    swapped = trajectory.trajectory(known, before[::-1], after, noise, steps=10)
    assert (both - swapped)[0].abs().max() > 100 * (both - torch.cat(alone, 1)).abs().max()


def test_hidden_attributes_of_two_worlds(prior: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hidden_attributes, "STEPS", 1)
    monkeypatch.setattr(hidden_attributes, "VAE_STEPS", 1)
    monkeypatch.setattr(hidden_attributes, "SIZES", (4, 8))
    monkeypatch.setattr(hidden_attributes, "RELIABLE", 0.0)
    monkeypatch.setattr(readings, "LEARNT", 4)
    monkeypatch.setattr(readings, "CHECKED", 40)
    monkeypatch.setattr(readings, "train_readouts", lambda *given: Bands(len(READOUTS)))
    for name, strength in {"planted": 0.5, "null": 0.0}.items():
        prepare_phantom(tmp_path / name, 200, 64, confounding=strength, confounded=planted.UNTOLD, tail=0.0)
    folders = [tmp_path / "planted", tmp_path / "null"]
    found = reproduce(
        "hidden-attributes", None, folders, tmp_path / "out", prior=prior, seeds=2, limit=16, work=tmp_path / "runs"
    )
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"table.md", "results.json", "matrix.png", "edits.png"}
    models = (hidden_attributes.TUNED, hidden_attributes.LEARNED, hidden_attributes.WORLD)
    known = found["matrices"]
    assert list(known) == [f"confounding {strength}, {model}" for strength in ("0.5", "0") for model in models]
    assert len(known["confounding 0.5, fine-tunings"]["each"]) == 2
    less = found["less null"]
    assert list(less) == [f"confounding {name}" for name in
                          ("0.5, fine-tunings", "0.5, fine-tunings 0", "0.5, fine-tunings 1", "0, fine-tunings 0",
                           "0, fine-tunings 1")]  # fmt: skip
    assert len(less["confounding 0.5, fine-tunings"]["found"]["8"]) == 2  # what is planted, and any other
    assert len(less["confounding 0, fine-tunings 0"]["found"]["8"]) == 1
    assert found["together"]["confounding 0.5"][0] > 0.3
    page = (tmp_path / "out" / "table.md").read_text()
    assert "moves nothing finds nothing" in page
    assert "no cause" in page and "any that is not planted" in page and f"confounded {planted.UNTOLD}" in page


def test_a_relation_needs_a_world_without_it(prior: Path, tmp_path: Path) -> None:
    prepare_phantom(tmp_path / "planted", 40, 64, confounding=0.5, confounded=planted.UNTOLD)
    for seeds, other in ((2, []), (1, [tmp_path / "null"])):
        if other:
            prepare_phantom(other[0], 40, 64)
        with pytest.raises(BadInput, match="without the relation"):
            reproduce(
                "hidden-attributes", None, [tmp_path / "planted", *other], tmp_path / "out", prior=prior, seeds=seeds
            )


def test_what_is_missing_is_said(prior: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--prior"):
        reproduce("trajectory", None, [], tmp_path / "out")
    with pytest.raises(BadInput, match="--cohorts"):
        reproduce("hidden-attributes", None, [], tmp_path / "out", prior=prior)
    with pytest.raises(BadInput, match="--recipe"):
        reproduce("table1", None, [tmp_path], tmp_path / "out")
