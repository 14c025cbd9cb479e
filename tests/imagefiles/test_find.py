import pytest
from made_images import quarters

from causaray.errors import BadInput
from causaray.imagefiles import SCAN_SUFFIXES, find_scans


def test_a_file_stands_for_itself(tmp_path):
    path = tmp_path / "whatever.xyz"
    path.write_text("")
    assert find_scans(str(path)) == [path]


def test_a_folder_stands_for_the_images_under_it_in_order(tmp_path, dicom_file):
    wanted = ["b.png", "a.JPG", "deep/er/c.tiff", "deep/d.Dcm"]
    unwanted = ["notes.txt", "table.csv", ".hidden.png", ".cache/e.png", "noimage"]
    for name in wanted + unwanted:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    for name in ("IM0001", "1.2.840.113"):
        wanted.append(dicom_file(quarters(1, 2, 3, 4), name=name).name)
    dicom_file(quarters(1, 2, 3, 4), name="DICOMDIR")
    assert find_scans(tmp_path) == sorted(tmp_path / name for name in wanted)


def test_a_folder_below_a_hidden_one_is_searched(tmp_path):
    folder = tmp_path / ".data" / "scans"
    folder.mkdir(parents=True)
    (folder / "a.png").write_text("")
    assert find_scans(folder) == [folder / "a.png"]


@pytest.mark.parametrize("suffix", sorted(SCAN_SUFFIXES))
def test_every_suffix_counts(tmp_path, suffix):
    (tmp_path / f"a{suffix}").write_text("")
    assert len(find_scans(tmp_path)) == 1


def test_nothing_there_and_nothing_in_it_are_refused(tmp_path):
    with pytest.raises(BadInput, match="gone does not exist"):
        find_scans(tmp_path / "gone")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(BadInput, match="holds no DICOM, PNG, JPEG or TIFF image"):
        find_scans(tmp_path)
