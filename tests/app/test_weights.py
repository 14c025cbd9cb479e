import hashlib

import pytest

import causaray
from causaray import weightfiles
from causaray.app.cli import main
from causaray.errors import BadInput


@pytest.fixture
def shipped(editor_folder, monkeypatch):
    monkeypatch.setattr(weightfiles, "SHIPPED", editor_folder.parent)


@pytest.mark.usefixtures("shipped")
def test_what_ships_is_found_by_name(editor_folder):
    assert weightfiles.find("tiny") == editor_folder == weightfiles.find(editor_folder)
    (one,) = causaray.weights()
    model = (editor_folder / "model.safetensors").read_bytes()
    assert (one.name, one.size, one.licence) == ("tiny", len(model), "apache-2.0")
    assert one.digest == hashlib.sha256(model).hexdigest()


@pytest.mark.usefixtures("shipped")
def test_a_near_name_is_suggested():
    with pytest.raises(BadInput, match="There are no weights called tinny; did you mean tiny"):
        weightfiles.find("tinny")


@pytest.mark.usefixtures("shipped")
def test_the_command_lists_and_shows_the_card(capsys):
    assert main(["weights"]) == 0
    assert capsys.readouterr().out.startswith("tiny  ")
    assert main(["weights", "tiny"]) == 0
    assert "# tiny" in capsys.readouterr().out


def test_safetensors_beside_a_pickle_are_taken(editor_folder, tmp_path):
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "optimiser.pt").touch()
    assert weightfiles.find(tmp_path) == tmp_path
    assert weightfiles.licence(tmp_path) == "unknown"
