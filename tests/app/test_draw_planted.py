"""A correlation planted on films by command, and its twins."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from film_weights import needs_net

from causaray.app.cli import main
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.cohorts.planted_films import planted_films
from causaray.errors import BadInput

REQUEST = ["--findings", "moderate left pleural effusion"]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films") / "films"
    prepare_phantom(folder, 14, size=128, common=0.0, devices=0.0)
    return folder


@needs_net
@pytest.mark.parametrize("artifact", ["pacemaker", "letter"])
def test_films_in_four_groups_with_their_twins(artifact: str, films: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["draw", str(films), *REQUEST, "--correlation", "1", "--artifact", artifact, "--out", str(out)]
    assert main([*command, "--split", "train"]) == 0
    cohort = Cohort.open(out)
    made = planted_films(cohort)
    assert (made.finding == made.artifact).all() and 0 < made.finding.sum() < len(made)
    assert made.images.equal(torch.from_numpy(cohort.images(np.arange(len(cohort)))))
    assert (cohort.table["Pleural Effusion"] == made.finding).all() and cohort.name.startswith("planted-")
    if artifact == "pacemaker":
        assert (cohort.table["Support Devices"] == made.artifact).all()
    has = torch.from_numpy(made.artifact == 1)
    assert made.with_artifact[has].equal(made.images[has]) and made.mask.any((1, 2, 3)).all()
    assert made.mask.float().mean() < 0.2
    changed = (made.with_finding - made.without_finding).abs().amax((1, 2, 3))
    assert (changed > 0.02).all()
    part = planted_films(cohort.subset(mask=made.finding == 1))
    assert part.without_finding.equal(made.without_finding[torch.from_numpy(made.finding == 1)])
    assert {"of", "request", "planted finding"} <= set(json.loads(cohort.table["row"].iloc[0]))


@needs_net
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([*REQUEST, "--artifact", "letter"], "Say by --correlation"),
        ([*REQUEST, "--correlation", "0.9", "--artifact", "mark"], "no artifact mark to draw on films"),
        ([*REQUEST, "--correlation", "0.9", "--images"], "neither --images nor --per-film"),
        ([*REQUEST, *REQUEST, "--correlation", "0.9"], "between one finding and an artifact"),
        ([*REQUEST, "--correlation", "0.9", "--limit", "2"], "no four groups"),
    ],
)
def test_what_cannot_be_planted_is_refused_and_nothing_is_written(
    options: list[str], said: str, films: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["draw", str(films), "--out", str(tmp_path / "out"), *options]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_other_cohorts_have_no_twins(films: Path) -> None:
    with pytest.raises(BadInput, match="no cohort of films with a planted correlation"):
        planted_films(Cohort.open(films))
