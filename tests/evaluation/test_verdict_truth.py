"""The verdict on phantoms of which the truth is known, and the page of it."""

import pytest

from causaray import weightfiles

pytestmark = pytest.mark.skipif(
    not {"cxr-128", "anatomy-128"} <= {folder.name for folder in weightfiles.shipped()}, reason="weights do not ship"
)


def test_phantoms_are_told_apart_from_what_was_not_asked_for():
    from causaray.anatomy.editor import DrawnEditor
    from causaray.evaluation.verdict.known_truth import Maker, Teller, phantoms, summary, told
    from causaray.evaluation.verdict.page import page

    editor = DrawnEditor.load()
    rows = told(Maker(editor, 3), Teller(editor), phantoms(editor, 3, 3, size=128))
    assert {"true counterfactual", "copied input", "removed, true counterfactual"} <= {row["kind"] for row in rows}
    assert all(row["said"] == "not shown" for row in rows if "copied" in row["kind"])
    found = summary(rows)
    assert found["pairs"] == 3 and found["right"]["value"] > 0.7
    about = {"command": "command", "version": "0", "seed": 3, "split": "test"}
    text = page({"about": about, "sources": {"phantoms": found}})
    assert "| copied input | 1.000" in text and "3 of 3" in text
