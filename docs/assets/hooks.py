"""What the site takes from files that stand elsewhere, so that nothing is written twice.

A line `{{ FILE }}` on a page is replaced by a file of the repository, `{{ FILE # Heading }}` by one section of it,
`{{ cards }}` by the model cards of the weights that ship, and `{{ results }}` by links to all pages of docs/results.
Links in it are made to lead where the site has the same.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCS, WEIGHTS = ROOT / "docs", ROOT / "src" / "causaray" / "weights"
ELSEWHERE = {
    "README.md": "index.md",
    "SECURITY.md": "site/privacy.md",
    "CONTRIBUTING.md": "site/contributing.md",
    "CHANGELOG.md": "site/changes.md",
    "CITATION.cff": "site/cite.md",
    "CODE_OF_CONDUCT.md": "site/conduct.md",
}
"""Files at the root, and the pages that hold them."""
_PLACE = re.compile(r"^\{\{ (\S+?)(?: # (.+?))? \}\}$", re.MULTILINE)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The page with its places filled, before it is read."""
    here = posixpath.dirname(page.file.src_uri)
    return _PLACE.sub(lambda place: _filled(place[1], place[2], here), markdown)


def _filled(name: str, heading: str | None, here: str) -> str:
    if name == "cards":
        return "\n\n".join(_card(folder) for folder in sorted(WEIGHTS.iterdir()) if (folder / "README.md").is_file())
    if name == "results":
        return "\n".join(f"- [{_title(page)}]({_to(page.relative_to(DOCS), here)})" for page in _results())
    text = (ROOT / name).read_text(encoding="utf-8")
    if not name.endswith(".md"):
        return f"```yaml\n{text}```"
    return _relinked(_section(text, heading) if heading else _without_title(text), here)


def _section(text: str, heading: str) -> str:
    """What stands below a heading of the second level, up to the next."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise ValueError(f"There is no section {heading}.")
    return found[1].strip()


def _without_title(text: str) -> str:
    return re.sub(r"\A# .*\n", "", text)


def _relinked(text: str, here: str) -> str:
    """Links from the root of the repository, as links from a page in the folder `here` of docs."""

    def link(match: re.Match[str]) -> str:
        image, words, target, anchor = match[1], match[2], match[3], match[4] or ""
        inside = target.removeprefix("docs/") if target.startswith("docs/") else ELSEWHERE.get(target)
        return f"{image}[{words}]({_to(inside, here)}{anchor})" if inside else f"{words} (`{target}`)"

    return _LINK.sub(link, text)


def _to(target: Any, here: str) -> str:
    return posixpath.relpath(str(target), here or ".")


def _card(folder: Path) -> str:
    """A model card without its head, its headings two levels further down."""
    text = re.sub(r"\A---\n.*?\n---\n", "", (folder / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    fenced = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else re.sub(r"^#", "##", part, flags=re.MULTILINE) for part in fenced)


def _results() -> list[Path]:
    return sorted((DOCS / "results").rglob("*.md"), key=lambda page: page.relative_to(DOCS).as_posix())


def _title(page: Path) -> str:
    first = page.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")
    folder = page.parent.name
    return first if folder == "results" else f"{folder}: {first}"
