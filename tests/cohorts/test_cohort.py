"""Cohort: parts of it, several as one, and batches out of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from causaray.cohorts import Cohort, open_cohorts, prepare
from causaray.errors import BadInput

MakeCohort = Callable[..., Path]


@pytest.fixture
def folders(make_cohort: MakeCohort, tmp_path: Path) -> list[Path]:
    """Two prepared cohorts of 8 and 5 images."""
    for name, count in (("one", 8), ("two", 5)):
        rows: list[dict[str, object]] = [
            {"image": f"{i}.png", "patient": f"p{i}", "findings": "COVID-19", "split": "train" if i < 4 else "test"}
            | {"fold": ("guide", "judge")[i % 2], "open": i % 2 == 0}
            for i in range(count)
        ]
        prepare(make_cohort(name, rows), tmp_path / "prepared" / name, size=32)
    return [tmp_path / "prepared" / name for name in ("one", "two")]


def test_whole_cohort_is_mapped_not_copied(folders: list[Path]) -> None:
    cohort = Cohort.open(folders[0])
    assert isinstance(cohort.pixels, np.memmap) and cohort.pixels.shape == (8, 32, 32)


def test_images_are_floats_in_the_order_asked(folders: list[Path]) -> None:
    cohort = Cohort.open(folders[0])
    images = cohort.images([5, 0, 5])
    assert images.shape == (3, 1, 32, 32) and images.dtype == np.float32 and 0 <= images.min() < images.max() <= 1
    np.testing.assert_allclose(images[:, 0] * 255, cohort.pixels[[5, 0, 5]], atol=1e-4)


def test_subset(folders: list[Path]) -> None:
    cohort = Cohort.open(folders[0])
    part = cohort.subset(split="train", fold="judge", open=False)
    assert list(part.table["image"]) == ["1.png", "3.png"]
    np.testing.assert_array_equal(part.pixels, cohort.pixels[[1, 3]])
    assert part.study(1) == cohort.study(3)
    last = part.subset(mask=part.table["image"] == "3.png")
    np.testing.assert_array_equal(last.images([0]), cohort.images([3]))
    assert len(cohort.subset(split="val")) == 0


def test_lateral_films_are_no_frontal_ones_and_unknown_views_may_be(make_cohort: MakeCohort, tmp_path: Path) -> None:
    views = ["PA", "Lateral", "", "AP"]
    rows = [
        {"image": f"{i}.png", "patient": f"p{i}", "findings": "Edema", "view": view} for i, view in enumerate(views)
    ]
    cohort = prepare(make_cohort("seen", rows), tmp_path / "ready", size=32)
    assert list(cohort.frontal().table["image"]) == ["0.png", "2.png", "3.png"]


def test_several_as_one(folders: list[Path]) -> None:
    one, two = (Cohort.open(folder) for folder in folders)
    both = open_cohorts(folders)
    assert (both.name, len(both)) == ("one+two", 13)
    np.testing.assert_array_equal(both.images([10, 1]), np.concatenate([two.images([2]), one.images([1])]))
    assert both.study(10) == two.study(2)
    part = Cohort.concat([both.subset(split="test"), one])
    assert part.study(4) == two.study(4) and part.study(5) == one.study(0)
    assert len(Cohort.open(folders[0].parent)) == 13


def test_unknown_name_is_refused(folders: list[Path]) -> None:
    with pytest.raises(BadInput, match="Gibberish is no finding"):
        Cohort.open(folders[0]).labels(["Gibberish"])


def test_what_does_not_belong_together_is_refused(folders: list[Path], make_cohort: MakeCohort, tmp_path: Path) -> None:
    (folders[1] / "pixels.npy").write_bytes((folders[0] / "pixels.npy").read_bytes())
    with pytest.raises(BadInput, match="do not belong together"):
        Cohort.open(folders[1])
    (folders[1] / "pixels.npy").write_bytes(b"")
    with pytest.raises(BadInput, match=r"two cannot be read"):
        Cohort.open(folders[1])
    with pytest.raises(BadInput, match="no prepared cohort in"):
        Cohort.open(tmp_path)
    larger = prepare(make_cohort("larger", [{"image": "a.png", "patient": "p"}]), tmp_path / "larger-out", size=40)
    with pytest.raises(BadInput, match="one: 32, larger: 40"):
        Cohort.concat([Cohort.open(folders[0]), larger])
    with pytest.raises(BadInput, match="have none"):
        Cohort.concat([])
