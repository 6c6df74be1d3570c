"""Reading CSV: lines of fields between delimiters, under a line of column names."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dsl.source.diagnostic import ProgramError, fail
from dsl.training.data.files import looks_like, read_bytes
from dsl.training.data.table import Array, Table, is_number, is_text

MISSING = ("NA", "N/A", "n/a", "nan", "NaN", "?")
"""What stands for a missing value, beside the empty field, unless a reader is told otherwise."""

_SAMPLE = 100
_LONGEST_HEADER = 1 << 20
_OTHER_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class _Body:
    """What stands below the header of a file, and what is needed to read it and to name a place in it."""

    file: str
    names: tuple[str, ...]
    text: str
    first_line: int
    delimiter: str

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record that is not blank, with the line on which it begins. Raises ProgramError for broken quotes."""
        reader = csv.reader(io.StringIO(self.text), delimiter=self.delimiter, strict=True)
        line = self.first_line
        try:
            for record in reader:
                if not _blank(record):
                    yield line, record
                line = self.first_line + reader.line_num
        except csv.Error as error:
            raise _broken_quotes(self.file, line, error) from None


def read_csv(
    path: Path | str, *, delimiter: str = ",", missing: Sequence[str] = MISSING, encoding: str = "utf-8"
) -> Table:
    """The table of a CSV file, gzip too: a line of column names, then a line for each row.

    A column becomes integers, floats or text, the first of these that fits all its values; spaces around a value are no
    part of it. An empty field and the texts of `missing` are missing values. Blank lines are skipped, comments there are
    none. Raises ProgramError, which names row, line and column, for a file that cannot be read so.
    """
    path = Path(path)
    delimiter = "\t" if delimiter == "\\t" else delimiter
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise fail("data", f"a delimiter is one character, not {delimiter!r}", hint='for instance ";" or "\\t"')
    body = _below_header(_decoded(read_bytes(path), path.name, encoding), path.name, delimiter)
    markers = frozenset({"", *missing})
    columns = _read_at_once(body, markers)
    if columns is None:
        columns, lines = _read_by_record(body, markers)
    else:
        lines = np.arange(body.first_line, body.first_line + len(columns[0]), dtype=np.int64)
    numbers = [float(marker) for marker in markers if is_number(marker)]
    return Table(path.name, {name: _unmarked(c, numbers) for name, c in zip(body.names, columns, strict=True)}, lines)


def csv_columns(path: Path, delimiter: str = ",") -> list[str]:
    """The column names of a CSV file, for whoever writes a program; none of a file that cannot be read.

    Only its beginning is read.
    """
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            beginning = file.read(_LONGEST_HEADER)
        reader = csv.reader(io.StringIO(beginning), delimiter="\t" if delimiter == "\\t" else delimiter)
        header = next((record for record in reader if not _blank(record)), list[str]())
    except (OSError, EOFError, UnicodeError, ValueError, TypeError, csv.Error):
        return []
    return [name.strip() for name in header]


