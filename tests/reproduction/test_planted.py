"""The world itself as an editor, and what is kept of a run."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from causaray.cohorts.phantom.cohort import prepare_phantom
from causaray.cohorts.phantom.world import World
from causaray.findings import parse_prompt
from causaray.reproduction.hidden_attributes import CELLS, EDITED, PLACES, Matrix
from causaray.reproduction.planted import held_out, known_graph
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


def test_the_planted_cells_are_found_among_their_family() -> None:
    rng = np.random.default_rng(0)
    changes = 0.1 * rng.normal(size=(256, *CELLS.shape))
    changes[:, PLACES[0][0], PLACES[0][1]] += 0.3
    changes[:, 0, READOUTS.index(EDITED[0])] += 0.9  # what was asked for is no discovery
    matrix = Matrix("made by hand", changes)
    assert matrix.p[PLACES[0]] < 0.01 and matrix.p[PLACES[1]] > 0.05
    assert np.isnan(matrix.p[0, READOUTS.index(EDITED[0])])
    found, missed, others = matrix.power["32"]
    assert found == 1.0 and missed < 0.1 and others < 0.1


def test_an_array_is_made_once(tmp_path: Path) -> None:
    made = kept_array(tmp_path / "work", ("a", 1), lambda: np.arange(3))
    assert_array_equal(kept_array(tmp_path / "work", ("a", 1), lambda: pytest.fail("made twice")), made)
