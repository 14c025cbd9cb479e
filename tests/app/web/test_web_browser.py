"""Both further pages in a browser: they work, complain of nothing, and ask no other host."""

import shutil

import made_onnx
import pytest
from web_server import serving, until

from causaray.app.web.cohorts import ServedCohort
from causaray.app.web.service import Service
from causaray.cohorts.phantom import prepare_phantom

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium")


@pytest.fixture
def browser(editor_folder, judge, tmp_path):
    """A page of a narrow browser on a server with a cohort; what it complains of and asks for is checked at the end."""
    prepare_phantom(tmp_path / "phantom", 80, size=64)
    service = Service(editor_folder, places=2)
    with (
        serving(service, page=True, cohorts=[ServedCohort.open(tmp_path / "phantom")]) as web,
        playwright.sync_playwright() as driver,
    ):
        until(lambda: service.state == "ready")
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = started.new_page(viewport={"width": 390, "height": 800}, base_url=str(web.base_url))
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
    browser.wait_for_selector("#finding option >> nth=1", state="attached")
    browser.set_input_files("#model", str(model))
    browser.set_input_files("#images", [str(png)] * 3)
    browser.select_option("#finding", "Pleural Effusion")
    browser.click("#run")
    browser.wait_for_selector("#told:not([hidden])", timeout=60_000)
    assert browser.locator("#measured tr").count() == 9
    assert browser.locator("#cases figure").count() == 12


def test_a_cohort(browser):
    browser.goto("/")
    browser.click("nav >> text=Cohort")
    browser.wait_for_selector("#findings tr")
    browser.click("#findings tr:nth-child(2) button")
    browser.wait_for_selector("#examples img")
    assert browser.locator("#none").is_hidden()
