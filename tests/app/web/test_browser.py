"""The page as a visitor uses it, in a browser, against `causaray serve`."""

import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from browser import SHOWN
from film_weights import needs_net
from PIL import Image
from pydicom import dcmread

from causaray.classifiers.judge import Judge

ADULT = Path(__file__).parents[3] / "src/causaray/app/demo/adult.jpg"
KEEP_PROGRESS = """() => {
  window.said = [];
  window.values = [];
  const texts = (changes) => changes.flatMap((change) => [...change.addedNodes].map((node) => node.textContent));
  const before = (changes) => changes.map((change) => change.oldValue).filter((value) => value !== null);
  new MutationObserver((changes) => said.push(...texts(changes))).observe(busy, { childList: true });
  new MutationObserver((changes) => values.push(...before(changes)))
    .observe(progress, { attributeFilter: ["value"], attributeOldValue: true });
}"""
"""Everything that is said of the progress, and every length of its bar but the last: on a fast machine a step is over
before a test that waits for its words has looked."""


@pytest.mark.parametrize(("kind", "width"), [("png", 1280), ("dicom", 390), ("png", 1920)])
def test_an_edit_is_shown_and_fits_the_screen(visit, request, kind, width):
    one = visit(width)
    one.edit(request.getfixturevalue(kind), "mild left pleural effusion")
    page = one.page
    assert page.inner_text("#asked") == "mild left pleural effusion"
    assert page.inner_text("#verdict").split(":")[0] in ("Shown", "Partly shown", "Not shown", "Not known")
    assert page.inner_text("#where").endswith(".") and "pleural effusion" in page.inner_text("#sees")
    assert "not asked for" in page.inner_text("#largest") and "of the pixels changed" in page.inner_text("#size")
    page.click("summary:has-text('All findings')")
    page.click("summary:has-text('put it together')")
    assert page.locator("#measured tr").count() == 1
    assert page.locator("#unasked tr").count() == len(Judge.load().names) - 1
    page.check("#showdifference")
    page.check("#showcontours")
    assert page.is_visible("#opacity") and page.is_visible("#threshold")
    page.check("#showlesions")
    assert page.is_visible("#asklines")
    assert not one.is_wider_than_the_screen()
    assert page.evaluate("stage.clientHeight < innerHeight")


@needs_net
def test_what_is_measured_is_a_table_of_plain_words(visit):
    one = visit(390)
    one.edit(ADULT, "edema")
    rows = [row.split("\t") for row in one.page.locator("#signrows tr").all_inner_texts()]
    said = one.page.inner_text("#interpretation")
    assert "edema" in said.lower() and said.endswith(".") and not one.page.is_visible("#written")
    before = one.page.inner_text("#before")
    assert before.startswith("No finding is seen") and "emphysema" not in before, "what maps alone see in a normal film"
    assert len(rows) == 15 and rows[0][0] == "Cardiothoracic ratio" and rows[11][0] == "Opacity, left middle zone"
    assert all(len(row) == 4 and float(row[1]) >= -0.2 for row in rows)
    assert not one.is_wider_than_the_screen()


def test_an_image_unlike_the_training_s_is_warned_of(visit, tmp_path):
    Image.open(ADULT).rotate(90).save(tmp_path / "turned.png")
    one = visit()
    one.take(tmp_path / "turned.png")
    one.page.wait_for_selector("#unlike:not([hidden])", timeout=SHOWN)
    assert one.page.inner_text("#unlike").startswith("Unlike the training images.")
    assert "--" not in one.page.inner_text("#unread")
    assert not one.page.is_visible("#told"), "it is said before the edit"


def test_every_export_can_be_opened(visit):
    one = visit()
    one.edit(ADULT, "edema")
    files = {}
    endings = {"picture": ".png", "record": ".json", "all": "-all.zip", "dicom": ".dcm", "zip": "-full-size.zip"}
    for kind, ending in endings.items():
        with one.page.expect_download() as arriving:
            one.page.click(f".save[data-kind={kind}]")
        assert arriving.value.suggested_filename == f"adult--edema--strength-0.7-seed-0{ending}"
        files[kind] = Path(arriving.value.path()).read_bytes()
    picture = Image.open(io.BytesIO(files["picture"]))
    assert picture.width == 3 * 512 + 16 and picture.text["Description"].startswith("Synthetic counterfactual")
    assert json.loads(files["record"])["request"] == "edema"
    assert dcmread(io.BytesIO(files["dicom"])).pixel_array.shape == Image.open(ADULT).size[::-1]
    with zipfile.ZipFile(io.BytesIO(files["zip"])) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == 6
    with zipfile.ZipFile(io.BytesIO(files["all"])) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == 3
        name = next(name for name in archive.namelist() if name.endswith("-counterfactual.png"))
        assert "request: edema" in Image.open(io.BytesIO(archive.read(name))).text["Description"]


def test_four_seeds_tell_how_far_they_are_and_their_range(visit):
    one = visit()
    one.take(ADULT, "edema")
    one.page.select_option("#versions", "seeds")
    one.page.evaluate(KEEP_PROGRESS)
    one.page.click("#run")
    one.page.wait_for_selector("#told:not([hidden])", timeout=SHOWN)
    said = [text for text in one.page.evaluate("said") if text.startswith("Editing")]
    assert [text.split(")")[0] for text in said] == [f"Editing {i + 1} of 4 ({25 * i} %" for i in range(4)]
    assert re.fullmatch(r"Editing 4 of 4 \(75 %\), about \d+ s …", said[-1])
    assert one.page.evaluate("[values, progress.max]") == [["0", "1", "2", "3"], 4]
    assert one.page.locator("#film button").count() == 4
    low, high = one.page.inner_text("#overseeds td:last-child").split(" to ")
    assert 0 <= float(low) <= float(high) <= 1
    one.page.click("#film button:last-child")
    assert one.page.locator("#film button[aria-pressed=true]").inner_text().startswith("seed 3")


