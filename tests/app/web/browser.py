"""A browser and a server for the tests that use the page as a visitor does."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

COMMAND = "import sys; from causaray.app.cli import main; sys.exit(main())"
SHOWN = 120_000  # milliseconds: a machine may be busy


@dataclass
class Watched:
    """A page, and what it said on its console and asked of which address."""

    page: object
    console: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def take(self, file, prompt: str = "") -> None:
        """Give it a radiograph, and words."""
        self.page.wait_for_selector("#chips button", timeout=SHOWN)
        self.page.set_input_files("#image", file)
        self.page.wait_for_selector("#viewer:not([hidden])", timeout=SHOWN)
        self.page.fill("#prompt", prompt)

    def edit(self, file, prompt: str) -> None:
        """Have it edited, and wait for the result."""
        self.take(file, prompt)
        self.page.click("#run")
        self.page.wait_for_selector("#told:not([hidden])", timeout=SHOWN)

    def is_wider_than_the_screen(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth > innerWidth")


def watched(context, url: str) -> Watched:
    """A new page of a browser's context, at the server's address."""
    one = Watched(context.new_page())
    one.page.set_default_timeout(SHOWN)
    one.page.on("console", lambda message: one.console.append(f"{message.type}: {message.text}"))
    one.page.on("pageerror", lambda error: one.console.append(f"error: {error}"))
    one.page.on("request", lambda request: one.asked.append(request.url))
    one.page.goto(url, wait_until="networkidle")
    return one


@contextmanager
def served() -> Iterator[str]:
    """The address of `causaray serve` with the weights that ship, in a process of its own, on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "serve", "--port", "0"], stderr=subprocess.PIPE, text=True
    )
    try:
        yield re.search(r"at (http://\S+);", process.stderr.readline())[1]
    finally:
        process.kill()
        process.communicate()


@contextmanager
def chromium() -> Iterator[object]:
    """Chromium without a window; the test is skipped where there is none, or no playwright."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
    program = shutil.which("chromium") or pytest.skip("chromium is not installed (apt-get install chromium)")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
