"""Study: what is known of one radiograph, its image read only when asked for."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from causaray.errors import BadInput
from causaray.findings import Findings
from causaray.study import Study


def test_what_is_not_known_is_missing(tmp_path: Path) -> None:
    study = Study(tmp_path / "there is none.png", Findings(), "p1", "made")
    assert {study.age, study.sex, study.view, study.time, study.split} == {None}
    assert (study.fold, study.open, study.row) == ("", False, {})
    with pytest.raises(BadInput, match="does not exist"):
        study.scan()


def test_scan_has_the_view_and_patient_of_the_study(tmp_path: Path) -> None:
    pixels = np.arange(48 * 40, dtype=np.uint16).reshape(48, 40) % 256
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "a.png")
    scan = Study(tmp_path / "a.png", Findings(), "p1", "made", view="AP").scan()
    assert (scan.view, scan.patient) == ("AP", "p1")
    np.testing.assert_allclose(scan.pixels, pixels / 255, atol=1e-6)


def test_patient_and_row_are_not_printed(tmp_path: Path) -> None:
    assert "secret" not in repr(Study(tmp_path, Findings(), "secret", "made", row={"name": "secret"}))


def test_import_stays_light() -> None:
    heavy = "import sys, causaray.study; print({'pandas', 'torch', 'pyarrow'} & set(sys.modules) or 'light')"
    assert subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True).stdout.strip() == "light"
