"""The readers by the names that programs call them, with the options that each takes.

Another format is another file beside this one, and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dsl.ops.parameters import spell
from dsl.source.diagnostic import fail
from dsl.source.nearest import did_you_mean
from dsl.training.data.arrays import read_npy, read_npz
from dsl.training.data.delimited import read_csv
from dsl.training.data.idx import read_idx
from dsl.training.data.parquet import read_parquet
from dsl.training.data.table import Table

_DROP = "drop"


@dataclass(frozen=True)
class Reader:
    """A reader: its name, the function behind it, and its options, each a text or a list of texts."""

    name: str
    read: Callable[..., Table]
    options: Mapping[str, Literal["text", "texts"]]
    doc: str


READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        Reader(
            "csv",
            read_csv,
            {"delimiter": "text", "missing": "texts", "encoding": "text"},
            "Text in columns, under a line of their names.",
        ),
        Reader("npy", read_npy, {}, "One NumPy array; its first axis is the rows."),
        Reader("npz", read_npz, {"arrays": "texts"}, "Several NumPy arrays with as many rows, a column each."),
        Reader("idx", read_idx, {}, "One array as the MNIST files have it."),
        Reader("parquet", read_parquet, {}, "Columns as Parquet has them; needs the extra `parquet`."),
    )
}
"""Every reader by its name. Each takes `missing="drop"` as well, which leaves out the rows that miss a value."""


def reader_of(path: Path | str) -> str:
    """The name of the reader that a file's ending calls for. Raises ProgramError for an ending that calls for none."""
    name = Path(path).name.lower().removesuffix(".gz")
    ending = name.rpartition(".")[2]
    if ending in READERS:
        return ending
    if name.endswith("ubyte"):  # the files of MNIST: `images-idx3-ubyte.gz`
        return "idx"
    known = ", ".join(f".{reader}" for reader in READERS)
    raise fail("data", f"the ending of `{path}` does not say how to read it", hint=f"endings that are known: {known}")


def read(name: str, path: Path | str, options: Mapping[str, Any] | None = None) -> Table:
    """The table that the reader called `name` makes of a file.

    Raises ProgramError for an unknown reader, for options that it does not take, and for whatever is wrong with the file.
    """
    if name not in READERS:
        known = f"readers are {', '.join(f'`{reader}`' for reader in READERS)}"
        raise fail("data", f"there is no reader `{name}`", hint=did_you_mean(name, READERS, known))
    reader, given = READERS[name], dict(options or {})
    drop = given.get("missing") == _DROP
    if drop:
        del given["missing"]
    table = reader.read(path, **{option: check_option(name, option, value) for option, value in given.items()})
    return table.drop_missing() if drop else table


def check_option(name: str, option: str, value: Any) -> Any:
    """The value of an option of the reader called `name`, as that takes it. Raises ProgramError."""
    reader = READERS[name]
    if option == "missing" and value == _DROP:
        return value
    known = [*reader.options, *({"missing"} - set(reader.options))]
    if option not in known:
        takes = f"it takes {', '.join(f'`{name}`' for name in known)}"
        raise fail("data", f"`{reader.name}` has no option `{option}`", hint=did_you_mean(option, known, takes))
    kind = reader.options.get(option)
    if kind == "text" and isinstance(value, str):
        return value
    if kind == "texts" and isinstance(value, list | tuple) and all(isinstance(text, str) for text in value):  # pyright: ignore[reportUnknownVariableType]
        return tuple(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    expected = {"text": "a text", "texts": "a list of texts", None: '"drop"'}[kind]
    also = ', or "drop"' if option == "missing" and kind else ""
    raise fail("data", f"`{option}` of `{reader.name}` is {expected}{also}, not {spell(value)}")
