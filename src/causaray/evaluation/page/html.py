"""HTML and SVG as nested function calls, everything escaped that is not markup already."""

from html import escape

EMPTY = frozenset({"img", "meta", "line", "circle", "polygon", "polyline", "rect"})


class Markup(str):
    """Text that is HTML already."""


def element(name: str, /, *children: str, **attributes: str | float | bool | None) -> Markup:
    """<name attributes>children</name>. Plain text is escaped, `Markup` is not.

    Attributes lose a trailing underscore (class_), inner ones become hyphens; True stands alone, None and False vanish.
    """
    said = "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{name}{said}/>" if name in EMPTY else f"<{name}{said}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """The children one after another."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child) for child in children))


def _attribute(key: str, value: str | float | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
