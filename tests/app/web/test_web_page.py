"""The page: its files, what it asks the server before an edit, and nothing from any other host."""

import io
import re

import pytest
from PIL import Image
from web_server import client, refusal, serving, until

from causaray.app.web.page import KINDS, PAGES
from causaray.app.web.service import Service


@pytest.fixture
def page(editor_folder, judge):
    service = Service(editor_folder, places=2)
    with serving(service, page=True) as web:
        until(lambda: service.state == "ready")
        yield web


def test_the_files_are_there_and_fetch_nothing_from_elsewhere(page):
    texts = [page.get(PAGES.get(name, f"/{name}")) for name in KINDS]
    assert {one.status_code for one in texts} == {200}
    assert not any(re.search(r"https?://", one.text) for one in texts)
    assert "frame-ancestors 'none'" in texts[0].headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "scripts"),
    [
        ("/", ["page.js", "film.js", "request.js", "history.js", "result.js", "viewer.js", "gestures.js", "strip.js"]),
        ("/", ["page.js", "save.js", "signs.js", "words.js"]),
        ("/audit", ["audit.js"]),
        ("/cohort", ["cohort.js"]),
    ],
)
def test_every_name_that_a_script_uses_is_in_its_page(page, path, scripts):
    text = page.get(path).text
    ids = set(re.findall(r'id="([a-z]+)"', text))
    for script in scripts:
        assert set(re.findall(r'\$\("([a-z]+)"\)', page.get(f"/{script}").text)) <= ids
    assert f'src="{scripts[0]}"' in text and "<style" not in text and "onclick" not in text


@pytest.mark.parametrize("path", ["/", "/audit", "/cohort"])
def test_each_page_leads_to_all_and_says_which_it_is(page, path):
    (nav,) = re.findall(r'<nav aria-label="Pages">(.*?)</nav>', page.get(path).text)
    assert re.findall(r'href="\.(/[a-z]*)"', nav) == ["/", "/audit", "/cohort"]
    assert re.findall(r'href="\.(/[a-z]*)" aria-current="page"', nav) == [path]


def test_what_is_understood_is_told_before_the_edit(page):
    said = page.post("/understood", files={"prompt": (None, "There is a small left effusion.")})
    assert said.json() == {"request": "mild left pleural effusion"}
    assert refusal(page.post("/understood", files={"prompt": (None, "purple")}))[0] == 422


@pytest.mark.parametrize("path", ["/", "/audit", "/cohort"])
def test_no_page_speaks_the_language_of_the_command_line(page, path):
    assert not re.search(r"--[a-z]|<code>|causaray [a-z]+ ", re.sub(r"<!--.*?-->", "", page.get(path).text))


def test_a_film_is_warned_of_before_it_is_edited(page, png):
    def warned(content: bytes) -> dict:
        return page.post("/warned", files={"image": ("x", content)}).json()

    noise = io.BytesIO()
    Image.effect_noise((96, 96), 80).save(noise, "PNG")
    assert warned(noise.getvalue())["unread"].startswith("The film ")
    assert set(warned(png.read_bytes())) == {"unlike", "unread"}
    assert refusal(page.post("/warned", files={"image": ("x", b"no image")}))[0] == 422


def test_the_examples_can_be_edited(page):
    examples = page.get("/examples").json()
    assert len(examples) == 3
    for one in examples:
        assert page.post(
            "/seen", files={"image": (one["name"], page.get(f"/examples/{one['name']}").content)}
        ).is_success


@pytest.mark.parametrize("kind", ["png", "dicom"])
def test_a_file_is_shown_with_its_own_pixels(page, kind, request):
    content = request.getfixturevalue(kind).read_bytes()
    answer = page.post("/seen", files={"image": ("x", content)})
    assert Image.open(io.BytesIO(answer.content)).size == (96, 96)
    assert refusal(page.post("/seen", files={"image": ("x", b"no image")}))[0] == 422


def test_the_page_needs_the_token_where_the_api_does(editor_folder, judge):
    with serving(Service(editor_folder, places=2), token="t" * 20, page=True) as web:
        assert web.post("/understood", files={"prompt": (None, "edema")}).status_code == 401
        known = client(str(web.base_url), headers={"Authorization": f"Bearer {'t' * 20}"})
        assert known.get("/page.js").status_code == 200
