"""The page: its files, what it asks the server before an edit, and nothing from any other host."""

import io
import re

import made_onnx
import pytest
from PIL import Image
from reading_served import small_set
from web_server import client, refusal, serving, until

from causaray.app.web.page import PAGES, SCRIPTS, STYLES
from causaray.app.web.reading import reading_room
from causaray.app.web.service import Service
from causaray.evaluation.reading_room.answers import AnswerFile
from causaray.evaluation.reading_room.reader_set import ReaderSet

PATHS = [path for path, _ in PAGES.values()]


@pytest.fixture
def page(editor_folder, judge):
    service = Service(editor_folder, places=2)
    with serving(service, page=True) as web:
        until(lambda: service.state == "ready")
        yield web


def test_the_files_are_there_and_fetch_nothing_from_elsewhere(page):
    texts = [page.get(path) for path in (*PATHS, *(f"/{name}" for name in (*SCRIPTS, *STYLES)))]
    assert {one.status_code for one in texts} == {200}
    assert not any(re.search(r"https?://", one.text) for one in texts)
    assert "frame-ancestors 'none'" in texts[0].headers["content-security-policy"]


SCRIPTS_OF = {
    "/": [
        *("page.js", "film.js", "request.js", "history.js", "result.js", "viewer.js", "gestures.js", "strip.js"),
        *("save.js", "signs.js", "words.js", "intext.js", "progress.js", "ready.js"),
    ],
    "/compare": ["compare.js", "film.js", "request.js", "viewer.js", "gestures.js", "progress.js", "ready.js"],
    "/forecast": ["forecast.js", "film.js", "progress.js"],
    "/audit": ["audit.js", "progress.js"],
    "/cohort": ["cohort.js"],
}


def test_every_name_that_a_script_uses_is_in_its_page(page):
    for path, scripts in SCRIPTS_OF.items():
        text = page.get(path).text
        ids = set(re.findall(r'id="([a-z]+)"', text))
        for script in scripts:
            assert set(re.findall(r'\$\("([a-z]+)"\)', page.get(f"/{script}").text)) <= ids, (path, script)
        assert f'src="{scripts[0]}"' in text and "<style" not in text and "onclick" not in text


def test_each_page_leads_to_all_says_which_it_is_and_speaks_no_language_of_the_command_line(page):
    for path in PATHS:
        text = page.get(path).text
        (nav,) = re.findall(r'<nav aria-label="Pages">(.*?)</nav>', text)
        assert re.findall(r'href="\.(/[a-z]*)"', nav) == PATHS
        assert re.findall(r'href="\.(/[a-z]*)" aria-current="page"', nav) == [path]
        assert not re.search(r"--[a-z]|<code>|causaray [a-z]+ ", re.sub(r"<!--.*?-->", "", text))


def test_what_is_understood_is_told_before_the_edit(page):
    said = page.post("/understood", files={"prompt": (None, "There is a small left effusion.")})
    assert said.json() == {"request": "mild left pleural effusion"}
    assert refusal(page.post("/understood", files={"prompt": (None, "purple")}))[0] == 422


def test_the_findings_of_a_classifier_are_told_before_it_is_audited(page):
    def told(content: bytes, **stated: str):
        return page.post("/auditable", files={"model": ("m.onnx", content)}, data=stated)

    assert told(made_onnx.base_reader()).json() == {"findings": ["Pleural Effusion"]}
    blind = made_onnx.content(made_onnx.np.full((8, 8), 1 / 64), 0.5, said={})
    assert "It is not known" in refusal(told(blind))[1]
    assert told(blind, model_findings="pneumonia").json() == {"findings": ["Pneumonia"]}
    assert "shows none of the findings" in refusal(told(blind, model_findings="Scoliosis"))[1]
    assert refusal(told(b"\x80\x04."))[0] == 422


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
        seen = page.post("/seen", files={"image": (one["name"], page.get(f"/examples/{one['name']}").content)})
        assert seen.is_success, seen.text


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


def test_a_set_is_read_within_the_page_and_behind_its_token(editor_folder, judge, tmp_path, page):
    assert "No set is given" in page.get("/reading").text and page.get("/reading/room/").status_code == 404
    asked = ReaderSet.open(small_set(tmp_path))
    room = reading_room(asked, AnswerFile(asked, "ann"))
    with serving(Service(editor_folder, places=2), token="t" * 20, page=True, room=room) as web:
        assert web.get("/reading/room/set").status_code == 401
        known = client(str(web.base_url), headers={"Authorization": f"Bearer {'t' * 20}"})
        assert len(known.get("/reading/room/set").json()["images"]) == 6
        assert "Open the reading room" in known.get("/reading").text
        assert known.get("/reading/room/").text.count("reading.js") == 1
