"""The history of a run as a picture: in a file by matplotlib, and in the terminal by Braille dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dsl.source.diagnostic import fail
from dsl.source.writing import written_whole

if TYPE_CHECKING:
    from dsl.training.history import History

COUNTERS = ("epoch", "step")
"""The columns that count; what is drawn is drawn over the first of them that is there."""
FORMATS = (".png", ".svg", ".pdf")
LOG_RATIO = 100
"""A column of positive values whose largest is this many times its smallest is drawn on a logarithmic axis."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """A column over the counter: what is drawn."""

    name: str
    x: Values
    y: Values

    @property
    def finite(self) -> Values:
        """The values that can be drawn."""
        return self.y[np.isfinite(self.y)]

    @property
    def is_loss(self) -> bool:
        """Whether it is a loss: `loss`, `digits.test.loss`."""
        return self.name.rpartition(".")[2] == "loss"


def curves(history: History) -> list[Curve]:
    """The columns worth drawing, losses first: not the counters, not the time, and the rate only where it changes."""
    counter = _counter(history)
    columns = [column for column in history.columns if column not in (*COUNTERS, "seconds")]
    if "rate" in columns and len(set(history.column("rate"))) < 2:
        columns.remove("rate")
    x = np.array(history.column(counter) if counter else range(1, len(history) + 1), np.float64)
    found = [Curve(column, x, np.array(history.column(column), np.float64)) for column in columns]
    return sorted(found, key=lambda curve: (not curve.is_loss, curve.name == "rate"))


def _counter(history: History) -> str:
    return next((counter for counter in COUNTERS if counter in history.columns), "")


def _wants_log(values: Sequence[Values]) -> bool:
    """Whether values are best seen on a logarithmic axis."""
    finite = np.concatenate([value[np.isfinite(value)] for value in values]) if values else np.array([])
    return bool(finite.size and finite.min() > 0 and finite.max() > LOG_RATIO * finite.min())


# -- in a file ------------------------------------------------------------------------------------------------------------

_LARGEST = 1e300
"""Matplotlib cannot place values beyond; they leave a gap, as those do that are not finite."""
_FEW = 60
"""Up to so many rows each is marked, so that a point between two gaps is seen."""


def check_format(path: str | Path) -> None:
    """Raise ProgramError when `save_plot` could not draw into this file: for its ending, or without matplotlib."""
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise fail(
            "file",
            f"no picture of the kind `{path.suffix or path.name}` can be drawn",
            hint=f"let the path end in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}",
        )
    _matplotlib("matplotlib")


def _matplotlib(module: str) -> Any:
    """A module of matplotlib. Raises ProgramError without it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise fail(
            "missing", "drawing to a file needs matplotlib, which is not installed", hint="pip install 'nn-lang[plot]'"
        ) from error


def save_plot(history: History, path: str | Path) -> None:
    """Draw the losses, the metrics and the rate below each other into a `.png`, `.svg` or `.pdf`, by the path's ending.

    Raises ProgramError for another ending, without matplotlib, and where nothing can be written.
    """
    path = Path(path)
    check_format(path)
    figure = _figure(history)
    kind = path.suffix.lower()[1:]
    dates = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with written_whole(path) as part:
        figure.savefig(part, format=kind, dpi=144, metadata=dates.get(kind))


def svg_plot(history: History) -> str:
    """The same picture as SVG, equal for equal histories. Raises ProgramError without matplotlib."""
    with _matplotlib("matplotlib").rc_context({"svg.hashsalt": "nn-lang"}):
        written = StringIO()
        _figure(history).savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue()


def _figure(history: History) -> Any:
    """The picture as a matplotlib figure, made without its global state, so that it needs no display."""
    figure_class = _matplotlib("matplotlib.figure").Figure
    panels = _panels(curves(history))
    figure = figure_class(figsize=(7, 1 + 2.4 * max(len(panels), 1)), layout="constrained")
    axes = figure.subplots(max(len(panels), 1), 1, squeeze=False, sharex=True)[:, 0]
    marker = "." if len(history) <= _FEW else ""
    for axis, (title, shown) in zip(axes, panels, strict=False):
        if _wants_log([curve.y for curve in shown]):
            axis.set_yscale("log")
        for curve in shown:
            y = np.where(np.abs(curve.y) < _LARGEST, curve.y, np.nan)
            axis.plot(curve.x, y, label=curve.name, marker=marker, linewidth=1.5)
        axis.set_ylabel(title)
        axis.grid(alpha=0.3)
        axis.legend()
    axes[-1].set_xlabel(_counter(history))
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    if history.name:
        figure.suptitle(history.name)
    return figure


def _panels(drawn: Sequence[Curve]) -> list[tuple[str, list[Curve]]]:
    groups = {
        "loss": [curve for curve in drawn if curve.is_loss],
        "metrics": [curve for curve in drawn if not curve.is_loss and curve.name != "rate"],
        "rate": [curve for curve in drawn if curve.name == "rate"],
    }
    return [(title, shown) for title, shown in groups.items() if shown]


# -- in the terminal ------------------------------------------------------------------------------------------------------

