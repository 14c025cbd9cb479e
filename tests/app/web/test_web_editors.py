"""Several editors on one server: which there are, and that each edits what it is asked for."""

from pathlib import Path

import pytest
from film_weights import needs_net
from web_server import edit, refusal, serving, until

from causaray.app.web.service import Service
from causaray.errors import BadInput

ADULT = Path(__file__).parents[3] / "src/causaray/app/demo/adult.jpg"


@pytest.fixture
def web(editor_folder, judge):
    """A client of a server of the untrained editor, beside which there is the one that draws."""
    service = Service(editor_folder, places=2, against=["drawn"])
    with serving(service) as client:
        until(lambda: service.state == "ready")
        yield client


@needs_net
def test_each_edits_what_it_is_asked_for_or_says_why_not(web):
    first, second = web.get("/v1/editors").json()["editors"]
    assert (first["name"], first["adds_only"], second["name"], second["adds_only"]) == ("tiny", False, "drawn", True)
    assert "Cardiomegaly" in second["findings"] and "Cardiomegaly" not in first["findings"]
    told = edit(web, ADULT, prompt="cardiomegaly", editor="drawn")
    assert (told.json()["method"], told.json()["edited_at"]) == ("drawn", None)
    assert edit(web, ADULT).json()["weights"] == edit(web, ADULT, editor="tiny").json()["weights"] == "tiny"
    for fields, said in [
        ({"editor": "nobody"}, 'The editor "nobody" is none of tiny, drawn.'),
        ({"prompt": "cardiomegaly"}, "Cardiomegaly"),
        ({"prompt": "no pneumonia", "editor": "drawn"}, "findings are drawn, not taken away"),
    ]:
        status, sentence = refusal(edit(web, ADULT, **fields))
        assert status == 422 and said in sentence


def test_an_editor_is_named_once(editor_folder):
    with pytest.raises(BadInput, match="Each editor is named once; here are tiny, tiny"):
        Service(editor_folder, against=[editor_folder])
    with pytest.raises(BadInput, match="holds no weights of an editor"):
        Service(editor_folder, against=["judge-224"])
