"""The engine `numba`: programs train as with NumPy, another process finds the kernels, without numba it says so."""

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
from dsl.engine.fused.generator import FusedExecutable, FusedGenerator
from dsl.engine.jit import compilation
from dsl.engine.scalars.numba_loop import NumbaLoop

pytest.importorskip("numba")

PROGRAMS = Path(__file__).resolve().parents[3] / "programs"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    compilation._module.cache_clear()


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
    monkeypatch.setattr(compilation, "find_spec", lambda name: None)
    section = section_of(lambda graph, x: x * 2.0, np.ones(3))
    assert FusedGenerator().obstacle(section) == 'needs numba, which is not installed (pip install "nn-lang[fast]")'
    with pytest.raises(dsl.ProgramError, match="the engine `numba` cannot run this: it needs numba"):
        choice.choose(section, "numba")


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
