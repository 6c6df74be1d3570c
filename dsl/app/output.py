"""What the command line prints: JSON for tools on standard output; tables and diagnostics for people."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import click

from dsl.source.diagnostic import Diagnostic
from dsl.source.painting import painted
from dsl.source.render import printable

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 10_000
"""The width of output that goes to a file or a pipe, where nothing is to be folded."""

# -- for tools ------------------------------------------------------------------------------------------------------------


def print_json(document: Any) -> None:
    """One JSON document on standard output; infinities and nan, which JSON has not, become null."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    ascii_only = not encoding.lower().startswith("utf")
    click.echo(json.dumps(_plain(document), ensure_ascii=ascii_only, allow_nan=False))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # an array or a number of NumPy, which need not be imported to say so
        value = value.tolist()
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in cast("dict[Any, Any]", value).items()}
        case list() | tuple():
            return [_plain(item) for item in cast("Sequence[Any]", value)]
        case float():
            return value if math.isfinite(value) else None
        case _:
            return value


# -- for people -----------------------------------------------------------------------------------------------------------


def console(stderr: bool = False) -> Console:
    """The terminal, or a wide page where the output goes elsewhere."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, force_jupyter=False, width=None if stream.isatty() else _WIDE)


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    title: str = "",
    right: Sequence[str] = (),
    err: bool = False,
) -> None:
    """Print a table; columns named in `right` are aligned to the right. User text is shown as it is, never as markup.

    A terminal folds cells to its width, a file gets every row on one line.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        shown.add_column(Text(printable(column)), justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(printable(cell)) for cell in row))
    page = console(stderr=err)
    if title:  # above the table and not part of it, where it would be folded to the width of the columns
        page.print(Text(printable(title), style="bold"))
    with page.capture() as captured:
        page.print(shown)
    lines = captured.get().splitlines()
    click.echo("\n".join(lines if page.is_terminal else map(str.rstrip, lines)), err=err)


def show_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics on standard error, coloured in a terminal."""
    texts = [painted(diagnostic) for diagnostic in diagnostics]
    if texts:
        click.echo("\n\n".join(texts), err=True)
