"""Reading CSV: what becomes of good files, and what is said of broken ones."""

import gzip
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dsl.source.diagnostic import ProgramError
from dsl.training.data import delimited
from dsl.training.data.delimited import read_csv
from dsl.training.data.readers import read


def written(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def complaint(path: Path, **options: object) -> str:
    """What is said of a file: message and hint."""
    with pytest.raises(ProgramError) as caught:
        read("csv", path, options)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "data"
    assert diagnostic.span is None
    return f"{diagnostic.message} | {diagnostic.hint}"


def test_columns_are_integers_floats_and_text(tmp_path: Path) -> None:
    table = read_csv(written(tmp_path, "id,height,name\n1,1.5,ann\n2,2,bob\n"))
    assert list(table.columns) == ["id", "height", "name"]
    assert table.rows == 2
    assert table.columns["id"].dtype == np.int64
    assert table.columns["height"].tolist() == [1.5, 2.0]
    assert table.columns["height"].dtype == np.float64
    assert table.columns["name"].tolist() == ["ann", "bob"]


def test_quoted_fields_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    table = read_csv(written(tmp_path, 'name,"a, b"\n"Doe, ""J""",1\n"two\nlines",2\n\nlast,3\n'))
    assert table.columns["name"].tolist() == ['Doe, "J"', "two\nlines", "last"]
    assert table.columns["a, b"].tolist() == [1, 2, 3]
    assert [table.row_name(row) for row in range(3)] == ["row 1 (line 2)", "row 2 (line 3)", "row 3 (line 6)"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_spaces_byte_order_mark_and_a_missing_last_line_end(tmp_path: Path, ends: str) -> None:
    text = "\ufeff a , b" + ends + " 1 , x y " + ends + "2,z"
    table = read_csv(written(tmp_path, text))
    assert {name: column.tolist() for name, column in table.columns.items()} == {"a": [1, 2], "b": ["x y", "z"]}


def test_delimiters_compression_and_encodings(tmp_path: Path) -> None:
    assert read_csv(written(tmp_path, "a;b\n1;2\n"), delimiter=";").columns["b"].tolist() == [2]
    assert read_csv(written(tmp_path, "a\tb\n1\t2\n"), delimiter="\\t").columns["b"].tolist() == [2]
    assert read_csv(written(tmp_path, gzip.compress(b"a,b\n1,2\n"))).columns["b"].tolist() == [2]
    latin = written(tmp_path, "a\nMünchen\n".encode("latin-1"))
    assert read_csv(latin, encoding="latin-1").columns["a"].tolist() == ["München"]


@pytest.mark.parametrize("marker", ["", "NA", "N/A", "n/a", "nan", "NaN", "?", " ? "])
def test_missing_numbers_are_nan_and_missing_text_is_empty(tmp_path: Path, marker: str) -> None:
    table = read_csv(written(tmp_path, f"n,t,z\n1,x,0\n{marker},{marker},0\n3,y,0\n"))
    np.testing.assert_array_equal(table.columns["n"], [1, np.nan, 3])
    assert table.columns["t"].tolist() == ["x", "", "y"]


def test_markers_of_ones_own_take_the_place_of_the_usual_ones(tmp_path: Path) -> None:
    table = read_csv(written(tmp_path, "n,country\n-999,NA\n-999.0,DE\n5,none\n"), missing=["-999", "none"])
    np.testing.assert_array_equal(table.columns["n"], [np.nan, np.nan, 5])
    assert table.columns["country"].tolist() == ["NA", "DE", ""]


def test_rows_that_miss_a_value_can_be_dropped_and_keep_their_lines(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,x\n?,y\n3,\n4,z\n")
    table = read("csv", path, {"missing": "drop"})
    assert table.columns["a"].tolist() == [1, 4]
    assert table.row_name(1) == "row 2 (line 5)"
    assert "every row of `table.csv` misses a value" in complaint(written(tmp_path, "a,b\n1,\n,2\n"), missing="drop")


def test_numbers_that_only_python_reads_are_text(tmp_path: Path) -> None:
    table = read_csv(written(tmp_path, "a,b,c\n1_000,١,0x10\n2,3,4\n"))
    assert [column.dtype.kind for column in table.columns.values()] == ["U", "U", "U"]


def test_integers_beyond_64_bits_are_floats(tmp_path: Path) -> None:
    table = read_csv(written(tmp_path, "a,b\n9223372036854775807,9223372036854775808\n"))
    assert table.columns["a"].tolist() == [2**63 - 1]
    assert table.columns["b"].tolist() == [2.0**63]


def test_a_column_may_change_its_kind_after_the_rows_that_are_looked_at_first(tmp_path: Path) -> None:
    many = "1,1\n" * 500
    table = read_csv(written(tmp_path, f"a,b\n{many}2.5,x\n"))
    assert table.columns["a"].dtype == np.float64
    assert table.columns["b"][-1] == "x"
    assert read_csv(written(tmp_path, f"a,b\n{many}2.5,?\n")).columns["b"].dtype == np.float64


cells = st.one_of(
    st.integers(-(10**19), 10**19).map(str),
    st.floats().map(repr),
    st.sampled_from(["", "?", " 7 ", "x", "a b", '"q,q"', '"say ""hi"""', '""', "1e3", "+5", "-0", "nan", "#", "'"]),
)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1)))
def test_reading_at_once_and_by_record_agree(rows: list[list[str]]) -> None:
    names = tuple("abcd"[: len(rows[0])])
    text = "\n".join(",".join(row) for row in rows) + "\n"
    body = delimited._Body("table.csv", names, text, 2, ",")
    markers = frozenset({"", *delimited.MISSING})
    assume(text.strip())  # a body of blank lines is refused before it is read
    fast = delimited._read_at_once(body, markers)
    if fast is None:  # NumPy could not, and nothing is claimed
        return
    slow, lines = delimited._read_by_record(body, markers)
    assert lines.tolist() == list(range(2, 2 + len(rows)))
    for left, right in zip(fast, slow, strict=True):
        assert left.dtype.kind == right.dtype.kind
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "`table.csv` is empty"),
        ("\n \n", "`table.csv` is empty: it has only blank lines"),
        ("a,b\n", "`table.csv` has a header but no rows"),
        ("a,b\n\n  \n", "`table.csv` has a header but no rows"),
        ("1,2\n3,4\n", "the first line of `table.csv` holds numbers, not the names of its columns"),
        ("a,b,a\n1,2,3\n", "columns 1 and 3 of `table.csv` are both named `a`"),
        ("a,,c\n1,2,3\n", "column 2 of `table.csv` has no name"),
        ("a,b\n1,2\n3\n5\n", "row 2 (line 3) of `table.csv` has 1 field, its header names 2 columns; 1 more row has a"),
        ("a,b\n1,2\n\n3\n", "row 2 (line 4) of `table.csv` has 1 field"),
        ("a,b\n1,2\n3,4,5\n", "row 2 (line 3) of `table.csv` has 3 fields, its header names 2 columns | a field with"),
        ('a,b\n1,2\n"3,4\n5,6\n', "the row that begins on line 3 of `table.csv` cannot be read: its quote is never"),
        ('a,b\n1,2\n"3"x,4\n5,"6\n', "the row that begins on line 3 of `table.csv` cannot be read"),
        ('"a,b\n1,2\n', "the row that begins on line 1 of `table.csv` cannot be read: its quote is never closed"),
        ("a;b\n1;2\n", 'its delimiter seems to be another: `delimiter=";"`'),
        ("a\tb\n1\t2\n", 'its delimiter seems to be another: `delimiter="\\t"`'),
        (b"a\nok\nM\xfcnchen\n", "line 3 of `table.csv` is not utf-8 text: it has the byte 0xfc | say how the file is"),
        ("a,b\n1,2\n".encode("utf-16"), 'encoding="utf-16"'),
        (b"PK\x03\x04\xff", "it looks like a zip archive of NumPy arrays, or a spreadsheet"),
        (b"\x1f\x8b\x08\x00", "`table.csv` ends in the middle of its gzip data"),
        (gzip.compress(b"a,b\n1,2\n")[:-9], "`table.csv` ends in the middle of its gzip data"),
        (b"\x1f\x8bnot gzip", "`table.csv` is broken gzip"),
    ],
)
def test_a_broken_file_is_told_with_its_place(tmp_path: Path, text: str | bytes, expected: str) -> None:
    assert expected in complaint(written(tmp_path, text))


