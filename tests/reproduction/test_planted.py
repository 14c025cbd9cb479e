"""The world itself as an editor, and what is kept of a run."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from causaray.cohorts.phantom.cohort import prepare_phantom
from causaray.cohorts.phantom.world import World
from causaray.errors import BadInput
from causaray.findings import parse_prompt
from causaray.reproduction.causal_models import known_graph
from causaray.reproduction.hidden_attributes import EDITED, RELIABLE, Matrix, reliable_cells
from causaray.reproduction.planted import held_out
from causaray.reproduction.written import kept_array
from causaray.training.readouts import HIDDEN, READOUTS, attributes


class Plain:
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return images

    decode = encode


def test_the_world_without_the_relation_moves_no_mark() -> None:
    patients = World(size=32, hidden=1.0, tail=0.0).sample(40, seed=1)
    marks = {}
    for hidden in (0.0, 1.0):
        people = World(size=32, hidden=hidden, tail=0.0).sample(40, seed=1)
        sides = [people.world.counterfactual(people, parse_prompt(p)) for p in ("lung lesion", "no lung lesion")]
        assert torch.equal(known_graph(patients, Plain(), hidden)("lung lesion"), sides[0].images.clamp(0, 1))
        marks[hidden] = [attributes(side.values)[:, READOUTS.index(HIDDEN)].mean() for side in sides]
    assert marks[0.0][0] == marks[0.0][1]
    assert marks[1.0] == [1.0, 0.0]


def test_held_out_patients_are_of_split_test(tmp_path: Path) -> None:
    cohort = prepare_phantom(tmp_path / "cohort", 60, 32, hidden=0.3)
    assert len(held_out(cohort, 3)) == 3 and held_out(cohort, 3).world.hidden == 0.3
    tested = cohort.table.query("split == 'test'")["patient"].str[-6:].astype(int)
    assert_array_equal(held_out(cohort, 3).indices, tested[:3])


CELLS = tuple((i, READOUTS.index(name)) for i in range(len(EDITED)) for name in (HIDDEN, "Support Devices"))


def made_matrix(strengths: Sequence[float], planted: tuple[int, ...]) -> Matrix:
    """By hand: a relation in the first cell, of a strength in each training."""
    rng = np.random.default_rng(0)
    changes = 0.1 * rng.normal(size=(len(strengths), 256, len(EDITED), len(READOUTS)))
    changes[:, :, *CELLS[0]] += np.array(strengths)[:, None]
    changes[:, :, 0, READOUTS.index(EDITED[0])] += 0.9  # what was asked for is no discovery
    return Matrix("world", "model", CELLS, planted, changes)


@pytest.mark.parametrize("strengths", [(0.3,), (0.32, 0.3, 0.28)])
def test_the_planted_cells_are_found_among_their_family(strengths) -> None:
    matrix = made_matrix(strengths, (0, 3))
    assert matrix.p[0] < 0.01 and matrix.p[3] > 0.05
    assert matrix.family.shape == (len(strengths), 256, len(CELLS))
    found, missed, others = matrix.found["32"]
    assert found == 1.0 and missed < 0.1 and others < 0.1


def test_what_one_training_shows_and_the_others_do_not_is_not_found() -> None:
    assert made_matrix((0.3,), ()).p[0] < 0.01
    assert made_matrix((0.3, -0.1, 0.0), ()).p[0] > 0.05


def test_a_read_out_that_cannot_be_read_is_not_tested() -> None:
    read = {name: {"images": 1.0, "reconstructions": RELIABLE} for name in READOUTS}
    assert reliable_cells(read) == CELLS
    poor = read | {"Support Devices": {"images": 1.0, "reconstructions": RELIABLE - 0.1}}
    assert reliable_cells(poor) == CELLS[::2]
    with pytest.raises(BadInput, match=HIDDEN):
        reliable_cells(poor | {HIDDEN: {"images": 1.0, "reconstructions": 0.5}})


def test_an_array_is_made_once(tmp_path: Path) -> None:
    made = kept_array(tmp_path / "work", ("a", 1), lambda: np.arange(3))
    assert_array_equal(kept_array(tmp_path / "work", ("a", 1), lambda: pytest.fail("made twice")), made)
