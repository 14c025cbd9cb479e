import torch

from causaray.editors.conditions import asked_labels
from causaray.findings import parse_prompt
from causaray.nets.losses import label_evidence

NAMES = ("Edema", "Pneumothorax")


def test_a_request_is_the_label_row_that_it_describes() -> None:
    asked = asked_labels(parse_prompt("severe left pneumothorax, no edema"), NAMES)
    assert asked.tolist() == [[0.0, 1.0]]
    assert asked_labels(parse_prompt("edema"), NAMES).isnan().tolist() == [[False, True]]
    assert asked_labels((), NAMES).isnan().all()


def test_severity_and_side_have_columns_of_their_own_where_they_were_learned() -> None:
    row = asked_labels(parse_prompt("severe left pneumothorax, no edema"), NAMES, graded=True)[0]
    assert row[:2].tolist() == [0, 0]
    assert row[2].isnan() and row[3] > 0.7, "right was not spoken of; left is the last column"
    mild, bilateral = (asked_labels(parse_prompt(p), NAMES, graded=True)[0] for p in ("mild edema", "bilateral edema"))
    assert mild[0] == mild[1] < bilateral[0] == bilateral[1]


def test_evidence_tells_absent_unknown_mild_and_severe_apart() -> None:
    evidence = label_evidence(torch.tensor([[0.0, torch.nan, 0.2, 1.0]]))[0]
    assert evidence.tolist()[:2] == [-1, 0] and evidence[3] == 1
    assert 0.3 < evidence[2] < 0.6
