from pathlib import Path

import pytest

from causaray.app.inputs import scan_files
from causaray.app.outputs import check_outputs, stems
from causaray.errors import BadInput


def test_names_of_results_do_not_clash():
    files = [Path(name) for name in ("a/scan.png", "b/SCAN.dcm", "c/scan-2.png", "1.2.840.113")]
    assert stems(files) == ["scan", "SCAN-2", "scan-2-2", "1.2.840.113"]


def test_long_names_are_cut_between_letters_and_do_not_clash():
    long, wide = "n" * 245, "胸" * 83
    names = stems([Path(f"a/{long}.png"), Path(f"b/{long}.png"), Path(f"{wide}.png"), Path("scan.png")])
    assert names == ["n" * 180, "n" * 180 + "-2", "胸" * 60, "scan"]
    assert all(len(f".{name}-counterfactual-film.png.1234567.part".encode()) <= 255 for name in names)


def test_a_folder_that_leads_in_a_ring_is_refused(tmp_path):
    (tmp_path / "ring").symlink_to("ring")
    with pytest.raises(BadInput, match="ring cannot be written to"):
        check_outputs([tmp_path / "ring" / "a.png"], force=False, inputs=[tmp_path / "ring"])


def test_an_input_is_never_written_over(tmp_path):
    with pytest.raises(BadInput, match="would be written over"):
        check_outputs([tmp_path / "a.png"], force=True, inputs=[tmp_path / "sub" / ".." / "a.png"])


def test_what_is_there_stays_unless_forced(tmp_path):
    (tmp_path / "a.png").touch()
    with pytest.raises(BadInput, match=r"a\.png is there already"):
        check_outputs([tmp_path / "a.png"], force=False)
    check_outputs([tmp_path / "a.png"], force=True)


def test_checking_makes_no_folder(tmp_path):
    check_outputs([tmp_path / "new" / "deep" / "a.png"], force=False)
    assert not (tmp_path / "new").exists()


def test_results_in_a_folder_are_not_edited_again(png, tmp_path):
    earlier = tmp_path / "patient-counterfactual.png"
    earlier.write_bytes(png.read_bytes())
    assert scan_files(tmp_path) == [png]
    assert scan_files([earlier, png]) == [earlier, png]
    png.unlink()
    with pytest.raises(BadInput, match="only earlier results"):
        scan_files(tmp_path)