def _decoded(content: bytes, file: str, encoding: str) -> str:
    """The text of a file, with line ends as `\\n`."""
    try:
        text = content.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except LookupError:
        raise fail("data", f"there is no encoding `{encoding}`", hint='usual ones are "utf-8" and "latin-1"') from None
    except UnicodeError as error:
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = content.count(b"\n", 0, at) + 1
        likely = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "latin-1"
        raise fail(
            "data",
            f"line {line} of `{file}` is not {encoding} text: it has the byte 0x{content[at]:02x}",
            hint=looks_like(content) or f'say how the file is encoded: `encoding="{likely}"`',
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _below_header(text: str, file: str, delimiter: str) -> _Body:
    """Split the header off, and check its names."""
    stream = io.StringIO(text)
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    try:
        header = next((record for record in reader if not _blank(record)), None)
    except csv.Error as error:
        raise _broken_quotes(file, 1, error) from None
    if header is None:
        raise fail("data", f"`{file}` is empty: it has only blank lines")
    names = tuple(name.strip() for name in header)
    _check_header(names, file, delimiter)
    body = _Body(file, names, text[stream.tell() :], reader.line_num + 1, delimiter)
    if not body.text.strip():
        raise fail("data", f"`{file}` has a header but no rows")
    return body


def _check_header(names: tuple[str, ...], file: str, delimiter: str) -> None:
    if all(is_number(name) for name in names):
        raise fail(
            "data",
            f"the first line of `{file}` holds numbers, not the names of its columns",
            hint="add a line with a name for each column",
        )
    if len(names) == 1:
        for other in _OTHER_DELIMITERS:
            if other != delimiter and other in names[0]:
                shown = "\\t" if other == "\t" else other
                raise fail(
                    "data",
                    f"`{file}` has a single column, `{names[0]}`, when read with the delimiter `{delimiter}`",
                    hint=f'its delimiter seems to be another: `delimiter="{shown}"`',
                )
    for position, name in enumerate(names, 1):
        if not name:
            raise fail("data", f"column {position} of `{file}` has no name", hint="name it in the first line")
        if name in names[: position - 1]:
            other = names.index(name) + 1
            raise fail("data", f"columns {other} and {position} of `{file}` are both named `{name}`", hint="rename one")


def _blank(record: Sequence[str]) -> bool:
    """Whether a line had nothing but spaces; `""`, a missing value in quotes, is not blank."""
    return not record or (len(record) == 1 and record[0].isspace())


def _broken_quotes(file: str, line: int, error: csv.Error) -> ProgramError:
    reason = "its quote is never closed" if "unexpected end" in str(error) else str(error)
    return fail(
        "data",
        f"the row that begins on line {line} of `{file}` cannot be read: {reason}",
        hint='a field in quotes ends with a quote, and a quote inside it is written twice, `""`',
    )


def _read_at_once(body: _Body, markers: frozenset[str]) -> list[Array] | None:
    """The columns as NumPy reads them, several times as fast as record by record; None for what NumPy cannot read.

    Which columns hold integers, floats, or text is taken from the first rows.
    """
    if body.text.count('"') % 2:
        return None
    sample = [record for _, record in islice(body.records(), _SAMPLE)]
    if any(len(record) != len(body.names) for record in sample):
        return None
    kinds = [_sampled_kind(values, markers) for values in zip(*sample, strict=True)]
    if kinds == ["O"]:
        return None  # a blank line and a missing value look alike to NumPy here
    dtype = np.dtype([(str(position), kind) for position, kind in enumerate(kinds)])
    try:
        records = np.loadtxt(
            io.StringIO(body.text), dtype, comments=None, delimiter=body.delimiter, quotechar='"', ndmin=1
        )
    except ValueError:
        return None
    if len(records) != body.text.count("\n") + (not body.text.endswith("\n")):
        return None  # blank lines: only reading by record knows the line of each row
    columns = [np.ascontiguousarray(records[str(position)]) for position in range(len(kinds))]
    return [_column(c.tolist(), markers) if kind == "O" else c for c, kind in zip(columns, kinds, strict=True)]


def _sampled_kind(values: Sequence[str], markers: frozenset[str]) -> str:
    column = _column(values, markers)
    if is_text(column) or not all(is_number(value) for value in values):
        return "O"
    return "i8" if column.dtype.kind == "i" else "f8"


def _read_by_record(body: _Body, markers: frozenset[str]) -> tuple[list[Array], npt.NDArray[np.int64]]:
    """The columns and the line of each row, with Python's own reader: it knows quotes, and names what is wrong."""
    lines: list[int] = []
    records: list[list[str]] = []
    for line, record in body.records():
        lines.append(line)
        records.append(record)
    wrong = [row for row, record in enumerate(records) if len(record) != len(body.names)]
    if wrong:
        row = wrong[0]
        raise _wrong_width(body, records[row], f"row {row + 1} (line {lines[row]})", len(wrong) - 1)
    columns = [_column(values, markers) for values in zip(*records, strict=True)]
    return columns, np.array(lines, dtype=np.int64)


def _wrong_width(body: _Body, record: Sequence[str], place: str, others: int) -> ProgramError:
    found, expected = len(record), len(body.names)
    fields = "1 field" if found == 1 else f"{found} fields"
    also = "" if not others else f"; {others} more {'row has' if others == 1 else 'rows have'} a wrong number of fields"
    if found < expected:
        hint = f"`{body.names[found]}` is the first column without a value: a missing one is an empty field"
    else:
        hint = f"a field with a `{body.delimiter}` in it stands in quotes"
    return fail("data", f"{place} of `{body.file}` has {fields}, its header names {expected} columns{also}", hint=hint)


def _column(values: Sequence[str], markers: frozenset[str]) -> Array:
    """Fields as integers, as floats with NaN for missing values, or as text."""
    column = _numbers(values)
    if column is not None:
        return column
    stripped = [value.strip() for value in values]
    if not markers.isdisjoint(stripped):
        column = _numbers(["nan" if value in markers and not is_number(value) else value for value in stripped])
    return np.array(["" if value in markers else value for value in stripped]) if column is None else column


def _numbers(values: Sequence[str]) -> Array | None:
    """Fields as int64 or else float64, None where one is neither."""
    together = "".join(values)
    if "_" in together or not together.isascii():
        return None  # Python reads 1_000 and digits of every script, other readers of CSV do not
    try:
        return np.fromiter(map(int, values), np.int64, len(values))
    except (ValueError, OverflowError):
        pass
    try:
        return np.fromiter(map(float, values), np.float64, len(values))
    except ValueError:
        return None


def _unmarked(column: Array, markers: Sequence[float]) -> Array:
    """A column of numbers with NaN in place of the numbers that stand for a missing value, such as -999."""
    marked = np.isin(column, markers) if markers and not is_text(column) else np.zeros(1, dtype=np.bool_)
    return np.where(marked, np.nan, column) if marked.any() else column
