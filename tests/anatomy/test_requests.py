import pytest

from causaray.anatomy.requests import SEVERITY, lesions
from causaray.errors import BadInput
from causaray.findings import parse_prompt


def asked(prompt, seed=0, **more):
    return lesions(parse_prompt(prompt), seed, **more)


def test_words_become_numbers_and_sides():
    (one,) = asked("severe left pleural effusion")
    assert (one.name, one.severity, one.sides) == ("Pleural Effusion", SEVERITY["severe"], ("left",))
    both = asked("mild bilateral pneumothorax")
    assert [lesion.sides for lesion in both] == [("right",), ("left",)]


def test_what_is_left_open_is_drawn_by_lot():
    sides = {asked("pleural effusion", seed)[0].sides for seed in range(20)}
    assert sides == {("left",), ("right",)}
    assert {asked("consolidation", seed)[0].where for seed in range(20)} == {"upper lobe", "lower lobe"}
    assert asked("pneumonia", 3) == asked("pneumonia", 3)


def test_strength_scales_severity_and_nothing_is_drawn_at_zero():
    assert asked("moderate edema", strength=0.35)[0].severity == pytest.approx(SEVERITY["moderate"] / 2)
    assert asked("moderate edema", strength=0.0) == []
    assert asked("severe edema", strength=1.0)[0].severity == 1.0


@pytest.mark.parametrize(
    "prompt, words",
    [
        ("no effusion", "not taken away"),
        ("hernia", "cannot be drawn"),
        ("left cardiomegaly", "no side"),
        ("upper lobe pleural effusion", "cannot be drawn in the place"),
        ("basal cardiomegaly", "no place"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(prompt, words):
    with pytest.raises(BadInput, match=words):
        asked(prompt)
