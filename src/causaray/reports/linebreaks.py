"""Line breaks that a table or a web page has as letters."""

import re

_WRITTEN = re.compile(r"\\r\\n|\\[nr]|<br\s*/?>|_x000D_", re.IGNORECASE)


def with_line_breaks(text: str) -> str:
    r"""The text, of the same length, with line breaks in place of "\n" in two letters, "<br>" and the like."""
    broken = _WRITTEN.sub(lambda found: "\n".rjust(len(found.group())), text)
    return broken.replace(r"\t", "  ")
