"""What the command line prints: JSON for tools on standard output; tables and diagnostics for people."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import click
import numpy as np

from dsl.ops.parameters import Array
from dsl.source.diagnostic import Diagnostic
from dsl.source.render import printable, render

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 10_000
"""The width of output that goes to a file or a pipe, where nothing needs to be cut."""
_MOST_ELEMENTS = 60


def wants_json() -> bool:
    """Whether the command under way was called with `--format json`."""
    context = click.get_current_context(silent=True)
    return _JSON_ASKED[0] or bool(context and context.params.get("format") == "json")


_JSON_ASKED = [False]


def choose_format(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Remember the output format for errors, which are printed when the command's context is gone."""
    _JSON_ASKED[0] = value == "json"
    return value


def print_json(document: Any) -> None:
    """One JSON document on standard output; infinities and nan, which JSON has not, become null."""
    click.echo(json.dumps(_plain(document), ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in cast("dict[Any, Any]", value).items()}
        case list() | tuple():
            return [_plain(item) for item in cast("Sequence[Any]", value)]
        case np.ndarray() | np.generic():
            return _plain(cast(Any, value).tolist())
        case float():
            return value if math.isfinite(value) else None
        case _:
            return value


@lru_cache(maxsize=2)
def console(stderr: bool = False) -> Console:
    """The terminal, or a wide page where the output goes elsewhere."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else _WIDE, soft_wrap=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "", right: Sequence[str] = ()) -> None:
    """Print a table; columns named in `right` are aligned to the right. User text is shown as it is, never as markup."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, title=Text(title) if title else None, title_justify="left", pad_edge=False)
    for column in columns:
        shown.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(printable(cell)) for cell in row))
    console().print(shown)


def show_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics on standard error, coloured in a terminal."""
    if not sys.stderr.isatty():
        click.echo("\n\n".join(map(render, diagnostics)), err=True)
        return
    from rich.text import Text

    for diagnostic in diagnostics:
        text = Text()
        for number, line in enumerate(render(diagnostic).split("\n")):
            text.append(line + "\n", style=_style(line, diagnostic, number))
        console(stderr=True).print(text, soft_wrap=True)


def _style(line: str, diagnostic: Diagnostic, number: int) -> str:
    if number == 0:
        return "bold red" if diagnostic.severity == "error" else "bold yellow"
    content = line.partition("|")[2].strip()
    if content.startswith("^"):
        return "red" if diagnostic.severity == "error" else "yellow"
    if content.startswith("-"):
        return "blue"
    if line.strip().startswith("= hint"):
        return "green"
    return ""


def number(value: float | int | bool | np.generic) -> str:
    """A number with all its digits and no more: `3`, `0.1`, `1e-30`, `nan`."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    shortest = repr(value) if isinstance(value, float) and not isinstance(value, np.generic) else str(np.asarray(value)[()])
    return shortest.removesuffix(".0") if "e" not in shortest else shortest


def array(value: Array) -> str:
    """An array on one line: a number as it is, few elements in full, many by their shape, range and mean."""
    if value.ndim == 0:
        return number(value[()])
    if value.size <= _MOST_ELEMENTS and value.ndim <= 2:
        return np.array2string(
            value, separator=", ", max_line_width=_WIDE, threshold=_WIDE, formatter={"all": number}
        ).replace("\n", "")
    if value.dtype.kind == "b":
        return f"{list(value.shape)}, {np.count_nonzero(value)} true"
    with np.errstate(all="ignore"):
        wide = value.astype(np.float64)
        return f"{list(value.shape)}, from {wide.min():.6g} to {wide.max():.6g}, mean {wide.mean():.6g}"
