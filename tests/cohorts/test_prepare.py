"""Preparing: what is written is what was read, whole or not at all."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from causaray import childprocess
from causaray.cohorts import Cohort, prepare, read_studies
from causaray.errors import BadInput
from causaray.imagefiles import apart

MakeCohort = Callable[..., Path]
N = 12


@pytest.fixture
def source(make_cohort: MakeCohort) -> Path:
    kinds = ("No Finding", "Effusion", "Edema|Effusion", "")
    rows = [
        {
            "image": f"images/{i:02}.png",
            "patient": f"p{i // 2}",
            "findings": kinds[i % 4],
            "age": "" if i % 3 else i + 1,
        }
        | {"open": i % 4 != 0, "note": f"ä{i}"}
        for i in range(N)
    ]
    return make_cohort("made", rows)


def _nothing_left(folder: Path) -> bool:
    return [path.name for path in folder.iterdir()] == ["made"]


def test_prepared_equals_read(source: Path, tmp_path: Path) -> None:
    cohort = prepare(source, tmp_path / "out", size=32)
    studies = read_studies(source)
    assert len(cohort) == N and cohort.size == 32 and cohort.name == "made"
    for i, study in enumerate(studies):
        np.testing.assert_array_equal(cohort.pixels[i], np.rint(study.scan().square(32).pixels * 255))
        assert cohort.study(i) == study


def test_labels_say_present_absent_and_unknown(source: Path, tmp_path: Path) -> None:
    labels = prepare(source, tmp_path / "out", size=32).labels(["No Finding", "Edema", "Pleural Effusion", "Hernia"])
    nan = np.nan
    np.testing.assert_array_equal(labels[:4], [[1, 0, 0, nan], [0, 0, 1, nan], [0, 1, 1, nan], [nan] * 4])


def test_same_bytes_however_many_jobs(source: Path, tmp_path: Path) -> None:
    for jobs in (1, 3):
        prepare(source, tmp_path / f"out{jobs}", size=32, jobs=jobs)
    for name in ("cohort.json", "pixels.npy", "table.parquet"):
        assert (tmp_path / "out1" / name).read_bytes() == (tmp_path / "out3" / name).read_bytes()


def test_card(source: Path, tmp_path: Path) -> None:
    prepare(source, tmp_path / "out", size=32)
    card = json.loads((tmp_path / "out" / "cohort.json").read_text())
    assert (card["name"], card["size"], card["source"], card["unreadable"]) == ("made", 32, str(source), {})
    assert card["counts"]["images"] == N and card["counts"]["patients"] == N // 2 and card["counts"]["open"] == 9
    assert card["counts"]["present"] == {"No Finding": 3, "Edema": 3, "Pleural Effusion": 6}


def test_open_only(source: Path, tmp_path: Path) -> None:
    cohort = prepare(source, tmp_path / "out", size=32, open_only=True)
    assert len(cohort) == 9 and cohort.table["open"].all()


def test_progress_counts_every_image(source: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    prepare(source, tmp_path / "out", size=32, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i + 1, N) for i in range(N)]


def test_bad_images_refuse_or_are_left_out_and_listed(source: Path, tmp_path: Path) -> None:
    (source / "images/03.png").write_bytes(b"no image")
    (source / "images/04.png").unlink()
    with pytest.raises(BadInput, match=r"2 of 12 images of .*made cannot be read.*03\.png"):
        prepare(source, tmp_path / "out", size=32)
    assert _nothing_left(tmp_path)
    cohort = prepare(source, tmp_path / "out", size=32, skip_bad=True)
    assert len(cohort) == N - 2 and [Path(name).name for name in cohort.cards[0]["unreadable"]] == ["03.png", "04.png"]
    np.testing.assert_array_equal(cohort.pixels[3], np.rint(cohort.study(3).scan().square(32).pixels * 255))
    assert cohort.study(3).row["image"] == "images/05.png"


def test_interruption_leaves_nothing(source: Path, tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(source, tmp_path / "out", size=32, progress=interrupt)
    assert _nothing_left(tmp_path)


KILLER = """
import os
from causaray.confined import answer_parent
from causaray.imagefiles.child import MEMORY, _answer
def answer(data, asked):
    if asked["name"].endswith("05.png"):
        os.abort()
    return _answer(data, asked)
answer_parent(answer, MEMORY)
"""


@pytest.fixture
def killing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Images called 05.png kill the process that decodes them, as damaged ones may."""
    apart._close_all()
    monkeypatch.setattr(childprocess, "command", lambda module: [sys.executable, "-c", KILLER])
    yield
    apart._close_all()


def test_an_image_that_kills_its_decoder_is_one_bad_image(source: Path, tmp_path: Path, killing: None) -> None:
    cohort = prepare(source, tmp_path / "out", size=32, skip_bad=True)
    assert [Path(name).name for name in cohort.cards[0]["unreadable"]] == ["05.png"]
    assert "so that it cannot be decoded" in next(iter(cohort.cards[0]["unreadable"].values()))
    here = [study.scan(32).pixels for i, study in enumerate(read_studies(source)) if i != 5]
    np.testing.assert_array_equal(cohort.pixels, np.rint(np.stack(here) * 255))
    with pytest.raises(BadInput, match=r"1 of 12 images of .*made cannot be read"):
        prepare(source, tmp_path / "other", size=32)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "out"]


def test_folders_made_on_the_way_go_when_nothing_is_written(source: Path, tmp_path: Path) -> None:
    for image in (source / "images").iterdir():
        image.write_bytes(b"no image")
    with pytest.raises(BadInput, match="12 of 12 images"):
        prepare(source, tmp_path / "deep" / "er" / "out", size=32)
    assert _nothing_left(tmp_path)


def test_of_several_cohorts_all_are_written_or_none(source: Path, make_cohort: MakeCohort, tmp_path: Path) -> None:
    other = make_cohort("other", [{"image": "a.png", "patient": "p0", "findings": "COVID-19"}])
    (other / "a.png").write_bytes(b"no image")
    with pytest.raises(BadInput, match="1 of 1 images"):
        prepare(tmp_path, tmp_path / "out", size=32)
    assert not (tmp_path / "out").exists()


def test_folder_of_cohorts(source: Path, make_cohort: MakeCohort, tmp_path: Path) -> None:
    make_cohort("other", [{"image": "a.png", "patient": "p0", "findings": "COVID-19"}])
    both = prepare(tmp_path, tmp_path / "out", size=32)
    assert both.name == "made+other" and len(both) == N + 1
    assert Cohort.open(tmp_path / "out" / "other").study(0) == both.study(N)


def test_mapping_file(make_cohort: MakeCohort, tmp_path: Path) -> None:
    folder = make_cohort("made", [{"scan": "a.png", "who": "p"}], header="scan")
    (tmp_path / "mapping.yaml").write_text("image: scan\npatient: who\n")
    assert prepare(folder, tmp_path / "out", 32, columns=tmp_path / "mapping.yaml").study(0).patient == "p"


def test_place_that_cannot_be_written(source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        prepare(source, tmp_path / "file" / "out", size=32)


def test_refusals(source: Path, make_cohort: MakeCohort, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="32 or more"):
        prepare(source, tmp_path / "out", size=16)
    with pytest.raises(BadInput, match="is there already"):
        prepare(source, source)
    closed = make_cohort("closed", [{"image": "a.png", "patient": "p"}])
    with pytest.raises(BadInput, match="is open"):
        prepare(closed, tmp_path / "out", open_only=True)
    assert not (tmp_path / "out").exists()
