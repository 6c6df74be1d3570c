"""How boxes look: shape and border tell the roles apart without colour, colour tells them apart at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.diagram.model import Box, Measure, Role

FONT = "Source Sans Pro"
INK, PALE_INK = "#1d2733", "#5c6b7a"
LINE, GRADIENT_LINE = "#5c6b7a", "#b4451f"


@dataclass(frozen=True, slots=True)
class Look:
    """A shape of Graphviz with its style, the colours of its inside and its border, and how often and wide this is drawn.

    The style `striped` is a bar of the border's colour at the left.
    """

    shape: str
    style: str
    fill: str
    line: str
    width: float = 1.0
    borders: int = 1
    word: str = ""


LOOKS: dict[Role, Look] = {
    "placeholder": Look("box", "striped", "#dcebfb", "#2f6fb5", word="placeholder"),
    "parameter": Look("cylinder", "filled", "#fdebc8", "#a8720a", word="parameter"),
    "constant": Look("box", "filled,dashed", "#f2f4f6", "#7a8794", word="constant"),
    "operation": Look("box", "filled,rounded", "#ffffff", "#5c6b7a", word="operation"),
    "layer": Look("box", "filled", "#e4f1e6", "#35754a", borders=2, word="layer or function, folded"),
    "loss": Look("box", "filled,diagonals", "#fbdcdc", "#b02a37", width=2, word="loss"),
    "metric": Look("note", "filled", "#ece3f7", "#6b46a8", word="metric"),
    "memory": Look("box3d", "filled", "#e8edf2", "#5c6b7a", word="memory"),
}
BACKWARD = Look("box", "filled,rounded,dashed", "#fdeee7", GRADIENT_LINE, word="gradient")


def look(box: Box) -> Look:
    """The look of a box."""
    if not box.is_backward:
        return LOOKS[box.role]
    return Look("box", "filled,dashed", BACKWARD.fill, BACKWARD.line, borders=2) if box.role == "layer" else BACKWARD


# -- overlays -------------------------------------------------------------------------------------------------------------

_NEGATIVE, _ZERO, _POSITIVE = (64, 124, 196), (247, 247, 247), (224, 130, 40)
_GRADIENT_LOW, _GRADIENT_HIGH = (250, 243, 250), (160, 70, 160)
_BUFFERS = ("#cfe3f7", "#fde3b8", "#d5ecd2", "#f6d3d6", "#e2d6f2", "#d0eceb", "#efe0cf", "#e3e6ea")
NOT_COMPUTED = "not computed"


def shade(measure: Measure, level: float | None) -> str:
    """The colour of a reading; empty where there is nothing to colour."""
    if level is None:
        return ""
    if measure == "memory":
        return _BUFFERS[int(level) % len(_BUFFERS)]
    if measure == "gradient":
        return _mixed(_GRADIENT_LOW, _GRADIENT_HIGH, level * 0.45)
    return _mixed(_ZERO, _POSITIVE if level > 0 else _NEGATIVE, abs(level) * 0.7)


def _mixed(low: tuple[int, int, int], high: tuple[int, int, int], share: float) -> str:
    share = min(max(share, 0.0), 1.0)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(low, high, strict=True))


# -- style sheets -----------------------------------------------------------------------------------------------------------

_LIGHT = {"page": "#ffffff", "ink": INK, "pale": PALE_INK, "line": LINE, "frame": "#9aa7b4", "back": GRADIENT_LINE}
_DARK = {
    "page": "#14191f",
    "ink": "#e8edf2",
    "pale": "#a3b1bf",
    "line": "#91a0ae",
    "frame": "#566473",
    "back": "#ef8a62",
}


def look_class(box: Box) -> str:
    """The class of a box in style sheets."""
    return f"{box.role} backward" if box.is_backward else box.role


def css(scope: str = ".nn-diagram") -> str:
    """The rules of a picture, light, and dark where the reader's system is."""
    light, dark = (_rules(scope, theme) for theme in (_LIGHT, _DARK))
    return f"{_fixed(scope)}{light}@media (prefers-color-scheme: dark){{{dark}}}"


def _fixed(scope: str) -> str:
    """What is the same in both themes: the letters, the width of lines and how they are dashed."""
    rules = {
        "": f'font-family:"{FONT}","Source Sans 3",Helvetica,Arial,sans-serif;font-size:12px',
        " text": "white-space:pre;stroke:none",
        " .strong": "font-weight:bold",
        " .frame": "fill:none;stroke-width:1",
        " .way": "fill:none;stroke-width:1",
        " .line": "fill:none",
        **{f" .{role} .shape": f"stroke-width:{drawn.width:g}" for role, drawn in LOOKS.items() if drawn.width != 1},
        " .constant .shape": "stroke-dasharray:4 3",
        " .box.backward .shape": "stroke-dasharray:5 3",
    }
    return _joined(scope, rules)


def _rules(scope: str, theme: Mapping[str, str]) -> str:
    """The colours of a theme. Insides are mixed from those of light, so that each role keeps its hue."""
    is_dark = theme is _DARK
    rules = {
        " .page": f"fill:{theme['page']}",
        " text": f"fill:{theme['ink']}",
        " .pale": f"fill:{theme['pale']}",
        " .frame": f"stroke:{theme['frame']}",
        " .way": f"stroke:{theme['line']}",
        " .tip": f"fill:{theme['line']}",
        " .way.backward, .frame.backward": f"stroke:{theme['back']}",
        " .tip.backward": f"fill:{theme['back']}",
    }
    for role, drawn in LOOKS.items():
        rules[f" .{role} .shape"] = _paint(drawn, is_dark)
        rules[f" .{role} .bar"] = f"fill:{_bright(drawn.line) if is_dark else drawn.line}"
    rules[" .box.backward .shape"] = _paint(BACKWARD, is_dark)
    rules[" .line, .box .shape.line"] = "fill:none"
    rules[" .reading"] = f"fill:{INK}"
    return _joined(scope, rules)


def _paint(drawn: Look, is_dark: bool) -> str:
    if not is_dark:
        return f"fill:{drawn.fill};stroke:{drawn.line}"
    return f"fill:{_mixed(_parts(_DARK['page']), _parts(drawn.line), 0.35)};stroke:{_bright(drawn.line)}"


def _bright(colour: str) -> str:
    """A line's colour on a dark page."""
    return _mixed(_parts(colour), (255, 255, 255), 0.35)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _joined(scope: str, rules: Mapping[str, str]) -> str:
    return "".join(
        f"{','.join(f'{scope} {part.strip()}'.strip() for part in selector.split(','))}{{{body}}}"
        for selector, body in rules.items()
    )
