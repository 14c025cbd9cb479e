from pathlib import Path

import pytest
import yaml

TINY = {"steps": 2, "batch": 6, "lr": 1e-3}
RECIPE = {
    "name": "tiny", "about": "A test.", "size": 64, "graded": True,
    "latent": {"width": 16, "depth": 1, "transformer_layers": 1, "transformer_dim": 16},
    "guide": {**TINY, "width": 8, "views": [["small", 32]]}, "stage1": {**TINY, "swap_every": 1},
    "stage2": {**TINY, "dim": 32, "layers": 1, "cache": 64, "sampling_steps": 2},
}  # fmt: skip


@pytest.fixture
def tiny_recipe(tmp_path: Path) -> Path:
    """A recipe that is done in a second."""
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(RECIPE))
    return tmp_path / "tiny.yaml"
