"""`causaray follow-up`: what is written, and what is refused in one sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from pydicom import Dataset

import causaray
from causaray.app.verbs.follow_up import check_pair
from causaray.errors import BadInput
from causaray.imagefiles import read_scan, write_png
from causaray.scan import Scan
from causaray.systems.progemu.change_tokeniser import ChangeTokeniser
from causaray.systems.progemu.model import Config, Nets, ProgEmu
from causaray.systems.progemu.sequence import Layout
from causaray.systems.progemu.tokeniser import FilmTokeniser, TokeniserShape
from causaray.systems.progemu.transformer import Transformer, TransformerShape


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learned nothing."""
    torch.manual_seed(0)
    shape, words = (
        TokeniserShape(32, 16, 24),
        ("edema", "resolved", "worse", "pleural", "effusion", "is", "new", ".", ","),
    )
    layout = Layout(16, 8, 6, 24, 25, len(words) + 2)
    nets = Nets(FilmTokeniser(shape), ChangeTokeniser(shape), Transformer(layout, TransformerShape(32, 2, 2)))
    config = Config("tiny", ("Edema", "Pleural Effusion"), shape, shape, layout, TransformerShape(32, 2, 2), words)
    folder = tmp_path_factory.mktemp("weights") / "tiny"
    ProgEmu(nets, config).save(folder)
    return folder


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("films") / "prior.png"
    write_png(Scan(np.linspace(0.1, 0.9, 48 * 40, dtype=np.float32).reshape(48, 40)), file)
    return file


def test_a_follow_up_is_a_film_a_text_and_a_record(weights: Path, film: Path, tmp_path: Path) -> None:
    made = causaray.follow_up(film, tmp_path, prompt="effusion larger, edema resolved", weights=weights)
    assert made.prompt == "worse pleural effusion, resolved edema"
    assert [file.name for file in made.files] == [f"prior-follow-up.{ending}" for ending in ("json", "txt", "png")]
    told = json.loads(made.files[0].read_text())
    assert told["guidance"] == made.guidance == 1.0
    assert told["synthetic"] is True and told["text"] == made.text and told["weights"] == "tiny"
    assert made.files[1].read_text() == made.text + "\n"
    assert read_scan(made.files[2]).pixels.shape == (48, 40)
    with pytest.raises(BadInput, match="is there already"):
        causaray.follow_up(film, tmp_path, prompt="edema resolved", weights=weights)
    assert causaray.follow_up(film, prompt="edema resolved", weights=weights, guidance=2.0).guidance == 2.0
    again = causaray.follow_up(film, prompt="effusion larger, edema resolved", weights=weights)
    assert again.text == made.text and np.array_equal(again.film.pixels, made.film.pixels)


def test_of_a_later_film_it_is_told_what_changed(weights: Path, film: Path, tmp_path: Path) -> None:
    made = causaray.follow_up(film, tmp_path, later=film, weights=weights)
    assert made.film is None and [file.suffix for file in made.files] == [".json", ".txt"]
    told = json.loads(made.files[0].read_text())
    assert told["synthetic"] is False and told["guidance"] is None
    with pytest.raises(BadInput, match="--guidance is of a prompt"):
        causaray.follow_up(film, later=film, weights=weights, guidance=2.0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "Say what is to happen by --prompt"),
        ({"prompt": "edema", "later": "x.png"}, "one of the two"),
        ({"prompt": ""}, "changes nothing"),
        ({"prompt": "no change"}, "changes nothing"),
        ({"prompt": "florbs larger"}, "florbs"),
        ({"prompt": "effusion larger, edema resolved, new edema"}, "tiny reads 7 words and stops"),
        ({"prompt": "new hernia"}, "tiny never saw Hernia; it knows Edema, Pleural Effusion"),
    ],
)
def test_what_cannot_be_followed_is_refused(weights: Path, film: Path, tmp_path: Path, asked, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        causaray.follow_up(film, tmp_path, weights=weights, **asked)
    assert not list(tmp_path.iterdir())


def test_weights_of_another_kind_are_refused(film: Path) -> None:
    with pytest.raises(BadInput, match="here progemu is needed"):
        causaray.follow_up(film, prompt="edema", weights="phantom-64")


def test_two_films_are_of_one_patient_in_their_order() -> None:
    def scan(patient: str, day: str) -> Scan:
        header = Dataset()
        header.StudyDate = day
        pixels = np.linspace(0, 1, 32 * 32, dtype=np.float32).reshape(32, 32)
        return Scan(pixels, patient=patient, source=Path(f"{patient}-{day}.dcm"), header=header)

    check_pair(scan("a", "20200101"), scan("a", "20200103"))
    check_pair(scan("a", ""), scan("a", "20200103"))
    with pytest.raises(BadInput, match="are films of two patients"):
        check_pair(scan("a", "20200101"), scan("b", "20200103"))
    with pytest.raises(BadInput, match="is older than"):
        check_pair(scan("a", "20200103"), scan("a", "20200101"))
