"""Reading Parquet, with pyarrow, which the extra `parquet` installs."""

from __future__ import annotations

import io
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from dsl.source.diagnostic import fail
from dsl.training.data.files import looks_like, read_bytes
from dsl.training.data.table import Array, Table


def read_parquet(path: Path | str) -> Table:
    """The table of a Parquet file; nulls are missing values, booleans are 0 and 1.

    Raises ProgramError for a broken file, for columns that are neither numbers nor text, and where pyarrow is missing.
    """
    path = Path(path)
    content = read_bytes(path)
    try:
        arrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise fail(
            "data",
            f"reading `{path.name}` needs pyarrow, which is not installed",
            hint='pip install "nn-lang[parquet]"',
        ) from None
    try:
        table = parquet.read_table(io.BytesIO(content))
    except (arrow.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise fail(
            "data", f"`{path.name}` is no Parquet file that can be read: {reason}", hint=looks_like(content)
        ) from None
    names: list[str] = list(table.column_names)
    for position, name in enumerate(names):
        if name in names[:position]:
            raise fail("data", f"two columns of `{path.name}` are named `{name}`", hint="rename one")
    return Table.of({name: _column(arrow, table.column(name), name, path.name) for name in names}, path.name)


def _column(arrow: Any, column: Any, name: str, file: str) -> Array:
    """A column as an array: text, integers where none is missing, or floats."""
    types, kind = arrow.types, column.type
    if types.is_dictionary(kind):
        kind = kind.value_type
        column = column.cast(kind)
    if types.is_string(kind) or types.is_large_string(kind):
        return np.array([value or "" for value in column.to_pylist()], dtype=np.str_)
    if types.is_boolean(kind):
        column, kind = column.cast(arrow.int8()), arrow.int8()
    if types.is_integer(kind) and not column.null_count:
        return np.asarray(column.to_numpy())
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return np.asarray(column.cast(arrow.float64(), safe=False).to_numpy())
    raise fail("data", f"column `{name}` of `{file}` holds {kind}: data are numbers or text")
