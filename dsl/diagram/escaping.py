"""Text made safe for each format: nothing that a program is called can become markup, DOT, Mermaid or script."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from dsl.source.render import printable


def markup(text: str) -> str:
    """Text inside markup or between the quotes of its attributes: XML, HTML and Graphviz's labels."""
    return escape(printable(text)).replace("`", "&#96;")


def graphviz_label(text: str) -> str:
    """Text in a label of Graphviz's own markup.

    It has no empty ones, and a backslash there is read as an escape however it is written: a sign that looks like one takes its
    place.
    """
    return markup(text).replace("\\", "\N{SET MINUS}") or "&#160;"


def dot_string(text: str) -> str:
    """A quoted string of DOT. A backslash is doubled, since some attributes read `\\N` or `\\n` in them."""
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def mermaid_label(text: str) -> str:
    """Text between the quotes of a Mermaid label: every letter that might mean something there by its number.

    A label there must not be empty.
    """
    written = "".join(char if char.isalnum() or char in _PLAIN else f"#{ord(char)};" for char in printable(text))
    return written or "#160;"


_PLAIN = " _.,:+-*/()[]=·…∂×"


def script_json(value: Any) -> str:
    """A JSON document inside a script element: no tag or comment can begin or end in it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text
