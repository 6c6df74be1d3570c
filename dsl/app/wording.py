"""Small phrases that several messages need."""

from __future__ import annotations

import re
from collections.abc import Iterable

_MOST = 8
_FULL_STOP = re.compile(r"\.\s+(?=[^\W\d_a-z]|[`\"(])")


def plural(count: int, noun: str) -> str:
    """A count and what is counted: `1 epoch`, `1,437 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def some(names: Iterable[str]) -> str:
    """A few names in backticks, and that there are more: "`x`, `y` …"."""
    every = list(dict.fromkeys(names))
    shown = ", ".join(f"`{name}`" for name in every[:_MOST])
    return f"{shown} …" if len(every) > _MOST else shown


def there_is(names: Iterable[str], nothing: str) -> str:
    """A hint that lists what there is; `nothing` where there is nothing."""
    shown = some(names)
    return f"there is {shown}" if shown else nothing


def first_sentence(text: str) -> str:
    """The first sentence of a documentation, without its full stop."""
    first = text.split("\n\n")[0].replace("\n", " ")
    return _FULL_STOP.split(first)[0].rstrip(".")
