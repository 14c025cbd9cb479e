from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_images import a_dicom

from causaray.errors import BadInput
from causaray.imagefiles import read_scan


@pytest.fixture
def dicom_file(tmp_path) -> Callable[..., Path]:
    """Writes `a_dicom` and gives its path."""

    def write(pixels: np.ndarray, name: str = "scan.dcm", **elements) -> Path:
        a_dicom(pixels, **elements).save_as(tmp_path / name, enforce_file_format=True)
        return tmp_path / name

    return write


@pytest.fixture
def refusal() -> Callable[[Path], str]:
    """The one sentence with which a file is refused; it names the file and not the patient."""

    def read(path: Path) -> str:
        with pytest.raises(BadInput) as refused:
            read_scan(path)
        message = str(refused.value)
        assert message.startswith(str(path)) and message.endswith(".") and "\n" not in message
        assert "Doe" not in message and "MRN-77" not in message
        return message.removeprefix(str(path))

    return read
