"""A set in which nothing but the look of an image tells what it is."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reading_films import COLUMNS, edited, film, images, table, unedited

from causaray import BadInput, reading_make
from causaray.evaluation.reading_room.key import KEY, Key, digest
from causaray.evaluation.reading_room.reader_set import READER, SET, ReaderSet
from causaray.imagefiles import read_scan


def kinds(key: Key) -> Counter[tuple[str, str]]:
    return Counter((entry.source, entry.finding.name) for entry in key.entries.values())


def test_every_source_has_as_many_films_of_each_finding_and_no_patient_two(made: Path) -> None:
    key = Key.read(made)
    editors = {(name, finding): 3 for name in ("ours", "theirs") for finding in ("Pleural Effusion", "Cardiomegaly")}
    diseased = {("diseased", "Pleural Effusion"): 3, ("diseased", "Cardiomegaly"): 3}
    assert kinds(key) == {**editors, **diseased, ("untouched", "No Finding"): 3}
    patients = [entry.patient for entry in key.entries.values()]
    assert len(set(patients)) == len(patients) == 21


def test_files_tell_nothing(made: Path) -> None:
    files = images(made)
    assert [file.name for file in files] == [f"{i:03}.png" for i in range(1, 22)]
    assert len({file.stat().st_size for file in files}) == len({file.stat().st_mtime_ns for file in files}) == 1
    for file in files:
        with Image.open(file) as image:
            assert (image.size, image.mode, image.info) == ((64, 64), "L", {})


def test_the_order_tells_nothing_and_is_the_seed_s(sources: Path, tmp_path: Path) -> None:
    orders = []
    for i, seed in enumerate((0, 0, 1)):
        key = reading_make({"ours": sources / "ours"}, tmp_path / str(i), seed=seed, side=64)
        orders.append([(entry.finding.name, entry.sha256) for entry in key.entries.values()])
    assert orders[0] == orders[1] != orders[2]
    names = [name for name, _ in orders[0]]
    assert len(names) == 24 and sorted(names) not in (names, names[::-1])


def test_a_reader_s_folder_does_not_hold_what_is_in_the_key(made: Path) -> None:
    assert {file.name for file in made.iterdir()} == {KEY, READER, "README.txt"}
    others = {file.name for file in (made / READER).iterdir()} - {file.name for file in images(made)}
    assert others == {SET, "README.txt"}
    said = (made / READER / SET).read_text() + (made / READER / "README.txt").read_text()
    assert not any(word in said for word in ("ours", "theirs", "untouched", "sources", "p1"))
    assert "contains synthetic images" in json.loads((made / READER / SET).read_text())["notice"]
    sides = ("left", "right", "bilateral")
    assert ReaderSet.open(made).choices == {"No Finding": (), "Cardiomegaly": (), "Pleural Effusion": sides}
    assert ReaderSet.open(made / READER).id == ReaderSet.open(made).id == Key.read(made).id


def test_the_key_says_what_each_image_is(made: Path) -> None:
    key = Key.read(made)
    assert key.about["seed"] == 0 and key.about["detail"] == 48
    for name, entry in key.entries.items():
        assert digest((made / READER / name).read_bytes()) == entry.sha256
        written = np.asarray(Image.open(made / READER / name)) / 255
        assert np.allclose(written, read_scan(entry.file).square(48).square(64).pixels, atol=0.51 / 255)
    assert all(e.finding.side == "left" for e in key.entries.values() if e.source == "diseased")


def test_editors_of_few_common_patients_share_them(tmp_path: Path) -> None:
    """One editor can use patients 0 to 3 alone, the other all: a greedy choice would leave the first with too few."""
    few = edited(tmp_path / "few", [(i, "Edema", "present", "") for i in range(4)])
    many = edited(tmp_path / "many", [(i, "Edema", "present", "") for i in range(8)])
    for seed in range(5):
        key = reading_make({"few": few, "many": many}, tmp_path / f"set{seed}", seed=seed, side=64)
        assert kinds(key) == {("few", "Edema"): 4, ("many", "Edema"): 4}
        assert len({entry.patient for entry in key.entries.values()}) == 8


def test_one_patient_is_known_by_another_table_that_names_the_same_image(tmp_path: Path) -> None:
    without = edited(tmp_path / "ours", [(i, "Edema", "present", "") for i in range(2)], COLUMNS[:4])
    untouched = unedited(tmp_path / "untouched", [(0, "No Finding"), (1, "No Finding"), (2, "No Finding")])
    key = reading_make({"ours": without}, tmp_path / "set", untouched=untouched, side=64)
    assert len({entry.patient for entry in key.entries.values()}) == len(key.entries) == 2, "of three patients in all"


def test_a_folder_without_a_table_is_of_normal_films(tmp_path: Path) -> None:
    ours = edited(tmp_path / "ours", [(0, "Edema", "present", ""), (1, "Edema", "present", "")])
    for i in (0, 7):
        film(tmp_path / "plain" / f"{i}.png", i)
    key = reading_make({"ours": ours}, tmp_path / "set", untouched=tmp_path / "plain", side=64, per_finding=1)
    assert kinds(key) == {("ours", "Edema"): 1, ("untouched", "No Finding"): 1}


def test_findings_taken_out_are_read_if_asked_for(tmp_path: Path) -> None:
    both = [(0, "Edema", "present", ""), (1, "Edema", "absent", "")]
    ours = edited(tmp_path / "ours", both)
    for state, shown in (("present", ["Edema"]), ("absent", ["no Edema"]), ("both", ["Edema", "no Edema"])):
        key = reading_make({"ours": ours}, tmp_path / state, state=state, side=64)
        assert sorted(entry.shows for entry in key.entries.values()) == shown


def test_too_few_patients_are_told_with_how_many_there_can_be(sources: Path, tmp_path: Path) -> None:
    both = {"ours": sources / "ours", "theirs": sources / "theirs"}
    with pytest.raises(BadInput, match=r"^7 films .* and 6 can be had .*12, are those of .*--per-finding 6 or fewer"):
        reading_make(both, tmp_path / "set", per_finding=7)
    assert not list(tmp_path.iterdir())
    one = edited(tmp_path / "one", [(0, "Edema", "present", "")])
    two = edited(tmp_path / "two", [(0, "Edema", "present", "")])
    with pytest.raises(BadInput, match="too few patients for a set in which none appears twice"):
        reading_make({"one": one, "two": two}, tmp_path / "set")


def test_a_finding_that_an_editor_lacks(sources: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Not every editor has edited Edema; they share Cardiomegaly, Pleural Effusion"):
        reading_make({"ours": sources / "ours"}, tmp_path / "set", findings=["edema"])
    key = reading_make({"ours": sources / "ours"}, tmp_path / "set", findings=["effusion"], side=64)
    assert kinds(key) == {("ours", "Pleural Effusion"): 12}


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("finding", "", "Line 2 of .*edits.csv says no finding"),
        ("finding", "oedemata", "Line 2 of .*: Unknown finding"),
        ("state", "added", "Line 2 of .* has the state added"),
        ("side", "up", 'Line 2 of .*: Unknown side "up"'),
        ("file", "gone.png", "Line 2 of .* names gone.png, which is not in"),
    ],
)
def test_a_table_that_does_not_say_what_it_should(tmp_path: Path, column: str, value: str, said: str) -> None:
    film(tmp_path / "ours" / "a.png", 0)
    row = {"image": "a.png", "finding": "Edema", "state": "present", "file": "a.png", "side": ""}
    table(tmp_path / "ours" / "edits.csv", [*row], [{**row, column: value}])
    with pytest.raises(BadInput, match=said):
        reading_make({"ours": tmp_path / "ours"}, tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_a_film_with_two_findings_and_a_table_without_a_column(tmp_path: Path) -> None:
    film(tmp_path / "ours" / "a.png", 0)
    row = {"image": "a.png", "finding": "Edema", "state": "present", "file": "a.png"}
    table(tmp_path / "ours" / "edits.csv", [*row], [row, {**row, "finding": "Pneumonia"}])
    with pytest.raises(BadInput, match=r"Line 3 .* names a\.png a second time"):
        reading_make({"ours": tmp_path / "ours"}, tmp_path / "set")
    table(tmp_path / "ours" / "edits.csv", ["image", "finding", "state"], [])
    with pytest.raises(BadInput, match=r"Line 1 of .* names no column file"):
        reading_make({"ours": tmp_path / "ours"}, tmp_path / "set")


def test_an_unreadable_image_leaves_nothing_behind(tmp_path: Path) -> None:
    ours = edited(tmp_path / "ours", [(i, "Edema", "present", "") for i in range(3)])
    (ours / "1.png").write_bytes(b"\x89PNG")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BadInput, match=r"1\.png"):
        reading_make({"ours": ours}, tmp_path / "set")
    assert sorted(tmp_path.iterdir()) == before


def test_a_set_that_is_there_is_left_alone(sources: Path, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine").touch()
    with pytest.raises(BadInput, match="is there already"):
        reading_make({"ours": sources / "ours"}, tmp_path / "set")


@pytest.mark.parametrize("name", ["untouched", "diseased", ""])
def test_a_name_that_an_editor_cannot_have(sources: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="Name at least one editor"):
        reading_make({name: sources / "ours"}, tmp_path / "set")
