"""Text made safe for each format: nothing that a program is called can become markup, DOT, Mermaid or script."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from dsl.source.render import printable


def markup(text: str) -> str:
    """Text inside markup or between the quotes of its attributes: XML, HTML and Graphviz's labels."""
    return escape(printable(text)).replace("`", "&#96;")


def dot_string(text: str) -> str:
    """A quoted string of DOT. A backslash is doubled, since some attributes read `\\N` or `\\n` in them."""
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def script_json(value: Any) -> str:
    """A JSON document inside a script element: no tag or comment can begin or end in it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