def test_a_long_job_can_be_cancelled_and_the_next_is_done(visit, tmp_path):
    one, large = visit(), tmp_path / "large.png"
    Image.open(ADULT).resize((3200, 3200)).save(large)  # seconds of work, so that there is time to cancel it
    one.take(large, "edema")
    one.page.select_option("#versions", "seeds")
    one.page.click("#run")
    one.page.wait_for_selector("#busy:has-text('Editing')", timeout=SHOWN)
    one.page.dispatch_event("#cancel", "click")  # on a busy machine the page still moves while a pointer aims
    one.page.wait_for_selector("#error:has-text('Cancelled.')", timeout=SHOWN)
    assert not one.page.is_visible("#told")
    assert not one.page.is_visible("#cancel") and not one.page.is_visible("#progress")
    one.page.select_option("#versions", "one")
    one.edit(ADULT, "edema")


def test_two_visitors_at_once_do_not_mix(visit):
    asked = {"Edema": visit(), "Cardiomegaly": visit()}
    for prompt, one in asked.items():
        one.take(ADULT, prompt)
    for one in asked.values():
        one.page.click("#run")
    for prompt, one in asked.items():
        one.page.wait_for_selector("#told:not([hidden])", timeout=SHOWN)
        assert one.page.inner_text("#asked") == prompt.lower()
        assert one.page.locator("#history li").count() == 1


@pytest.mark.parametrize("kind", ["truncated DICOM", "colour photograph", "text", "empty"])
def test_a_bad_file_is_refused_in_one_sentence(visit, dicom, kind):
    colours = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(colours, "PNG")
    content = {
        "truncated DICOM": dicom.read_bytes()[:2000],
        "colour photograph": colours.getvalue(),
        "text": b"none",
        "empty": b"",
    }[kind]
    one = visit()
    one.page.set_input_files("#image", {"name": "file", "mimeType": "application/octet-stream", "buffer": content})
    one.page.wait_for_selector("#filmerror:not(:empty)", timeout=SHOWN)
    said = one.page.inner_text("#filmerror")
    assert said.endswith(".") and "\n" not in said and "Traceback" not in said
    assert not one.page.is_visible("#viewer")
    # What a browser says of every refusal, whatever the page does with it.
    assert [text for text in one.console if "status of 422" in text] == one.console
    one.console.clear()


def test_the_keyboard_is_enough(visit):
    page = visit().page
    page.on("filechooser", lambda _: None)  # told to the browser long before the key

    def tab_to(name: str) -> None:
        for _ in range(40):
            if page.evaluate("document.activeElement.id") == name:
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {name}")

    tab_to("image")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(ADULT)
    page.wait_for_selector("#viewer:not([hidden])", timeout=SHOWN)
    tab_to("prompt")
    page.keyboard.type("edema")
    page.keyboard.press("Enter")
    page.wait_for_selector("#told:not([hidden])", timeout=SHOWN)
    tab_to("slider")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#slider") == "51"


def test_a_german_browser_is_answered_in_german_and_the_switch_is_kept(visit):
    one = visit(locale="de-AT")
    page = one.page
    assert page.inner_text("#run") == "Zeigen" and page.get_attribute("html", "lang") == "de"
    one.edit(ADULT, "mäßiger Pleuraerguss links, keine Pneumonie")
    assert page.inner_text("#asked") == "mäßiger Pleuraerguss links, keine Pneumonie"
    assert page.inner_text("#word").strip() in ("Gezeigt:", "Teilweise gezeigt:", "Nicht gezeigt:", "Nicht bekannt:")
    texts = page.evaluate("fetch('words/de').then((answer) => answer.json())")["texts"]
    said = [text for line in page.inner_text("body").splitlines() for text in line.split("\t")]
    assert not [text for text in said if texts.get(text.strip(), text.strip()) != text.strip()]
    assert "The judge" not in page.inner_text("#told") and "of the" not in page.inner_text("#where")
    page.fill("#prompt", "lila Erguss")
    page.wait_for_selector("#understood:has-text('Unbekanntes Wort „lila“')", timeout=SHOWN)
    one.console.clear()  # what a browser says of every refusal
    page.select_option("#language", "fr")
    page.wait_for_selector("#run:has-text('Montrer')", timeout=SHOWN)
    assert page.inner_text("#asked") == "épanchement pleural gauche modéré, sans pneumonie"
    assert page.evaluate("sessionStorage.getItem('causaray-language')") == "fr"
    page.select_option("#language", "en")
    page.wait_for_selector("#run:has-text('Show it')", timeout=SHOWN)
    assert page.inner_text("#asked") == "moderate left pleural effusion, no pneumonia"


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_serious_fault_in_either_theme(visit, width):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    one = visit(width)

    def faults() -> list[str]:
        found = axe.Axe().run(one.page).response["violations"]
        return [f"{fault['id']}: {fault['help']}" for fault in found if fault["impact"] in ("serious", "critical")]

    one.edit(ADULT, "edema")
    one.page.click("summary:has-text('All findings')")
    one.page.check("#showcontours")
    assert not faults()
    one.page.click("#theme")
    one.page.fill("#prompt", "cardiomegaly")
    assert one.page.is_visible("#stale") and not faults()
