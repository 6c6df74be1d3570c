"""Programs made at random agree with NumPy: what fits together, the shapes that are inferred, and the values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsl
from dsl.graph.check import compare_gradients

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Step:
    """A form of the language and what NumPy does for it; `axis` is put into both."""

    text: str
    numpy: Callable[..., Any]


def _axis(a: Array, axis: int) -> int:
    """The axis, which a scalar does not have: there NumPy takes 0 and -1, and the language does not."""
    if not a.ndim:
        raise IndexError
    return axis


SAME_SHAPES = [
    Step("{a} + {b}", lambda a, b, axis: a + b),
    Step("{a} * {b} - 1", lambda a, b, axis: a * b - 1),
    Step("{a} / (2 + cos({b}))", lambda a, b, axis: a / (2 + np.cos(b))),
    Step("maximum({a}, {b})", lambda a, b, axis: np.maximum(a, b)),
    Step("where({a} > {b}, {a}, 0.5)", lambda a, b, axis: np.where(a > b, a, 0.5)),
    Step("{a} @ {b}", lambda a, b, axis: np.matmul(a, b)),
    Step("{a} @ {a}.T", lambda a, b, axis: np.matmul(a, a.T)),
    Step("tanh({a})", lambda a, b, axis: np.tanh(a)),
    Step("{a}.T", lambda a, b, axis: np.transpose(a)),
    Step("sum({a})", lambda a, b, axis: np.sum(a)),
    Step("sum({a}, axis={axis})", lambda a, b, axis: np.sum(a, axis=_axis(a, axis))),
    Step("mean({a}, axis={axis}, keepdims=true)", lambda a, b, axis: np.mean(a, axis=_axis(a, axis), keepdims=True)),
    Step("max({a}, axis=[{axis}])", lambda a, b, axis: np.max(a, axis=_axis(a, axis))),
    Step(
        "softmax({a}, axis={axis})",
        lambda a, b, axis: np.exp(a) / np.sum(np.exp(a), axis=_axis(a, axis), keepdims=True),
    ),
    Step("{a}[None]", lambda a, b, axis: a[None]),
    Step("{a}[0]", lambda a, b, axis: a[0]),
    Step("{a}[..., -1]", lambda a, b, axis: a[..., -1]),
    Step("{a}[..., None, :]", lambda a, b, axis: a[..., None, :]),
    Step("{a}[::-1]", lambda a, b, axis: a[::-1]),
    Step("expand_dims({a}, {axis})", lambda a, b, axis: np.expand_dims(a, axis)),
    Step("flip({a}, axis={axis})", lambda a, b, axis: np.flip(a, axis)),
    Step("swapaxes({a}, 0, {axis})", lambda a, b, axis: np.swapaxes(a, 0, axis)),
]
NEW_SIZES = [
    Step("flatten({a})", lambda a, b, axis: a.reshape(-1)),
    Step("reshape({a}, [-1, 1])", lambda a, b, axis: a.reshape(-1, 1)),
    Step("{a}[1:]", lambda a, b, axis: a[1:]),
    Step("{a}[..., ::2]", lambda a, b, axis: a[..., ::2]),
    Step("concatenate([{a}, {b}], axis={axis})", lambda a, b, axis: np.concatenate([a, b], axis=axis)),
    Step("stack([{a}, {b}], axis={axis})", lambda a, b, axis: np.stack([a, b], axis=axis)),
    Step("tile({a}, [2])", lambda a, b, axis: np.tile(a, 2)),
    Step("pad({a}, 1)", lambda a, b, axis: np.pad(a, 1)),
    Step("broadcast_to({a}, [2, 3, 2])", lambda a, b, axis: np.broadcast_to(a, (2, 3, 2))),
    Step("squeeze({a})", lambda a, b, axis: np.squeeze(a)),
]
CHOICE = st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(-3, 2))
SHAPES = st.lists(st.lists(st.sampled_from([1, 2, 3, 5]), max_size=3).map(tuple), min_size=2, max_size=3)


def _arrays(shapes: list[tuple[int, ...]]) -> dict[str, Array]:
    rng = np.random.default_rng(len(shapes))
    return {f"v{index}": rng.normal(size=shape) for index, shape in enumerate(shapes)}


def _written_out(
    arrays: dict[str, Array], steps: list[tuple[Step, tuple[int, int, int]]]
) -> tuple[list[str], dict[str, Array], list[str]]:
    """The lines that NumPy can follow, its values, and the lines that it rejects."""
    lines, known, rejected = list[str](), dict(arrays), list[str]()
    for step, (left, right, axis) in steps:
        a, b = (f"v{index % len(known)}" for index in (left, right))
        line = f"v{len(known)} = {step.text.format(a=a, b=b, axis=axis)}"
        try:
            value = np.asarray(step.numpy(known[a], known[b], axis))
        except (ValueError, IndexError):
            rejected.append(line)
            continue
        if value.ndim > 4 or value.size > 3000 or value.size == 0:
            continue
        known[f"v{len(known)}"] = value
        lines.append(line)
    return lines, known, rejected


def _declared(arrays: Mapping[str, Array], names: Mapping[int, str]) -> str:
    def shape(array: Array) -> str:
        return ", ".join(names.get(size, str(size)) for size in array.shape)

    dims = "".join(f"dim {name}\n" for name in names.values())
    return "dtype f64\n" + dims + "".join(f"placeholder {name}: [{shape(array)}]\n" for name, array in arrays.items())


def _agrees(
    program: dsl.Program, arrays: Mapping[str, Array], known: Mapping[str, Array], sizes: Mapping[str, int]
) -> None:
    found = program.run(arrays, fetch=list(known))
    for name, expected in known.items():
        assert tuple(dim.evaluate(sizes) for dim in program.node(name).shape) == expected.shape
        assert found[name].shape == expected.shape
        assert found[name].dtype == np.float64
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(SHAPES, st.lists(st.tuples(st.sampled_from(SAME_SHAPES + NEW_SIZES), CHOICE), max_size=8))
def test_inferred_shapes_and_values_are_those_of_numpy(shapes, steps):
    arrays = _arrays(shapes)
    lines, known, _ = _written_out(arrays, steps)
    program = dsl.loads(_declared(arrays, {}) + "\n".join(lines) + "\n")
    _agrees(program, arrays, known, {})


@settings(deadline=None, max_examples=60)
@given(SHAPES, st.lists(st.tuples(st.sampled_from(SAME_SHAPES), CHOICE), max_size=8))
def test_sizes_that_only_data_knows_are_carried_as_names(shapes, steps):
    names = {2: "n", 3: "m", 5: "k"}
    arrays = _arrays(shapes)
    lines, known, _ = _written_out(arrays, steps)
    program = dsl.loads(_declared(arrays, names) + "\n".join(lines) + "\n")
    _agrees(program, arrays, known, {name: size for size, name in names.items()})


@settings(deadline=None, max_examples=60)
@given(SHAPES, st.lists(st.tuples(st.sampled_from(SAME_SHAPES + NEW_SIZES), CHOICE), max_size=8))
def test_what_numpy_rejects_is_a_mistake_before_anything_runs(shapes, steps):
    arrays = _arrays(shapes)
    lines, known, rejected = _written_out(arrays, steps)
    for line in rejected:
        _, _, expression = line.partition(" = ")
        if set(re.findall(r"v\d+", expression)) <= known.keys():
            with pytest.raises(dsl.ProgramError):
                dsl.loads(_declared(arrays, {}) + "\n".join([*lines, f"rejected = {expression}", ""]))


@settings(deadline=None, max_examples=60)
@given(SHAPES, st.lists(st.tuples(st.sampled_from(SAME_SHAPES + NEW_SIZES), CHOICE), min_size=1, max_size=6))
def test_gradients_of_random_programs_agree_with_differences(shapes, steps):
    arrays = _arrays(shapes)
    smooth = [
        step for step in steps if "max" not in step[0].text.replace("softmax", "") and "where" not in step[0].text
    ]
    lines, known, _ = _written_out(arrays, smooth)
    last = list(known)[-1]
    text = f"{_declared(arrays, {})}{chr(10).join(lines)}\nweights = sin(1 + {last})\nloss = sum(weights * {last})\n"
    program = dsl.loads(text)
    leaves = {program.node(name): array for name, array in arrays.items()}
    assert compare_gradients(program.model.graph, program.node("loss"), list(leaves), leaves).error < 1e-5


@settings(deadline=None, max_examples=60)
@given(SHAPES, st.lists(st.tuples(st.sampled_from(SAME_SHAPES + NEW_SIZES), CHOICE), max_size=6))
def test_a_run_repeats_to_the_last_bit(shapes, steps):
    arrays = _arrays(shapes)
    lines, known, _ = _written_out(arrays, steps)
    text = _declared(arrays, {}) + "\n".join(lines) + "\n"
    first, second = (dsl.loads(text).run(arrays, fetch=list(known)) for _ in range(2))
    for name in known:
        assert first[name].tobytes() == second[name].tobytes()
