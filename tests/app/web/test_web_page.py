"""The page: its files, what it asks the server before an edit, and nothing from any other host."""

import io
import re

import pytest
from PIL import Image
from web_server import client, refusal, serving, until

from causaray.app.web.page import KINDS
from causaray.app.web.service import Service


@pytest.fixture
def page(editor_folder, judge):
    service = Service(editor_folder, places=2)
    with serving(service, page=True) as web:
        until(lambda: service.state == "ready")
        yield web


def test_the_files_are_there_and_fetch_nothing_from_elsewhere(page):
    texts = [page.get("/")] + [page.get(f"/{name}") for name in KINDS if name != "index.html"]
    assert [one.status_code for one in texts] == [200] * len(KINDS)
    assert not any(re.search(r"https?://", one.text) for one in texts)
    assert "frame-ancestors 'none'" in texts[0].headers["content-security-policy"]


def test_every_name_that_the_script_uses_is_in_the_page(page):
    ids = set(re.findall(r'id="([a-z]+)"', page.get("/").text))
    scripts = "".join(page.get(f"/{name}").text for name in KINDS if name.endswith(".js"))
    assert set(re.findall(r'\$\("([a-z]+)"\)', scripts)) <= ids


def test_what_is_understood_is_told_before_the_edit(page):
    said = page.post("/understood", files={"prompt": (None, "There is a small left effusion.")})
    assert said.json() == {"request": "mild left pleural effusion"}
    assert refusal(page.post("/understood", files={"prompt": (None, "purple")}))[0] == 422


@pytest.mark.parametrize("kind", ["png", "dicom"])
def test_a_file_is_shown_as_the_editor_sees_it(page, kind, request):
    content = request.getfixturevalue(kind).read_bytes()
    answer = page.post("/seen", files={"image": ("x", content)})
    assert Image.open(io.BytesIO(answer.content)).size == (64, 64)
    assert refusal(page.post("/seen", files={"image": ("x", b"no image")}))[0] == 422


def test_the_page_needs_the_token_where_the_api_does(editor_folder, judge):
    with serving(Service(editor_folder, places=2), token="t" * 20, page=True) as web:
        assert web.post("/understood", files={"prompt": (None, "edema")}).status_code == 401
        known = client(str(web.base_url), headers={"Authorization": f"Bearer {'t' * 20}"})
        assert known.get("/page.js").status_code == 200
