"""Requests in free words."""

import numpy as np
import pytest

from causaray import BadInput, parse_prompt
from causaray.reports.evaluation.robustness import request, worded
from causaray.reports.prompt import read_request


def test_other_words_ask_for_the_same() -> None:
    rng = np.random.default_rng(7)
    asked = [(one, text) for one in (request(rng) for _ in range(100)) for text in worded(one, rng)]
    same = [read_request(text) == one for one, text in asked]
    assert np.mean(same) >= 0.98


def test_the_language_of_prompts_comes_first() -> None:
    assert read_request("no edema but effusion") == parse_prompt("no edema but effusion")


@pytest.mark.parametrize(
    "text", ["", "mild foo effusion.", "There is a purple effusion.", "There is an efusion.", "Hello."]
)
def test_no_word_is_passed_over(text: str) -> None:
    with pytest.raises(BadInput):
        read_request(text)
