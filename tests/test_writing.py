import os

import pytest

from causaray.errors import BadInput
from causaray.writing import check_folder, make_folder, whole_file


def test_the_file_appears_whole_and_alone(tmp_path):
    path = tmp_path / "note.txt"
    with whole_file(path) as beside:
        beside.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(path) as beside:
        beside.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_refused(tmp_path):
    with (
        pytest.raises(BadInput, match=r"gone/note\.txt cannot be written"),
        whole_file(tmp_path / "gone/note.txt") as f,
    ):
        f.write_text("new")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(BadInput, match="cannot be written"), whole_file(tmp_path / "file" / "note.txt") as beside:
        beside.write_text("new")
    assert (tmp_path / "file").read_text() == "old"


def test_a_folder_of_that_name_is_refused(tmp_path):
    (tmp_path / "note.txt").mkdir()
    with pytest.raises(BadInput, match="cannot be written"), whole_file(tmp_path / "note.txt") as beside:
        beside.write_text("new")
    assert [file.name for file in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(BadInput, match="cannot be written"), whole_file(tmp_path / "note.txt") as beside:
        beside.write_text("new")


def test_several_files_appear_together_or_not_at_all(tmp_path):
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "a") as a, whole_file(tmp_path / "b") as b:
        with whole_file(a) as inner:  # as a writer does that is handed a path
            inner.write_text("a")
        b.write_text("b")
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_the_name_in_the_refusal_is_the_final_one(tmp_path):
    with (
        pytest.raises(BadInput, match=r"/note\.txt cannot be written \(disk full\)"),
        whole_file(tmp_path / "note.txt") as beside,
        whole_file(beside),
    ):
        raise OSError(28, "disk full")


def test_a_folder_is_made_with_those_above_it(tmp_path):
    check_folder(tmp_path / "new" / "deep")
    assert not (tmp_path / "new").exists()
    make_folder(tmp_path / "new" / "deep")
    assert (tmp_path / "new" / "deep").is_dir()


@pytest.mark.parametrize("refuse", [make_folder, check_folder])
def test_a_folder_below_a_file_is_refused(tmp_path, refuse):
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="file/out cannot be written to"):
        refuse(tmp_path / "file" / "out")
