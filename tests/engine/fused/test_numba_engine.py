"""The engine `numba`: programs train as with NumPy, compiled code is found again, and without numba it says what is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fused_sections import section_of

import dsl
from dsl.engine import choice
from dsl.engine.fused import compilation, generator
from dsl.engine.fused.compilation import ArrayType, compiled
from dsl.engine.fused.generator import FusedExecutable, FusedGenerator
from dsl.engine.fused.prelude import HEADER
from dsl.engine.scalars import numba_loop
from dsl.engine.scalars.numba_loop import NumbaLoop

pytest.importorskip("numba")

PROGRAMS = Path(__file__).resolve().parents[3] / "programs"
TEXT = HEADER + "\n\ndef kernel(p0):\n    for i0 in range(p0.shape[0]):\n        p0[i0] = p0[i0] * f32({})\n"
TYPES = [ArrayType("float32", 1)]


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compilation._module.cache_clear()
    return tmp_path / "nn-lang" / "loops"


@pytest.mark.parametrize("name", ["xor", "digits"])
def test_programs_train_as_with_numpy(name: str) -> None:
    program = dsl.load(PROGRAMS / f"{name}.nn")
    (run,) = program.model.runs
    feeds = program.dataset(run.data).arrays if run.data else {}
    batch = {key: array[: run.settings.batch] for key, array in feeds.items()}
    found, expected = (program.training_step(engine=engine) for engine in ("numba", "numpy"))
    np.testing.assert_allclose(found.repeat(5, batch), expected.repeat(5, batch), rtol=1e-5)
    for key, value in expected.parameters.items():
        np.testing.assert_allclose(found.parameters[key], value, rtol=1e-4, atol=1e-5)


def test_small_sections_are_loops_as_a_whole_and_others_kernels() -> None:
    engine = choice.GENERATORS["numba"]()
    small, large = (section_of(lambda graph, x: x * 2.0 + 1.0, np.ones(size)) for size in (3, 5_000))
    assert isinstance(engine.compile(small, []), NumbaLoop)
    assert isinstance(engine.compile(large, []), FusedExecutable)


def test_without_numba_the_engine_says_what_to_install(monkeypatch) -> None:
    for module in (generator, numba_loop):
        monkeypatch.setattr(module, "find_spec", lambda name: None)
    section = section_of(lambda graph, x: x * 2.0, np.ones(3))
    assert FusedGenerator().obstacle(section) == 'needs numba, which is not installed (pip install "nn-lang[fast]")'
    with pytest.raises(dsl.ProgramError, match="the engine `numba` cannot run this: it needs numba"):
        choice.choose(section, "numba")


def value_of(number: float) -> float:
    """What a kernel that multiplies by a number makes of 3."""
    array = np.full(1, 3, np.float32)
    compiled(TEXT.format(number), TYPES)(array)
    return float(array[0])


def test_kernels_are_compiled_once_a_text_and_kept(empty_cache: Path) -> None:
    first = compiled(TEXT.format(2), TYPES)
    assert compiled(TEXT.format(2), TYPES) is first
    assert sum(first.stats.cache_misses.values()) == 1
    compilation._module.cache_clear()
    again = compiled(TEXT.format(2), TYPES)
    assert (sum(again.stats.cache_hits.values()), sum(again.stats.cache_misses.values())) == (1, 0)
    assert value_of(2) == 6.0
    assert value_of(4) == 12.0
    assert len(list(empty_cache.glob("*.py"))) == 2


def test_another_process_finds_the_kernels_of_a_program(tmp_path: Path) -> None:
    script = (
        "import numpy as np, dsl\n"
        "from numba.core import event\n"
        "program = dsl.loads('dim n\\nplaceholder x: [n, 300]\\ny = softmax(tanh(x) * 0.3 + 1)')\n"
        "with event.install_recorder('numba:compile') as recorder:\n"
        "    program.function('y', engine='numba')({'x': np.ones((2, 300))})\n"
        "print(len(recorder.buffer))\n"
    )

    def compilations() -> int:
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        return int(done.stdout)

    first = compilations()
    assert first > 2
    assert compilations() < first


def test_machine_code_that_is_damaged_is_made_anew(empty_cache: Path) -> None:
    assert value_of(5) == 15.0
    kept = list((empty_cache / "__pycache__").glob("*.nb*"))
    assert len(kept) == 2
    for file in kept:
        file.write_bytes(file.read_bytes()[:-20])
    compilation._module.cache_clear()
    assert value_of(5) == 15.0
    compilation._module.cache_clear()
    assert sum(compiled(TEXT.format(5), TYPES).stats.cache_hits.values()) == 1


def test_without_a_folder_nothing_is_kept(tmp_path: Path, monkeypatch) -> None:
    taken = tmp_path / "file"
    taken.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(taken))
    assert value_of(7) == 21.0


def test_a_fault_of_the_text_is_told() -> None:
    with pytest.raises(Exception, match="nothing_of_this_name"):
        compiled(TEXT.format("nothing_of_this_name"), TYPES)
