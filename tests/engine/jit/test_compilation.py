"""Texts are compiled once, what was compiled is found again on disk, and damaged or missing folders do no harm."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dsl.engine.jit import cache, compilation
from dsl.engine.jit.compilation import CHOOSE, ArrayType, compiled

pytest.importorskip("numba")

TEXT = CHOOSE + "\n\ndef kernel(a):\n    a[0] = choose(a[0] > 0.0, a[0] * {}, 0.0)\n"
TYPES = [ArrayType("float64", 1)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compilation._module.cache_clear()
    return tmp_path / "nn-lang" / "loops"


def value_of(number: object, dtype: str = "float64") -> float:
    """What a function that multiplies by a number makes of 3."""
    array = np.full(1, 3, dtype)
    compiled(TEXT.format(number), [ArrayType(dtype, 1)])(array)
    return float(array[0])


def found_and_made(number: float) -> tuple[int, int]:
    """How often the machine code was found on disk, and how often it was made."""
    compilation._module.cache_clear()
    stats = compiled(TEXT.format(number), TYPES).stats
    return sum(stats.cache_hits.values()), sum(stats.cache_misses.values())


def test_a_text_is_compiled_once_and_kept(folder: Path) -> None:
    assert found_and_made(2) == (0, 1)
    assert compiled(TEXT.format(2), TYPES) is compiled(TEXT.format(2), TYPES)
    assert found_and_made(2) == (1, 0)
    assert [value_of(number) for number in (2, 2, 4)] == [6.0, 6.0, 12.0]
    assert len(list(folder.glob("*.py"))) == 2
    assert not list(folder.glob("*.py.*"))


def test_another_process_finds_the_machine_code_too() -> None:
    value_of(3)
    script = (
        "from dsl.engine.jit.compilation import ArrayType, compiled\n"
        f"stats = compiled({TEXT.format(3)!r}, [ArrayType('float64', 1)]).stats\n"
        "print(*stats.cache_hits.values(), *stats.cache_misses.values())\n"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == "1\n", found.stderr


def test_a_file_that_was_changed_is_written_anew(folder: Path) -> None:
    value_of(5)
    (file,) = folder.glob("*.py")
    file.write_text("raise SystemExit")
    compilation._module.cache_clear()
    assert value_of(5) == 15.0


def test_machine_code_that_is_damaged_is_made_anew(folder: Path) -> None:
    value_of(7)
    kept = list((folder / "__pycache__").glob("*.nb*"))
    assert len(kept) == 2
    for file in kept:
        file.write_bytes(file.read_bytes()[:-20])
    compilation._module.cache_clear()
    assert value_of(7) == 21.0
    assert found_and_made(7) == (1, 0)


@pytest.mark.parametrize("is_strict", [False, True])
def test_arguments_of_other_types_are_compiled_for_or_refused(is_strict: bool) -> None:
    kernel = compiled(TEXT.format(2), TYPES, strict=is_strict)
    single = np.full(1, 3, np.float32)
    if is_strict:
        with pytest.raises(TypeError):
            kernel(single)
        kernel = compiled(TEXT.format(2), [ArrayType("float32", 1)], strict=True)  # the same text for another type
    kernel(single)
    assert single[0] == 6.0
    assert value_of(2) == 6.0


def test_a_fault_of_the_text_is_told() -> None:
    with pytest.raises(Exception, match="nothing_of_this_name"):
        value_of("nothing_of_this_name")


def test_a_folder_that_cannot_be_made_or_is_open_to_others_means_no_cache(tmp_path, monkeypatch) -> None:
    taken = tmp_path / "file"
    taken.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(taken))
    assert value_of(2) == 6.0
    opened = tmp_path / "nn-lang" / "loops"
    opened.mkdir(parents=True)
    opened.chmod(0o777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compilation._module.cache_clear()
    assert value_of(2) == 6.0
    assert not os.listdir(opened)


def test_the_oldest_modules_make_room(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(cache, "_MOST_MODULES", 3)
    for number in range(5):
        module = cache.import_kept(f"number = {number}\n", "")
        assert module is not None
        assert module.number == number
        file = next(file for file in folder.glob("*.py") if f"= {number}\n" in file.read_text())
        os.utime(file, (number, number))
    kept = sorted(file.read_text() for file in folder.glob("*.py"))
    assert kept == ["number = 2\n", "number = 3\n", "number = 4\n"]
