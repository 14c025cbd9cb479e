import pytest
from made_images import BARE, bare, quarters

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


@pytest.mark.parametrize("encoding", BARE)
def test_a_dicom_file_without_preamble_counts_whatever_its_name(tmp_path, encoding):
    wanted = bare(tmp_path / "IM0001", encoding, quarters(1, 2, 3, 4))
    for number, content in enumerate((b"", b"\x08", b"\x08\x00A4 sheet, in short", b"text" * 40, bytes(200))):
        (tmp_path / f"noimage{number}").write_bytes(content)
    assert find_scans(tmp_path) == [wanted]


def test_links_are_followed_and_what_several_lead_to_is_found_once(tmp_path):
    study, elsewhere = tmp_path / "study", tmp_path / "elsewhere"
    for file in (study / "real" / "one.png", elsewhere / "deep" / "two.png", elsewhere / "three.png"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    for link, to in {
        "a-link": "real",
        "real/up": "..",
        "real/self": "self",
        "images_001": "../elsewhere",
        "images_002": "../elsewhere/deep",
        "again.png": "real/one.png",
        "of-a-file.png": "../elsewhere/three.png",
    }.items():
        (study / link).symlink_to(to)
    # links of files are taken before those of folders only where they come first by name
    assert {file.relative_to(study).as_posix() for file in find_scans(study)} == {
        *("real/one.png", "images_001/three.png", "images_001/deep/two.png")
    }


def test_links_to_nothing_are_found_to_be_refused_by_name(tmp_path, refusal):
    for link, to in {"a.png": "gone.png", "b.png": "c.png", "c.png": "b.png", "folder": "nowhere"}.items():
        (tmp_path / link).symlink_to(to)
    assert find_scans(tmp_path) == [tmp_path / name for name in ("a.png", "b.png", "c.png")]
    assert all("is a link to nothing" in refusal(file) for file in find_scans(tmp_path))
    with pytest.raises(BadInput, match="does not exist"):
        find_scans(tmp_path / "folder")


def test_a_name_that_no_file_can_have_does_not_exist(tmp_path, refusal):
    for name in ("n" * 300, "a\0b"):
        with pytest.raises(BadInput, match="does not exist"):
            find_scans(tmp_path / name)


def test_nothing_there_and_nothing_in_it_are_refused(tmp_path):
    with pytest.raises(BadInput, match="gone does not exist"):
        find_scans(tmp_path / "gone")
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(BadInput, match="holds no DICOM, PNG, JPEG or TIFF image"):
        find_scans(tmp_path)