_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""The bits of the dots of a Braille character, by row and column (Unicode, U+2800)."""
_NARROWEST = 10


def terminal_plot(history: History, width: int = 72, height: int = 8) -> str:
    """One chart below the other, a column of the history each, in lines of at most `width` characters.

    `height` is that of the curve of each chart, in lines. Values that are not finite leave a gap, and are counted.
    """
    drawn = curves(history)
    if not drawn:
        return "nothing to draw yet"
    return "\n\n".join(_chart(curve, _counter(history), width, max(height, 2)) for curve in drawn)


def _chart(curve: Curve, counter: str, width: int, height: int) -> str:
    gaps = curve.y.size - curve.finite.size
    if not curve.finite.size:
        return f"{curve.name}: no value is finite"
    is_log = _wants_log([curve.y])
    low, high = float(curve.finite.min()), float(curve.finite.max())
    labels = _axis_labels(low, high, height, is_log)
    margin = max(map(len, labels.values()))
    columns = max(width - margin - 2, _NARROWEST)
    notes = [f"{curve.name}: {curve.y[-1]:.4g} at the end"]
    if is_log:
        notes.append("logarithmic")
    if gaps:
        notes.append(f"{gaps} value{' is' if gaps == 1 else 's are'} not finite")
    lines = [", ".join(notes)]
    for row, dots in enumerate(_braille(curve, columns, height, is_log)):
        label = labels.get(row)
        lines.append(f"{label or '':>{margin}} {'┤' if label else '│'}{dots}".rstrip())
    lines.append(f"{'':>{margin}} └{'─' * columns}")
    lines.append(f"{'':>{margin}}  {_footer(curve.x, counter, columns)}".rstrip())
    return "\n".join(lines)


def _axis_labels(low: float, high: float, height: int, is_log: bool) -> dict[int, str]:
    """What is written beside which row: the ends and the middle; beside a flat curve its value."""
    if low == high:
        return {height // 2: _short([low])[0]}
    middle = math.sqrt(low * high) if is_log else low / 2 + high / 2
    rows, values = ([0, height - 1], [high, low]) if height < 5 else ([0, height // 2, height - 1], [high, middle, low])
    return dict(zip(rows, _short(values), strict=True))


def _short(values: Sequence[float]) -> list[str]:
    """The numbers with as few digits as tell them apart, at least three."""
    for digits in range(3, 17):
        texts = [f"{value:.{digits}g}" for value in values]
        if len(set(texts)) == len(values):
            return texts
    return [repr(value) for value in values]


def _footer(x: Values, counter: str, columns: int) -> str:
    """The first and the last count at the ends of the axis, and between them what is counted."""
    first, last = (f"{value:.12g}" for value in (x[0], x[-1]))
    if len(x) == 1:
        return f"{counter} {first}".strip().center(columns).rstrip()
    space = columns - len(first) - len(last)
    return f"{first}{counter.center(space) if space > len(counter) + 1 else ' ' * max(space, 1)}{last}"


def _braille(curve: Curve, columns: int, height: int, is_log: bool) -> list[str]:
    """The curve as lines of Braille characters, two dots wide and four high each."""
    wide, high = columns * 2, height * 4
    across = _onto(curve.x, wide)
    values = np.log(curve.y, where=curve.y > 0, out=np.full_like(curve.y, np.nan)) if is_log else curve.y
    down = high - 1 - _onto(values, high)
    dots = np.zeros((high, wide), bool)
    x, y = _trace(across, down)
    dots[y, x] = True
    cells = dots.reshape(height, 4, columns, 2).transpose(0, 2, 1, 3)
    codes = 0x2800 + (cells * _DOTS).sum(axis=(2, 3))
    return ["".join(map(chr, line)).replace("\u2800", " ").rstrip() for line in codes.tolist()]


def _onto(values: Values, size: int) -> Values:
    """Finite values spread over the positions 0 … size - 1; values that are all equal come to the middle."""
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        return np.where(np.isfinite(values), (size - 1) / 2, np.nan)
    scale = max(abs(low), abs(high))  # dividing first keeps the differences of the largest floats finite
    low, high = low / scale, high / scale
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(values), (values / scale - low) / (high - low) * (size - 1), np.nan)


def _trace(across: Values, down: Values) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The dots on the lines between neighbouring points, and of each point; a gap where one of them is nan."""
    is_there = np.isfinite(down) & np.isfinite(across)
    begins = np.flatnonzero(is_there[:-1] & is_there[1:])
    reach = np.maximum(np.abs(across[begins + 1] - across[begins]), np.abs(down[begins + 1] - down[begins]))
    counts = np.ceil(reach).astype(np.intp) + 1
    segment = np.repeat(begins, counts)
    number: Values = np.arange(len(segment), dtype=np.float64) - np.repeat(np.cumsum(counts) - counts, counts)
    share: Values = number / np.repeat(np.maximum(counts - 1, 1), counts)
    x = np.concatenate([across[segment] + share * (across[segment + 1] - across[segment]), across[is_there]])
    y = np.concatenate([down[segment] + share * (down[segment + 1] - down[segment]), down[is_there]])
    return np.rint(x).astype(np.intp), np.rint(y).astype(np.intp)
