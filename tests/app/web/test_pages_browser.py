"""The pages of forecasts and of two editors in a browser, against `causaray serve`, on a phone and on two screens."""

from pathlib import Path

import pytest
from browser import SHOWN
from film_weights import needs_net

pytestmark = needs_net
ADULT = Path(__file__).parents[3] / "src/causaray/app/demo/adult.jpg"
TARGETS = (
    "[...document.querySelectorAll('button, select, input[type=number], input:not([type]), nav a, summary')]"
    ".filter((one) => one.offsetParent).map((one) => one.getBoundingClientRect().height)"
)


def faults(page) -> list[str]:
    """What axe finds serious, in this theme and in the other one."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    page.click("#theme")
    found += axe.run(page).response["violations"]
    return [f"{fault['id']}: {fault['help']}" for fault in found if fault["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_a_forecast_has_films_under_a_slider_curves_and_says_how_sure_it_is(visit, width):
    one = visit(width)
    page = one.page
    page.click("nav >> text=Forecast")
    page.wait_for_selector("#treatments input >> nth=2")
    assert page.is_visible("#phantoms")
    page.click("#run")
    assert page.inner_text("#filmerror") == "Choose a radiograph first."
    page.set_input_files("#image", ADULT)
    page.wait_for_selector("#preview:not([hidden])", timeout=SHOWN)
    page.fill("#days", "90, 30")
    page.click("#run")
    assert page.inner_text("#dayserror").startswith("Name days from 1 to 365") and page.inner_text("#error") == ""
    page.fill("#days", "30, 365")
    page.uncheck("#treatments input[value=B]")
    page.click("#run")
    page.wait_for_selector("#told:not([hidden])", timeout=SHOWN)
    assert page.locator("#films strong").all_inner_texts() == ["A", "none"]
    assert all(text.startswith("SYNTHETIC, day 365: ") for text in page.locator("#films .said").all_inner_texts())
    page.focus("#slider")
    page.keyboard.press("Home")
    assert page.inner_text("#day") == "day 0, as it is" and page.inner_text("#tabletitle") == "Figures of day 0"
    assert "SYNTHETIC" not in page.inner_text("#films")
    assert page.locator("#curves svg").count() == 4 and page.locator("#differences svg").count() == 4
    assert "real patient's future" in page.inner_text("#sentences")
    with page.expect_download() as arriving:
        page.click("#page")
    assert "<svg" in Path(arriving.value.path()).read_text()
    assert not one.is_wider_than_the_screen()
    assert width > 390 or min(page.evaluate(TARGETS)) >= 44, "a finger needs 44 pixels"
    assert width == 1920 or not faults(page)


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_two_editors_show_one_request_moved_and_divided_together(visit, width):
    one = visit(width)
    page = one.page
    page.click("nav >> text=Compare")
    one.take(ADULT, "moderate left pleural effusion")
    assert page.locator("#right").input_value() == "drawn"
    page.click("#run")
    page.wait_for_selector("#told:not([hidden])", timeout=SHOWN)
    names = page.locator(".name.synthetic").all_inner_texts()
    assert [name.split(":")[0] for name in names] == ["SYNTHETIC, cxr-128", "SYNTHETIC, drawn"]
    assert page.locator("#head th").all_inner_texts()[1:] == ["cxr-128", "drawn"]
    page.fill("#slider", "20")
    page.wait_for_function("() => [...document.querySelectorAll('.edge')].every((edge) => edge.style.left === '20%')")
    page.locator(".stage >> nth=1").focus()
    before = page.evaluate("document.querySelector('canvas').toDataURL()")
    page.keyboard.press("+")
    page.wait_for_function("before => document.querySelector('canvas').toDataURL() !== before", arg=before)
    assert float(page.input_value("#zoom")) > 1
    boxes = [page.locator(f".stage >> nth={i}").bounding_box() for i in (0, 1)]
    assert (boxes[0]["y"] < boxes[1]["y"]) == (width == 390), "below each other on a phone alone"
    assert not one.is_wider_than_the_screen()
    assert width > 390 or min(page.evaluate(TARGETS)) >= 44, "a finger needs 44 pixels"
    assert width == 1920 or not faults(page)
    page.fill("#prompt", "edema")
    assert page.is_visible("#stale") and "cxr-128 and drawn" in page.inner_text("#stale")


def test_an_editor_that_makes_no_edit_says_why_beside_the_other_s(visit):
    one = visit()
    page = one.page
    page.click("nav >> text=Compare")
    one.take(ADULT, "no cardiomegaly")
    page.click("#run")
    page.wait_for_selector("#told:not([hidden])", timeout=SHOWN)
    assert page.inner_text("#leftwrong") == "" and page.inner_text("#rightwrong").endswith(".")
    assert page.locator("#measured tr >> nth=0").inner_text().endswith("no edit")
    assert all("status of 422" in text for text in one.console)  # what a browser says of every refusal
    one.console.clear()
