"""The viewer, and what keeps one from being misled, in a browser against `causaray serve`."""

import time
from pathlib import Path

from browser import SHOWN

ADULT = Path(__file__).parents[3] / "src/causaray/app/demo/adult.jpg"


def until(page, what: str) -> None:
    """Wait for what is to be true soon: the viewer draws when the browser has time."""
    last = time.monotonic() + SHOWN / 1000
    while not page.evaluate(what):  # not wait_for_function: the page's policy forbids it to evaluate strings
        assert time.monotonic() < last, what
        page.wait_for_timeout(50)


def changes(page, act) -> None:
    """Do something that has to change what is seen."""
    page.evaluate("() => { window.before = picture.toDataURL(); }")
    act()
    until(page, "picture.toDataURL() !== before")


def test_the_viewer_does_what_viewers_do(visit):
    one = visit()
    one.edit(ADULT, "severe right pneumothorax")
    page = one.page
    assert not page.is_visible("#unlike") and not page.is_visible("#unread")
    page.locator("#stage").scroll_into_view_if_needed()
    box = page.locator("#stage").bounding_box()

    def drag(x: float, y: float, dx: float, dy: float) -> None:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.mouse.down()
        page.mouse.move(box["x"] + x * box["width"] + dx, box["y"] + y * box["height"] + dy, steps=3)
        page.mouse.up()

    drag(0.5, 0.4, 0.25 * box["width"], 0)
    until(page, "slider.value === '75'")
    drag(0.3, 0.4, -60, 40)
    until(page, "document.getElementById('window').value === '80' && level.value === '60'")
    page.click("#reset")
    page.locator("#stage").hover()
    page.mouse.wheel(0, -400)
    until(page, "Number(zoom.value) > 2")
    page.focus("#stage")
    changes(page, lambda: page.keyboard.press("ArrowRight"))
    page.keyboard.press("r")
    until(page, "zoom.value === '1'")
    changes(page, lambda: page.keyboard.press("i"))
    assert page.is_checked("#invert")
    page.keyboard.press("i")
    page.keyboard.press("s")
    until(page, "layoutbeside.checked && edge.hidden")
    page.keyboard.press("b")
    until(page, "isfactual.hidden && !issynthetic.hidden")
    changes(page, lambda: page.keyboard.press("b"))
    until(page, "!isfactual.hidden && issynthetic.hidden")


def test_each_half_names_itself_and_only_what_is_visible_is_named(visit):
    one = visit(390)
    one.edit(ADULT, "edema")
    page = one.page
    for place, hidden in (("100", "false,true"), ("0", "true,false"), ("50", "false,false")):
        page.fill("#slider", place)
        until(page, f"[isfactual.hidden, issynthetic.hidden].join() === '{hidden}'")
    assert page.inner_text("#isfactual") == "factual: adult.jpg"
    assert page.inner_text("#issynthetic") == "SYNTHETIC, asked for: edema"
    assert all(word in page.inner_text("#how") for word in ("adult.jpg", "edema", "seed 0", "256 px"))
    sizes = page.evaluate(
        "[...document.querySelectorAll('button, select, input[type=number]')].filter((one) => one.offsetParent)"
        ".map((one) => one.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 44, "a finger needs 44 pixels"


def test_what_is_stale_says_so_and_history_brings_it_back(visit):
    one = visit()
    one.edit(ADULT, "edema")
    page = one.page
    page.fill("#prompt", "cardiomegaly")
    assert "adult.jpg" in page.inner_text("#stale") and "edema" in page.inner_text("#stale")
    assert float(page.evaluate("getComputedStyle(picture).opacity")) < 0.5
    page.set_input_files("#image", ADULT.with_name("child.jpg"))
    page.wait_for_selector("#isfactual:has-text('child.jpg')", timeout=SHOWN)
    assert not page.is_visible("#told") and not page.is_visible("#verdict")
    page.click("#history button")
    page.wait_for_selector("#told:not([hidden])")
    assert (page.input_value("#prompt"), page.inner_text("#named")) == ("edema", "adult.jpg")
    assert page.evaluate("image.files[0].name") == "adult.jpg" and not page.is_visible("#stale")
    assert page.locator("#history img").count() == 1


def test_nothing_is_lost_by_a_reload_and_drops_are_caught_anywhere(visit):
    page = visit().page
    page.fill("#prompt", "severe edema")
    page.fill("#seed", "7")
    page.reload()
    assert (page.input_value("#prompt"), page.input_value("#seed")) == ("severe edema", "7")
    page.evaluate(
        """(data) => {
          const dropped = new DataTransfer();
          dropped.items.add(new File([new Uint8Array(data)], "dropped.jpg", { type: "image/jpeg" }));
          document.querySelector("h1").dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true }));
        }""",
        list(ADULT.read_bytes()),
    )
    page.wait_for_selector("#isfactual:has-text('dropped.jpg')", timeout=SHOWN)
    page.click("#run")
    page.wait_for_selector("#told:not([hidden])", timeout=SHOWN)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.click("nav >> text=Audit")
    page.wait_for_url("**/audit")
    assert asked == ["beforeunload"]
    page.go_back()
    page.wait_for_selector("#chips button", timeout=SHOWN)
    assert page.input_value("#prompt") == "severe edema"


def test_one_begins_with_an_example_and_errors_stand_beside_their_fields(visit):
    one = visit()
    page = one.page
    page.wait_for_selector("#chips button", timeout=SHOWN)  # its scripts have run
    page.click("#run")
    assert page.inner_text("#filmerror") == "Choose a radiograph first." and page.inner_text("#error") == ""
    page.click("#examples button:nth-child(2)")
    page.wait_for_selector("#viewer:not([hidden])", timeout=SHOWN)
    assert page.inner_text("#filmerror") == ""
    page.click("#run")
    assert page.inner_text("#understood") == "Say what to show."
    page.fill("#prompt", "purple")
    page.click("#run")
    page.wait_for_selector("#understood:has-text('purple')", timeout=SHOWN)
    said = page.inner_text("#understood")
    assert "Cardiomegaly" in said and "Hernia" not in said, "the weights do not know it"
    assert page.inner_text("#error") == "" and not page.is_visible("#told")
    page.click("#chips button:has-text('cardiomegaly')")
    page.wait_for_selector("#understood:has-text('Understood')", timeout=SHOWN)
    page.fill("#seed", "-1")
    page.click("#run")
    assert page.inner_text("#seederror").startswith("A seed") and page.inner_text("#error") == ""
    page.fill("#seed", "1")
    assert page.inner_text("#seederror") == ""
    assert one.console and all("status of 422" in text for text in one.console)  # of "purple"
    one.console.clear()


def test_severities_begin_with_the_factual_film_and_have_a_curve(visit):
    one = visit()
    one.take(ADULT, "left pleural effusion")
    one.page.select_option("#versions", "film")
    one.page.click("#run")
    one.page.wait_for_selector("#told:not([hidden])", timeout=SHOWN)
    assert one.page.inner_text("#film > :first-child") == "factual"
    assert one.page.locator("#film button").count() == 3 and one.page.locator("#curve circle.dot").count() == 4