def test_wrong_options_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,2\n")
    assert "a delimiter is one character" in complaint(path, delimiter=",,")
    assert "`delimiter` of `csv` is a text, not 3" in complaint(path, delimiter=3)
    assert '`missing` of `csv` is a list of texts, or "drop", not "?"' in complaint(path, missing="?")
    assert "`csv` has no option `delimeter` | did you mean `delimiter`?" in complaint(path, delimeter=";")
    assert "there is no encoding `utf-99`" in complaint(path, encoding="utf-99")
    with pytest.raises(ProgramError, match="there is no reader `cvs`"):
        read("cvs", path)


def test_a_path_that_leads_nowhere_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    path = written(folder, "a,b\n1,2\n", "digits.csv")
    assert f"did you mean `{path}`?" in complaint(folder / "digit.csv")
    assert f"there is no folder `{tmp_path / 'dta'}` | did you mean `{folder}`?" in complaint(
        tmp_path / "dta" / "x.csv"
    )
    assert f"`{folder}` is a directory, not a data file | in it are `digits.csv`" in complaint(folder)
    assert "cannot be read" in complaint(Path("bad\0name.csv"))


@given(st.binary(max_size=60))
def test_any_bytes_make_a_table_or_an_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = written(tmp_path_factory.getbasetemp(), content, "any.csv")
    with suppress(ProgramError):
        assert read_csv(path).rows > 0


def test_a_large_file_is_read_in_well_under_a_second_for_each_million_numbers(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(2_000, 10))
    block = "\n".join(",".join(f"{x:.6g}" for x in row) for row in numbers.tolist())
    path = written(tmp_path, "a,b,c,d,e,f,g,h,i,j\n" + "\n".join([block] * 100) + "\n")
    start = time.process_time()
    table = read_csv(path)
    seconds = time.process_time() - start
    assert table.rows == 200_000
    assert table.columns["j"][-1] == float(f"{numbers[-1, -1]:.6g}")
    assert seconds < 2, f"{seconds:.2f} s"  # 0.4 s when nothing else runs
