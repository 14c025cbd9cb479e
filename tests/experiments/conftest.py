from pathlib import Path

import pytest
import yaml
from tiny_recipe import RECIPE


@pytest.fixture
def tiny_recipe(tmp_path: Path) -> Path:
    """A recipe that is done in a second."""
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(RECIPE))
    return tmp_path / "tiny.yaml"
