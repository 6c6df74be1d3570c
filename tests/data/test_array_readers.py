"""Reading NPY, NPZ, IDX and Parquet, and telling what is wrong with them."""

import gzip
import io
import struct
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.source.diagnostic import ProgramError
from dsl.training.data.arrays import read_npy, read_npz
from dsl.training.data.idx import read_idx
from dsl.training.data.parquet import read_parquet
from dsl.training.data.table import Table


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def npz(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def idx(array: np.ndarray[Any, Any], code: int = 0x08) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape) + array.tobytes()


def complaint(read: Callable[..., Table], folder: Path, content: bytes, **options: Any) -> str:
    path = folder / "file"
    path.write_bytes(content)
    with pytest.raises(ProgramError) as caught:
        read(path, **options)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "data"
    return f"{diagnostic.message} | {diagnostic.hint}"


def test_one_array_is_one_column(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    (tmp_path / "a.npy").write_bytes(npy(array))
    table = read_npy(tmp_path / "a.npy")
    assert list(table.columns) == ["values"]
    assert table.rows == 4
    np.testing.assert_array_equal(table.columns["values"], array)
    assert table.row_name(2) == "row 3"


def test_a_structured_array_has_its_fields_as_columns(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(npy(np.array([(1, 2.5, "x")], dtype=[("i", "i4"), ("f", "f8"), ("t", "U3")])))
    table = read_npy(tmp_path / "a.npy")
    assert {name: column.tolist() for name, column in table.columns.items()} == {"i": [1], "f": [2.5], "t": ["x"]}


def test_several_arrays_are_columns_and_truth_values_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(npz(x=np.ones((3, 2)), y=np.array([True, False, True]), other=np.zeros(5)))
    table = read_npz(path, arrays=["x", "y"])
    assert list(table.columns) == ["x", "y"]
    assert table.values(["y"]).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([{}, []], dtype=object), "holds Python objects, which are never loaded"),
        (np.float64(3), "is a single value, not rows of values"),
        (np.zeros((0, 3)), "is empty: its shape is [0, 3]"),
        (np.zeros(3, dtype=complex), "holds values of type complex128: data are numbers, or single columns of text"),
        (np.array(["2020-01-01"], dtype="M8[D]"), "holds values of type datetime64[D]"),
        (np.array([2**63], dtype=np.uint64), "has 9223372036854775808, which is more than an integer of 64 bits holds"),
    ],
)
def test_arrays_that_are_no_data_are_refused(tmp_path: Path, array: Any, expected: str) -> None:
    assert expected in complaint(read_npy, tmp_path, npy(array))
    assert expected in complaint(read_npz, tmp_path, npz(a=array))


def test_broken_arrays_are_told(tmp_path: Path) -> None:
    good = npy(np.arange(100.0))
    assert "`file` is broken, or was not written to its end" in complaint(read_npy, tmp_path, good[:-8])
    assert "`file` is broken" in complaint(read_npy, tmp_path, good[:9])
    assert "`file` is no NumPy array | it looks like a Parquet file" in complaint(read_npy, tmp_path, b"PAR1....")
    huge = npy(np.zeros(9)).replace(b"(9,), }", b"(9" + b"0" * 14 + b",), }").replace(b" " * 14 + b"\n", b"\n")
    assert "`file` is broken" in complaint(read_npy, tmp_path, huge)


