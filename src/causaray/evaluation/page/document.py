"""One HTML file that stands alone, in the style of page.css."""

from pathlib import Path

from causaray.evaluation.page.html import Markup, element

STYLE = Path(__file__).parent / "page.css"


def document(title: str, *children: str) -> str:
    """A page with its style in it and `children` as its main part; it fetches nothing."""
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(STYLE.read_text(encoding="utf-8"))),
    )
    body = element("body", element("main", *children))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"
