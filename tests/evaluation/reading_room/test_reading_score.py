"""What readers said becomes figures: a perfect reader names all, a guessing one as chance has it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from reading_films import answered, edited, perfect, table

from causaray import BadInput, reading_make, reading_score
from causaray.evaluation.reading_room.answers import COLUMNS
from causaray.evaluation.reading_room.key import KEY, Key
from causaray.evaluation.reading_room.reader_set import READER

SHARES = ("named", "named_with_side")


def test_a_perfect_reader(made: Path, tmp_path: Path) -> None:
    report = reading_score(made, tmp_path / "out", answers=[answered(made, tmp_path / "ann.csv")])
    groups = [report["edited"], report["untouched"], report["diseased"], *report["editors"].values()]
    groups += [one for found in report["findings"].values() for one in found.values()]
    assert len(groups) == 9
    for found in groups:
        assert all(found[key] == {**found[key], "value": 1, "low": 1, "high": 1} for key in SHARES)
        assert found["real"]["value"] == 5 and found["seconds"] is None
    assert report["edited"]["named"]["n"] == report["edited"]["named"]["patients"] == 12
    assert report["confusion"]["edited"] == {
        "Cardiomegaly": {"Cardiomegaly": 6},
        "Pleural Effusion": {"Pleural Effusion": 6},
    }
    assert report["confusion"]["real"]["No Finding"] == {"No Finding": 3}
    assert report["about"]["readers"] == {"ann": {"answered": 21, "of": 21, "repeated": {}}}


def test_a_guessing_reader_is_near_chance(tmp_path: Path) -> None:
    names = ("Pleural Effusion", "Cardiomegaly", "Edema")
    edits = [(i, names[i % 3], "present", ("left", "right")[i // 3 % 2] * (i % 3 == 0)) for i in range(180)]
    reading_make({"ours": edited(tmp_path / "ours", edits)}, tmp_path / "set", side=32)
    rng = np.random.default_rng(0)

    def guess(entry) -> dict[str, object]:
        return {"finding": rng.choice(names), "side": rng.choice(["left", "right"]), "real": rng.integers(1, 6)}

    found = reading_score(
        tmp_path / "set", tmp_path / "out", answers=[answered(tmp_path / "set", tmp_path / "g.csv", guess)]
    )
    figures = found["edited"]
    assert figures["control_named"]["value"] == pytest.approx(1 / 3, abs=1e-9), "three as common findings"
    assert figures["named"]["value"] == pytest.approx(1 / 3, abs=0.1), "three standard errors of 180 guesses"
    assert figures["named"]["high"] - figures["named"]["low"] == pytest.approx(4 * 0.035, rel=0.15)
    assert figures["named_with_side"]["value"] == pytest.approx((1 / 6 + 1 / 3 + 1 / 3) / 3, abs=0.1)
    assert figures["real"]["value"] == pytest.approx(3, abs=0.3)


def test_the_side_counts_where_it_is_known(tmp_path: Path) -> None:
    sides = ("left", "right", "bilateral", "")
    ours = edited(tmp_path / "ours", [(i, "Pleural Effusion", "present", side) for i, side in enumerate(sides)])
    reading_make({"ours": ours}, tmp_path / "set", side=32)
    file = answered(tmp_path / "set", tmp_path / "a.csv", lambda entry: {**perfect(entry), "side": "left"})
    found = reading_score(tmp_path / "set", tmp_path / "out", answers=[file])["edited"]
    assert found["named"]["value"] == 1 and found["named_with_side"]["value"] == 0.75, "only the right one is wrong"


def test_a_finding_that_was_taken_out_is_named_by_not_naming_it(tmp_path: Path) -> None:
    ours = edited(tmp_path / "ours", [(i, "Edema", "absent", "") for i in range(4)])
    reading_make({"ours": ours}, tmp_path / "set", side=32, state="absent")
    said = iter(["No Finding", "No Finding", "No Finding", "Edema"])
    file = answered(tmp_path / "set", tmp_path / "a.csv", lambda entry: {"finding": next(said), "side": "", "real": 3})
    report = reading_score(tmp_path / "set", tmp_path / "out", answers=[file])
    assert report["edited"]["named"]["value"] == 0.75 and [*report["findings"]["ours"]] == ["no Edema"]


def test_two_readers_and_how_far_they_agree(made: Path, tmp_path: Path) -> None:
    def other(entry) -> dict[str, object]:
        return {**perfect(entry), "finding": "No Finding", "real": 1}

    files = [answered(made, tmp_path / "ann.csv"), answered(made, tmp_path / "bob.csv", other)]
    report = reading_score(made, tmp_path / "out", answers=files)
    assert report["edited"]["named"]["value"] == 0.5 and report["readers"]["ann"]["named"]["value"] == 1
    assert report["edited"]["named"]["n"] == 24 and report["edited"]["named"]["patients"] == 12
    agreed = report["agreement"]["ann and bob"]
    assert agreed["images"] == 21 and agreed["finding_with_side"]["value"] == pytest.approx(0)
    same = reading_score(made, tmp_path / "same", answers=[files[0], answered(made, tmp_path / "cem.csv")])
    assert same["agreement"]["ann and cem"]["finding_with_side"]["value"] == 1
    assert (
        same["agreement"]["ann and cem"]["real"] is not None
        and same["agreement"]["ann and cem"]["real"]["value"] is None
    )


def test_what_is_written(made: Path, tmp_path: Path) -> None:
    images = [*Key.read(made).entries]
    edits = [name for name, entry in Key.read(made).entries.items() if entry.edited]
    rows = [
        {"image": name, "finding": "No Finding", "side": "", "real": 2, "seconds": 7, "remark": "<b>"}
        for name in images
    ]
    file = table(made / READER / "answers-ann.csv", COLUMNS, [*rows, {**rows[0], "real": 3}])
    try:
        report = reading_score(made, tmp_path / "out", command="causaray reading score set --out out")
    finally:
        file.unlink()
    assert json.loads((tmp_path / "out" / "reading.json").read_text()) == report
    assert report["edited"]["seconds"]["value"] == 7 and report["about"]["readers"]["ann"]["repeated"] == {images[0]: 2}
    text = (tmp_path / "out" / "reading.md").read_text()
    assert text.index("causaray reading score set") < text.index("| ours | 0.00 (0.00 to 0.00)")
    assert f"answered again, the last answer counts: {images[0]}." in text
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.index("causaray reading score set") < page.index("<svg") and "&lt;b&gt;" in page and "<b></" not in page
    assert page.count("<img") == len(edits) + 6, "all edited and diseased films were misnamed, no untouched one"
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page), "it fetches nothing"


@pytest.fixture
def refusal(made: Path, tmp_path: Path) -> Callable[..., str]:
    """The sentence about answers, changed as `say` has it; nothing was written."""

    def refuse(*files: Path, folder: Path = made) -> str:
        with pytest.raises(BadInput) as error:
            reading_score(folder, tmp_path / "out", answers=files)
        assert not (tmp_path / "out").exists() and "\n" not in str(error.value)
        return str(error.value)

    return refuse


def test_no_answers(refusal: Callable[..., str], tmp_path: Path) -> None:
    assert "There is no answer to score" in refusal()
    assert "There is no answer to score" in refusal(table(tmp_path / "a.csv", COLUMNS, []))


def test_two_readers_of_one_name(refusal: Callable[..., str], made: Path, tmp_path: Path) -> None:
    files = [answered(made, tmp_path / "a" / "ann.csv"), answered(made, tmp_path / "b" / "answers-ann.csv")]
    assert "Two files hold answers of ann" in refusal(*files)


def test_a_bad_answer_stops_it(refusal: Callable[..., str], made: Path, tmp_path: Path) -> None:
    file = answered(made, tmp_path / "a.csv", lambda entry: {**perfect(entry), "real": 9})
    assert refusal(file).startswith(f"Line 2 of {file} has '9'")


def test_a_reader_s_folder_cannot_be_scored(refusal: Callable[..., str], made: Path) -> None:
    assert f"holds no readable {KEY}" in refusal(folder=made / READER)


def test_images_that_are_not_the_key_s(refusal: Callable[..., str], made: Path, tmp_path: Path) -> None:
    file = answered(made, tmp_path / "a.csv")
    image = made / READER / "002.png"
    before = image.read_bytes()
    image.write_bytes((made / READER / "001.png").read_bytes())
    try:
        assert "002.png is not the image that key.json speaks of" in refusal(file)
    finally:
        image.write_bytes(before)


def test_no_set(refusal: Callable[..., str], tmp_path: Path) -> None:
    assert "is no reading set" in refusal(folder=tmp_path)