def test_broken_archives_are_told(tmp_path: Path) -> None:
    good = npz(x=np.arange(100.0))
    assert "`file` is broken" in complaint(read_npz, tmp_path, good[:-30])
    middle = bytearray(good)
    middle[60:70] = b"\0" * 10
    assert "is broken" in complaint(read_npz, tmp_path, bytes(middle))
    assert "`file` is no NPZ file | it looks like a NumPy array: try `npy(...)`" in complaint(
        read_npz, tmp_path, npy([1])
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("sheet.xml", "<x/>")
    assert "`sheet.xml` of `file` is no NumPy array" in complaint(read_npz, tmp_path, stream.getvalue())
    assert "`file` has no array `y` | it has `x`" in complaint(read_npz, tmp_path, good, arrays=["y"])


def test_arrays_with_other_rows_must_be_chosen(tmp_path: Path) -> None:
    content = npz(x_train=np.zeros((4, 2)), y_train=np.zeros(4), x_test=np.zeros((3, 2)))
    said = complaint(read_npz, tmp_path, content)
    assert "differ in their rows: `x_train` has 4, `y_train` has 4, `x_test` has 3" in said
    assert '`arrays=["x_train", "y_train"]`' in said


@pytest.mark.parametrize("code", [0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E])
def test_idx_of_every_element_type(tmp_path: Path, code: int) -> None:
    dtype = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}[code]
    array = np.array([[1, 2, 3], [4, 5, 100]], dtype=dtype)
    for content in (idx(array, code), gzip.compress(idx(array, code))):
        (tmp_path / "a-idx").write_bytes(content)
        column = read_idx(tmp_path / "a-idx").columns["values"]
        np.testing.assert_array_equal(column, array)
        assert column.dtype.isnative


def test_broken_idx_is_told(tmp_path: Path) -> None:
    good = idx(np.zeros((2, 3), dtype=np.uint8))
    assert "is to hold an array of shape [2, 3], 6 bytes, but has 5 bytes" in complaint(read_idx, tmp_path, good[:-1])
    assert "is to hold an array of shape [2, 3], 6 bytes, but has 7 bytes" in complaint(
        read_idx, tmp_path, good + b"\0"
    )
    assert "ends inside its header: it is to have 2 dimensions" in complaint(read_idx, tmp_path, good[:9])
    assert "it begins with the bytes 89 50 4e 47" in complaint(read_idx, tmp_path, b"\x89PNG\r\n")
    assert "it looks like a NumPy array: try `npy(...)`" in complaint(read_idx, tmp_path, npy([1]))
    assert "is empty: its shape is [0]" in complaint(read_idx, tmp_path, idx(np.zeros(0, dtype=np.uint8)))
    assert "ends in the middle of its gzip data" in complaint(read_idx, tmp_path, gzip.compress(good)[:-4])


WHOLE = {
    read_npy: npy(np.arange(6.0).reshape(3, 2)),
    read_npz: npz(a=np.arange(6.0), b=np.arange(6)),
    read_idx: idx(np.arange(6, dtype=np.uint8)),
}


@pytest.mark.parametrize("read", WHOLE)
@given(at=st.integers(0, 500), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_file_makes_a_table_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, read: Callable[[Path], Table], at: int, byte: int, cut: bool
) -> None:
    content = bytearray(WHOLE[read])
    at %= len(content)
    content[at] = byte
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content[:at] if cut else content)
    with suppress(ProgramError):
        assert read(path).rows > 0


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = complaint(read_parquet, tmp_path, b"PAR1")
    assert said == 'reading `file` needs pyarrow, which is not installed | pip install "nn-lang[parquet]"'


def test_parquet_columns(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {
        "i": arrow.array([1, 2, 3], arrow.int32()),
        "holes": arrow.array([1, None, 3], arrow.int64()),
        "f": arrow.array([0.5, None, 2.5], arrow.float32()),
        "t": arrow.array(["a", None, "c"]),
        "b": arrow.array([True, False, True]),
        "d": arrow.array(["x", "y", "x"]).dictionary_encode(),
    }
    parquet.write_table(arrow.table(columns), tmp_path / "a.parquet")
    table = read_parquet(tmp_path / "a.parquet")
    assert table.columns["i"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(table.columns["holes"], [1, np.nan, 3])
    np.testing.assert_array_equal(table.columns["f"], [0.5, np.nan, 2.5])
    assert table.columns["t"].tolist() == ["a", "", "c"]
    assert table.columns["b"].tolist() == [1, 0, 1]
    assert table.columns["d"].tolist() == ["x", "y", "x"]
    parquet.write_table(arrow.table({"l": arrow.array([[1], [2]])}), tmp_path / "list.parquet")
    with pytest.raises(ProgramError, match=r"column `l` of `list.parquet` holds list<"):
        read_parquet(tmp_path / "list.parquet")
    assert "`file` is no Parquet file that can be read" in complaint(read_parquet, tmp_path, b"PAR1 and then nothing")
