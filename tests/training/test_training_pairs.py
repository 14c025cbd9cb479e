from pathlib import Path

import numpy as np
import pytest
import torch

from causaray.anatomy.reader import AnatomyReader
from causaray.cohorts.phantom import prepare_phantom, truth
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.systems.causal_disentanglement.request_rows import request_columns
from causaray.systems.causal_disentanglement.training.drawn_pairs import LEAST, wish
from causaray.systems.causal_disentanglement.training.pairs import Pair, Pairs, write_pairs
from causaray.systems.causal_disentanglement.training.phantom_pairs import phantom_pairs
from causaray.systems.causal_disentanglement.training.true_groups import group_batches

NAMES = ("No Finding", "Cardiomegaly", "Consolidation", "Pleural Effusion", "Support Devices")
ILL = NAMES[1:]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    folder = tmp_path_factory.mktemp("pairs")
    cohort = prepare_phantom(folder / "phantom", 40, size=64, seed=3)
    return write_pairs(phantom_pairs(cohort, NAMES, ILL, 128, 0), 128, 64, folder / "pairs")


def test_pairs_are_kept_and_opened_as_they_were(pairs: Pairs, tmp_path: Path) -> None:
    rows = {"key": np.array(4), "severity": np.array(0.5, np.float32)}
    film = torch.linspace(0, 1, 64 * 64).view(64, 64)
    write_pairs([Pair(film, 1 - film, film, rows)] * 3, 2, 64, tmp_path / "kept")
    again = Pairs.open(tmp_path / "kept")
    assert len(again) == 2
    assert torch.equal(again.sheets(np.array([1]))[0, 0], (film * 255).round() / 255)
    with pytest.raises(BadInput, match="No finding could be drawn"):
        write_pairs([], 2, 64, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(BadInput, match="whole pairs"):
        Pairs.open(tmp_path)


def test_pairs_of_phantoms_are_their_true_counterfactuals(tmp_path: Path) -> None:
    cohort = prepare_phantom(tmp_path / "phantom", 32, size=64, seed=5)
    for pair in phantom_pairs(cohort, NAMES, ("Pleural Effusion",), 8, 1):
        column = request_columns(NAMES).index("Pleural Effusion right")
        right, left = pair.rows["asked"][column : column + 2]
        assert max(right, left) > 0.1
        assert pair.rows["before"][3] == 0 and pair.rows["after"][3] == 1
        half = pair.share[:, :32].sum(), pair.share[:, 32:].sum()
        if left == 0:
            assert half[0] > half[1], "the patient's right is the image's left"
        if right == 0:
            assert half[1] > half[0]
    without = truth(cohort, parse_prompt("no pleural effusion"))[:, 0]
    film = next(phantom_pairs(cohort, NAMES, ("Pleural Effusion",), 1, 1)).film
    assert ((without - film).abs().amax((1, 2)) < 1 / 255).any()


def test_rows_say_what_changes(pairs: Pairs) -> None:
    rows, columns = pairs.rows, request_columns(NAMES)
    assert set(np.unique(rows["key"] // 4)) == {1, 2, 3, 4}
    for i in range(len(pairs)):
        column = int(rows["key"][i]) // 4
        asked = rows["asked"][i][2 * column : 2 * column + 2]
        assert np.nanmax(asked) == pytest.approx(float(rows["severity"][i]))
        assert rows["after"][i][column] == 1 and rows["shown"][i][column] == 1
        said = {columns[j].rsplit(" ", 1)[0] for j in np.flatnonzero(np.isfinite(rows["asked"][i]))} - {""}
        assert NAMES[column] in said


def test_couples_ask_alike_and_steps_repeat(pairs: Pairs) -> None:
    draw = group_batches(pairs, 8, 0, 1.0, torch.device("cpu"))
    groups, rows = draw(5)
    assert groups.films.shape == groups.drawn.shape == groups.share.shape == (8, 1, 64, 64)
    keys = pairs.rows["key"][rows]
    assert (keys == keys[groups.partner.numpy()]).all()
    again, same = draw(5)
    assert torch.equal(groups.drawn, again.drawn) and (rows == same).all()
    assert (draw(6)[1] != rows).any()
    still = group_batches(pairs, 8, 0, 0.0, torch.device("cpu"))(5)[0]
    assert torch.equal((still.films * 255).round(), torch.from_numpy(pairs.films[rows][:, None].astype(np.float32)))


@pytest.mark.parametrize(
    "name", ["Pleural Effusion", "Edema", "Nodule", "Consolidation", "Support Devices", "Pneumonia"]
)
def test_wishes_are_within_what_can_be_drawn(name: str) -> None:
    wishes = [wish(name, True, np.random.default_rng(i)) for i in range(60)]
    assert all(LEAST <= lesion.severity <= 1 for one in wishes for lesion in one.lesions)
    assert all(lesion.sides == ("right",) for one in wishes for lesion in one.lesions if one.place == "middle lobe")
    if name == "Edema":
        assert all(one.sides[0] == one.sides[1] > 0 and one.lesions[0].sides == () for one in wishes)
    if name == "Nodule":
        assert {one.place for one in wishes} == {"upper zone", "middle zone", "lower zone"}
        assert all(min(one.sides) == 0 for one in wishes)
    if name == "Pleural Effusion":
        assert {one.place for one in wishes} == {None, "diffuse"}
        assert any(min(one.sides) > 0 for one in wishes)
    if name == "Pneumonia":
        assert {lesion.name for one in wishes for lesion in one.lesions} == {"Consolidation"}


def test_phantoms_keep_the_coordinates_that_are_read_of_them(pairs: Pairs) -> None:
    still, _ = group_batches(pairs, 6, 0, 0.0, torch.device("cpu"))(0)
    moved, _ = group_batches(pairs, 6, 0, 1.0, torch.device("cpu"))(0)
    assert moved.places is None, "of films that are moved they are read anew"
    assert still.places is not None and still.places.shape == (6, 2, 10, 64, 64)
    read = AnatomyReader.load().read(still.drawn).place.sheets()
    kept = torch.nn.functional.avg_pool2d(read, 2)
    assert (still.places[:, 1] - kept).abs().mean() < 0.01
