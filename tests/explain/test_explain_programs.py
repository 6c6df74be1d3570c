"""Every example program told at every depth: the numbers are the engine's, and the ways of a gradient add up to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dsl
from dsl.app.explained import Explained
from dsl.explain.formats import FORMATS
from dsl.explain.story import Explanation

PROGRAMS = sorted((Path(__file__).resolve().parents[2] / "programs").glob("*.nn"))
DEPTHS = [0, 1, None]


def name_of(value: object) -> str:
    return value.stem if isinstance(value, Path) else f"depth-{value}"


def told(path: Path, depth: int | None = None) -> tuple[dsl.Program, Explanation]:
    program = dsl.load(path)
    return program, program.explain(depth=depth).story


@pytest.mark.parametrize("path", PROGRAMS, ids=name_of)
@pytest.mark.parametrize("depth", DEPTHS, ids=name_of)
def test_the_numbers_are_those_of_the_engine(path: Path, depth: int | None) -> None:
    program, story = told(path, depth)
    arrays = program.dataset(story.dataset).arrays if story.dataset else {}
    feeds = {name: array[: story.rows] for name, array in arrays.items()}
    values = program.run(feeds, [each.node.name for each in story.forward])
    for each in story.forward:
        np.testing.assert_array_equal(each.value, values[each.node.name])
    if story.of:
        gradients = program.gradients(story.of, [each.node.name for each in story.backward], feeds)
        for each in story.backward:
            close(each.gradient, gradients[each.node.name], each.name)


@pytest.mark.parametrize("path", PROGRAMS, ids=name_of)
@pytest.mark.parametrize("depth", DEPTHS, ids=name_of)
def test_what_flows_on_all_ways_is_the_gradient(path: Path, depth: int | None) -> None:
    _, story = told(path, depth)
    for each in story.backward:
        if each.ways:
            close(np.sum([way.flow for way in each.ways], axis=0, dtype=np.float64), each.gradient, each.name)


@pytest.mark.parametrize("path", PROGRAMS, ids=name_of)
def test_every_differentiable_value_on_the_way_to_the_loss_is_told_of(path: Path) -> None:
    program, story = told(path, 99)
    if not story.of:
        return
    reached = program.gradient_nodes(story.of, [node for node in program.forward if node.kind != "constant"])
    assert {each.node for each in story.backward} == set(reached) - program.model.checking


@pytest.mark.parametrize("path", PROGRAMS, ids=name_of)
def test_the_text_is_as_it_was(path: Path, golden) -> None:
    told = dsl.load(path).explain(digits=6)
    told.story.title = path.name
    golden(f"{path.stem}.txt", str(told))


@pytest.mark.parametrize("name", ["neuron", "xor", "residual", "shared", "rosenbrock", "gradients"])
@pytest.mark.parametrize(("format", "ending"), [("markdown", "md"), ("latex", "tex")])
def test_other_formats_are_as_they_were(name: str, format: str, ending: str, golden) -> None:
    path = next(path for path in PROGRAMS if path.stem == name)
    told = dsl.load(path).explain(digits=6)
    told.story.title = path.name
    golden(f"{name}.{ending}", told.write(format))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", PROGRAMS[::3], ids=name_of)
def test_every_format_writes_every_language(path: Path, lang: str, format: str) -> None:
    told: Explained = dsl.load(path).explain(lang=lang)
    text = told.write(format)
    assert text.endswith("\n")
    assert "{" not in text.split("\\begin{document}")[0] or format in ("latex", "html")
    for each in told.story.forward:
        last = each.name.rpartition(".")[2]
        assert last in text or last.replace("_", "\\_") in text


def close(found: np.ndarray, expected: np.ndarray, name: str) -> None:
    """Equal to within rounding, of single precision where the program computes in that."""
    scale = float(np.max(np.abs(expected), initial=0.0)) or 1.0
    tolerance = 1e-4 if expected.dtype == np.float32 else 1e-9
    assert float(np.max(np.abs(found - expected), initial=0.0)) <= tolerance * scale, name
