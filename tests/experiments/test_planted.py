"""The world itself as an editor, and what is kept of a run."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from causaray.classifiers.readouts import READOUTS, attributes
from causaray.cohorts.phantom.cohort import prepare_phantom
from causaray.cohorts.phantom.world import World
from causaray.errors import BadInput
from causaray.experiments.results import kept_array
from causaray.findings import parse_prompt
from causaray.systems.hidden_relations.causal_models import known_graph
from causaray.systems.hidden_relations.experiment import EDITED, RELIABLE, TUNED, Matrix, check_readable, contrasts
from causaray.systems.hidden_relations.planted import CAUSE, UNTOLD, held_out, together


class Plain:
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return images

    decode = encode


CONFOUNDED = {"confounding": 1.0, "confounded": UNTOLD, "tail": 0.0}


def test_the_world_itself_moves_nothing_by_a_common_cause() -> None:
    patients = World(size=32, **CONFOUNDED).sample(40, seed=1)
    shown = patients.world.counterfactual(patients, parse_prompt(CAUSE.lower()))
    assert torch.equal(known_graph(patients, Plain())(CAUSE.lower()), shown.images.clamp(0, 1))
    has = [attributes(part.values)[:, READOUTS.index(UNTOLD)] for part in (patients, shown)]
    assert_array_equal(*has)


def test_what_is_planted_goes_together_and_nothing_else_does(tmp_path: Path) -> None:
    cohorts = [prepare_phantom(tmp_path / f"{c}", 1500, 32, **CONFOUNDED | {"confounding": c}) for c in (1.0, 0.0)]
    related, other = (together(cohort, (CAUSE, "Edema")) for cohort in cohorts)
    assert related[0] == 1.0
    assert abs(other[0]) < 0.1 and abs(related[1]) < 0.1 and abs(other[1]) < 0.1


def test_held_out_patients_are_of_split_test(tmp_path: Path) -> None:
    cohort = prepare_phantom(tmp_path / "cohort", 60, 32, hidden=0.3)
    assert len(held_out(cohort, 3)) == 3 and held_out(cohort, 3).world.hidden == 0.3
    tested = cohort.table.query("split == 'test'")["patient"].str[-6:].astype(int)
    assert_array_equal(held_out(cohort, 3).indices, tested[:3])


def made_matrix(strengths: Sequence[float], planted: bool) -> Matrix:
    """By hand: what the first edit moves of UNTOLD, in each training."""
    rng = np.random.default_rng(10 + planted)
    changes = 0.1 * rng.normal(size=(len(strengths), 256, len(EDITED), len(READOUTS)))
    changes[:, :, 0, READOUTS.index(UNTOLD)] += np.array(strengths)[:, None]
    changes[:, :, 0, READOUTS.index(EDITED[0])] += 0.9  # what was asked for is no discovery
    return Matrix("related" if planted else "null", TUNED, planted, changes)


def test_what_all_confuse_is_found_against_nothing_and_not_against_the_null() -> None:
    related, null = made_matrix((0.52, 0.48), True), made_matrix((0.22, 0.18), False)
    assert null.p[0] < 0.01 and (null.p[1:] > 0.05).all()
    both, first, second, one, other = contrasts([related, null])
    assert [both.name, first.name, other.name] == [
        "related, fine-tunings",
        "related, fine-tunings 0",
        "null, fine-tunings 1",
    ]
    assert both.whole.mean[0] == pytest.approx(0.3, abs=0.02) and both.whole.p[0] < 0.01
    for run in (both, first, second):
        found, others = run.found["128"]
        assert found == 1.0 and others < 0.1
    for run in (one, other):
        assert (run.whole.p > 0.05).all() and run.found["128"][0] < 0.1


def test_what_cannot_be_read_is_not_looked_for() -> None:
    check_readable({UNTOLD: {"images": 1.0, "reconstructions": RELIABLE}})
    with pytest.raises(BadInput, match=UNTOLD):
        check_readable({UNTOLD: {"images": 1.0, "reconstructions": RELIABLE - 0.1}})


def test_an_array_is_made_once(tmp_path: Path) -> None:
    made = kept_array(tmp_path / "work", ("a", 1), lambda: np.arange(3))
    assert_array_equal(kept_array(tmp_path / "work", ("a", 1), lambda: pytest.fail("made twice")), made)
