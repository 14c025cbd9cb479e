"""A system is one folder: verbs find its editor and its experiment without another file being touched."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import causaray
from causaray import systems as package
from causaray import weightfiles
from causaray.app.verbs.reproduce import reproduce
from causaray.editors.spec import EditorSpec
from causaray.errors import BadInput
from causaray.imagefiles import write_png
from causaray.scan import Scan
from causaray.systems import declared, systems
from causaray.systems.system import imported

DECLARATION = '''
"""A system that brightens."""

from causaray.systems.system import System

SYSTEM = System(
    name="brightening",
    number=15,
    title="Brightening",
    arxiv="0000.00000",
    about="A test.",
    editors={"brightening": "causaray.systems.brightening.editor:BrighteningEditor"},
    experiments={"brightness": "causaray.systems.brightening.experiment:run"},
)
'''
EDITOR = '''
"""The editor of a system that brightens."""

from dataclasses import dataclass, field
from types import SimpleNamespace

from causaray.editors.edit import Edit
from causaray.editors.protocol import check_options


@dataclass
class BrighteningEditor:
    name: str = "bright"
    weights: str = "bright"
    digest: str = "0" * 64
    method: str = "brightening"
    names: tuple = ("Edema",)
    size: int = 64
    takes: frozenset = frozenset()
    adds_only: bool = True
    config: object = field(default_factory=lambda: SimpleNamespace(guidance=None))

    @classmethod
    def load(cls, folder, device="cpu"):
        return cls()

    def reconstruct(self, images):
        return images

    def edit(self, images, request):
        check_options(self, request)
        return Edit(images, (images + 0.1 * request.strength).clamp(0, 1))
'''
EXPERIMENT = '''
"""The experiment of a system that brightens."""


def run(options):
    options.tell("it is bright")
    return {"seeds": options.seeds}
'''


@pytest.fixture()
def fifteenth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A weights folder of a system that lies in a folder of its own."""
    folder = tmp_path / "more" / "brightening"
    folder.mkdir(parents=True)
    for name, text in (("__init__", DECLARATION), ("editor", EDITOR), ("experiment", EXPERIMENT)):
        (folder / f"{name}.py").write_text(text)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder.parent)])
    systems.cache_clear()
    weights = tmp_path / "bright"
    weights.mkdir()
    (weights / "model.safetensors").write_bytes(b"")
    about = {"method": "brightening", "name": "bright", "names": ["Edema"], "shape": {"size": 64}}
    (weights / "config.json").write_text(json.dumps(about))
    yield weights
    systems.cache_clear()


def test_what_is_declared_is_there() -> None:
    numbers = [system.number for system in systems() if system.number]
    assert numbers == sorted(set(numbers)) and {1, 2, 3, 4, 6} <= set(numbers)
    for table in ("editors", "kinds", "recipes", "experiments"):
        assert all(callable(imported(dotted)) for dotted in declared(table).values())


def test_a_fifteenth_system_is_found_by_the_verbs(fifteenth: Path, tmp_path: Path) -> None:
    scan = Scan(np.linspace(0, 0.8, 64 * 64, dtype=np.float32).reshape(64, 64))
    write_png(scan, tmp_path / "film.png")
    (made,) = causaray.edit(tmp_path / "film.png", "edema", weights=fifteenth, strength=1.0)
    assert made.method == "brightening" and made.difference.mean() > 0.05
    with pytest.raises(BadInput, match="bright takes no negative"):
        causaray.edit(tmp_path / "film.png", "edema", weights=fifteenth, negative="edema")
    told: list[str] = []
    found = reproduce("brightness", None, [], tmp_path / "out", seeds=2, tell=told.append)
    assert found == {"seeds": 2} and told == ["it is bright"]
    with pytest.raises(BadInput, match="makes no new ones"):
        causaray.generate("edema", 1, weights=fifteenth)
    assert EditorSpec.of(fifteenth).size == 64


@pytest.mark.parametrize("name", ["cxr-128", "phantom-64", "anatomy-128", "prior-128", "prior-phantom-64"])
def test_what_ships_can_be_opened(name: str) -> None:
    if name.startswith("prior"):
        pytest.importorskip("diffusers", reason="priors need the extra `prior`")
    editor = EditorSpec.of(name).open("cpu")
    assert editor.weights == name and editor.names


def test_a_prior_of_other_latents_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("diffusers", reason="priors need the extra `prior`")
    shutil.copytree(weightfiles.find("prior-128"), tmp_path / "prior")
    shutil.copy(weightfiles.find("phantom-64") / weightfiles.MODEL, tmp_path / "prior" / "autoencoder")
    with pytest.raises(BadInput, match="was learned on other weights"):
        EditorSpec.of(tmp_path / "prior").open("cpu")


def test_weights_of_no_system_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "config.json").write_text(json.dumps({"method": "magic", "shape": {"size": 64}}))
    with pytest.raises(BadInput, match="weights of method magic; those that edit are of causal-disentanglement"):
        EditorSpec.of(tmp_path).open("cpu")


def test_the_readme_says_what_the_systems_declare() -> None:
    readme = (Path(causaray.__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in readme.splitlines()
        if "(docs/systems/" in line
    ]
    assert len(rows) == len(systems())
    for row, one in zip(rows, systems(), strict=True):
        number, title, folder, about, reproduced, page = row
        assert number == (str(one.number) if one.number else "")
        assert title == (f"[{one.title}](https://arxiv.org/abs/{one.arxiv})" if one.arxiv else one.title)
        assert folder == f"[systems/{one.name}](docs/systems/{one.name}.md)"
        assert (about, reproduced) == (one.about, one.reproduced)
        assert f"docs/results/{one.page}" in page if one.page else page == ""
