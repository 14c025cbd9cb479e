"""`causaray reproduce ladine-tuberculosis`: films of two sources, and what is made alike of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from test_experiment import RECIPE

from causaray.app.verbs.reproduce import reproduce
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.errors import BadInput
from causaray.experiments.options import ExperimentOptions
from causaray.nets.guide import blur
from causaray.systems.ladine.recipe import LadineRecipe
from causaray.systems.ladine.train import Labelled, augmentation
from causaray.systems.ladine.tuberculosis import SHARES, confounds, joined, split_of, stretched, task_of

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two cohorts of phantoms, of 90 and of 60."""
    folder = tmp_path_factory.mktemp("sources")
    for name, count, seed in (("ill", 60, 1), ("well", 90, 2)):
        prepare_phantom(folder / name, count, size=32, seed=seed)
    return folder / "ill", folder / "well"


def without_splits(cohort: Cohort) -> Cohort:
    return replace(cohort, table=cohort.table.assign(split="test"))


def test_films_of_one_split_alone_are_divided_by_patient(sources: tuple[Path, Path]) -> None:
    ill, well = map(Cohort.open, sources)
    assert (split_of(well) == well.table["split"]).all(), "its own"
    given = split_of(without_splits(ill))
    counts = {name: int((given == name).sum()) for name in SHARES}
    assert counts == {"train": 36, "val": 9, "test": 15}
    both = joined(without_splits(ill), well, "test", 8)
    assert both.labels.tolist() == [1.0] * 4 + [0.0] * 4, "as many of either"
    twice = replace(ill, table=ill.table.assign(split="test", patient=np.repeat(np.arange(30), 2).astype(str)))
    assert all(len(set(pair)) == 1 for pair in split_of(twice).reshape(-1, 2)), "two films of one patient"
    with pytest.raises(BadInput, match="has no film in split val"):
        joined(ill, replace(well, table=well.table.assign(split="train")), "val", 8)


def test_contrast_is_made_alike_and_sharpness_is_told(sources: tuple[Path, Path]) -> None:
    ill, well = map(Cohort.open, sources)
    grey = well.images(np.arange(len(well)))[:, 0]
    faint = replace(well, table=well.table, shards=((255 * (0.3 + 0.4 * grey)).astype(np.uint8),),
                    shard=np.zeros(len(well), int), place=np.arange(len(well)))  # fmt: skip
    ends = [stretched(one).images(np.arange(8)) for one in (well, faint)]
    assert np.abs(ends[0] - ends[1]).max() < 0.03, "what was pale is as it would have been"
    soft = blur(torch.from_numpy(grey)[:, None], 1.5)[:, 0].numpy()
    softer = replace(faint, shards=((255 * soft).astype(np.uint8),))
    mixed = Cohort.concat([ill, softer])
    labels = np.repeat([1.0, 0.0], [len(ill), len(softer)])
    told = confounds(Labelled(mixed, labels), Labelled(mixed, labels))
    assert told["sharpness, as prepared"] > 0.95 and min(told.values()) >= 0.5


def test_the_page_says_what_the_sources_confound(sources: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(RECIPE))
    options = ExperimentOptions(
        "ladine-tuberculosis", tmp_path, tmp_path / "tiny.yaml", sources, None, "", None, 1, 8, 1, None, (), tmp_path,
        "", print,
    )  # fmt: skip
    task, note = task_of(options)
    assert (task.plan.label, task.plan.blur) == ("Tuberculosis", 1.0) and task.test.labels.tolist() == [1.0] * 4 + [
        0.0
    ] * 4
    assert task.known.labels.mean() == 0.5 and set(task.known.rows.table["split"]) == {"train"}
    assert note[0] == "## Two sources" and "upper bound" in note[2] and "sharpness, as prepared: 0." in note[2]
    with pytest.raises(BadInput, match="Name two cohorts"):
        reproduce("ladine-tuberculosis", None, sources[0], tmp_path / "out", work=tmp_path / "work")
    with pytest.raises(BadInput, match="prepare both with --size 64"):
        reproduce("ladine-tuberculosis", None, sources, tmp_path / "out", work=tmp_path / "work")


def test_a_share_of_the_blur_is_seen_in_training() -> None:
    grain = torch.rand(6, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    sharp, soft = (LadineRecipe.model_validate(RECIPE | {"augment": 0.0, "blur": by}) for by in (0.0, 2.0))
    rng = torch.Generator().manual_seed(1)
    spread = [augmentation(plan, rng)(grain).std((1, 2, 3)) for plan in (sharp, soft)]
    assert (spread[1] < spread[0]).all() and spread[1].max() > 2 * spread[1].min(), "from next to nothing to all of it"
