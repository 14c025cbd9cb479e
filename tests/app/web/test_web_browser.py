"""Pages about cohorts, classifiers and readers in a browser: they work, complain of nothing, and ask no other host."""

import shutil

import made_onnx
import pytest
from browser import SHOWN
from reading_served import small_set
from web_server import serving, until

from causaray.app.web.cohorts import ServedCohort
from causaray.app.web.reading import reading_room
from causaray.app.web.service import Service
from causaray.cohorts.phantom import prepare_phantom
from causaray.evaluation.reading_room.answers import AnswerFile
from causaray.evaluation.reading_room.reader_set import ReaderSet

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")


@pytest.fixture
def browser(editor_folder, judge, tmp_path):
    """A page of a narrow browser on a server with a cohort and a set to read; it is let complain of nothing."""
    prepare_phantom(tmp_path / "phantom", 80, size=64)
    asked = ReaderSet.open(small_set(tmp_path))
    room = reading_room(asked, AnswerFile(asked, "ann"))
    service = Service(editor_folder, places=2)
    with (
        serving(service, page=True, cohorts=[ServedCohort.open(tmp_path / "phantom")], room=room) as web,
        playwright.sync_playwright() as driver,
    ):
        until(lambda: service.state == "ready")
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = started.new_page(viewport={"width": 390, "height": 800}, base_url=str(web.base_url))
        page.set_default_timeout(SHOWN)
        wrong, asked = [], []
        page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        yield page
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        started.close()
        assert wrong == []
        assert all(url.startswith((str(web.base_url), "data:", "blob:")) for url in asked)


def test_an_audit(browser, png, tmp_path):
    model = made_onnx.written(tmp_path, made_onnx.base_reader())
    browser.goto("/audit")
    browser.click("#run")
    assert browser.inner_text("#modelerror") == "Choose a classifier first." and browser.is_disabled("#finding")
    browser.set_input_files("#model", str(model))
    browser.wait_for_selector("#finding option", state="attached")
    assert browser.locator("#finding option").all_inner_texts() == ["Pleural Effusion"], "of the classifier"
    browser.click("#run")
    assert browser.inner_text("#imageserror") == "Choose at least two radiographs."
    browser.set_input_files("#images", [str(png)] * 3)
    browser.select_option("#finding", "Pleural Effusion")
    browser.click("#run")
    browser.wait_for_selector("#told:not([hidden])")
    assert browser.locator("#measured tr").count() == 9
    assert browser.locator("#cases figure").count() == 12
    labels = browser.locator("#cases figure >> nth=0").locator(".part").all_inner_texts()
    assert [label.split(":")[0] for label in labels] == ["before", "after", "difference"]
    browser.route("**/v1/audit", lambda route: None)  # an audit that does not end
    browser.click("#run")
    browser.click("#cancel")
    browser.wait_for_selector("#error:has-text('The audit was cancelled; nothing of it is shown.')")
    assert browser.is_hidden("#told"), "not even of the one before"


def test_the_reading_room(browser):
    browser.goto("/")
    browser.click("nav >> text=Reading")
    browser.wait_for_selector("#set:has-text('The set has 6 films; 0 are answered.')")
    browser.click("#open")
    browser.click("#begin")
    browser.wait_for_selector("#where:has-text('Image 1 of 6')")


def test_a_cohort(browser):
    browser.goto("/")
    browser.click("nav >> text=Cohort")
    browser.wait_for_selector("#findings tr")
    browser.click("#findings tr:nth-child(2) button")
    browser.wait_for_selector("#examples img")
    assert browser.locator("#none").is_hidden()
