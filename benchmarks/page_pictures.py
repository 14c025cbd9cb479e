"""Pictures of the pages: `python -m benchmarks.page_pictures` writes docs/page.png, page-phone.png and page-NAME.png.

Names after it choose which. The films are those of the demonstration, the cohort is one of phantoms, and the classifier
that is audited has learned a letter in the corner of their films (`benchmarks.audit`). It needs chromium.
"""

import argparse
import csv
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.audit import FINDINGS, export_shortcut
from benchmarks.editing import DEMO, PROMPT
from benchmarks.served import served
from causaray import edit as edit_film
from causaray import reading_make
from causaray.cohorts import Cohort
from causaray.cohorts.phantom import prepare_phantom
from causaray.imagefiles import write_png

DOCS = Path(__file__).parent.parent / "docs"
WIDTH, HEIGHT, LONGEST = 1280, 900, 1500
"""Pixels of the window across and down, and of a picture, at most, down."""
SAVED, COLOURS, LARGEST = 1000, 64, 200_000
"""Pixels of a picture across, colours that it is drawn with beside greys, and bytes."""
GREYS = (160, 128, 96, 64, 48)
"""Levels of grey, as many as so many bytes hold."""
WAIT = 600_000
"""Milliseconds: a machine may be busy."""


def edit(page: Page, model: Path) -> None:
    """A film and a request."""
    page.set_input_files("#image", DEMO)
    page.wait_for_selector("#viewer:not([hidden])")
    page.fill("#prompt", PROMPT)


def forecast(page: Page, model: Path) -> None:
    """A film, three treatments."""
    page.set_input_files("#image", DEMO.with_name("adult-effusion.jpg"))
    page.wait_for_selector("#preview:not([hidden])")


def audit(page: Page, model: Path) -> None:
    """A classifier and all films of the demonstration."""
    page.set_input_files("#images", sorted(DEMO.parent.glob("*.jpg")))
    page.set_input_files("#model", model)
    page.wait_for_selector("#finding option", state="attached")


def cohort(page: Page, model: Path) -> None:
    """A finding of the cohort, with its films."""
    page.click("#findings tr:nth-child(2) button")
    page.wait_for_selector("#examples img")


def room(page: Page, model: Path) -> None:
    """The first image of a reading, with its finding, side and how real it looks chosen."""
    page.click("#begin")
    page.wait_for_selector("#room:not([hidden])")
    page.wait_for_function("image.complete && image.naturalWidth > 0")
    for choice in ("#findings button:nth-child(2)", "#sides button:nth-child(3)", "#reals button:nth-child(4)"):
        page.click(choice)


def reading_set(folder: Path) -> Path:
    """A set for readers: the film of the demonstration, edited."""
    (made,) = edit_film(DEMO, PROMPT)
    write_png(made.counterfactual, folder / "edit.png")
    row = {"image": DEMO.name, "finding": "Pleural Effusion", "state": "present", "file": "edit.png", "side": "left"}
    with (folder / "edits.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [*row, "patient"])
        table.writeheader()
        table.writerow({**row, "patient": "1"})
    reading_make({"cxr-128": folder}, folder / "set")
    return folder / "set"


@dataclass(frozen=True)
class Shot:
    """A picture `name`.png of the page at a path, filled and answered: whole, or what fits the window."""

    name: str
    path: str
    fill: Callable[[Page, Path], None]
    width: int = WIDTH
    whole: bool = True

    def take(self, browser: Any, url: str, model: Path) -> None:
        """Write it into docs."""
        page = browser.new_page(viewport={"width": self.width, "height": HEIGHT})
        page.set_default_timeout(WAIT)
        page.goto(f"{url}/{self.path}", wait_until="networkidle")
        self.fill(page, model)
        if page.locator("#run").count():
            page.click("#run")
            page.wait_for_selector("#told:not([hidden])")
        page.wait_for_timeout(1000)  # canvases are drawn when the browser has time
        seen = Image.open(io.BytesIO(page.screenshot(full_page=self.whole))).convert("RGB")
        rows, across = min(LONGEST, seen.height), min(SAVED, self.width)
        small = seen.resize((across, rows * across // self.width), Image.Resampling.LANCZOS, (0, 0, self.width, rows))
        (DOCS / f"{self.name}.png").write_bytes(next(filter(_is_small, map(partial(_png, small), GREYS))))
        page.close()


SHOTS = (
    Shot("page", "", edit),
    Shot("page-phone", "", edit, 390, False),
    Shot("page-compare", "compare", edit),
    Shot("page-forecast", "forecast", forecast),
    Shot("page-audit", "audit", audit),
    Shot("page-cohort", "cohort", cohort),
    Shot("page-reading", "reading/room/", room),
)


def _png(image: Image.Image, greys: int) -> bytes:
    """The image in so many levels of grey, which films need, and in colours, rare ones among them."""
    levels = [value for i in range(greys) for value in [255 * i // (greys - 1)] * 3]
    colours = image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette, file = Image.new("P", (1, 1)), io.BytesIO()
    palette.putpalette(levels + colours[: 3 * COLOURS])
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _is_small(png: bytes) -> bool:
    return len(png) < LARGEST


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="pictures to take; all when none is named")
    names = parser.parse_args().names
    with TemporaryDirectory() as work, sync_playwright() as driver:
        folder, model = Path(work, "phantoms"), Path(work, "shortcut.onnx")
        prepare_phantom(folder, 300, size=64)
        export_shortcut(Cohort.open(folder), FINDINGS[0], model)
        films = Path(work, "read")
        films.mkdir()
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"], timeout=WAIT
        )
        with served(
            "--page", "--cohort", str(folder), "--reading", str(reading_set(films)), "--reader", "ann"
        ) as server:
            for shot in SHOTS:
                if not names or shot.name in names:
                    shot.take(browser, server.url, model)
        browser.close()


if __name__ == "__main__":
    main()
